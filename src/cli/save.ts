import { mkdir, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { artifactList } from "../contract/job.ts";
import { jobPath, type Session } from "./session.ts";

/** Writes every file of a finished job to a folder, which is made if need be. */
export async function saveFiles({ gateway, terminal }: Session, id: string, folder: string): Promise<void> {
  const { document } = await gateway.read(artifactList, jobPath(id, "/artifacts"));
  // A name with a path in it must not lead out of the folder.
  const names = document.artifacts.map(({ name }) => name).filter((name) => name === basename(name) && name !== "..");
  await mkdir(folder, { recursive: true });
  for (const name of names) {
    const response = await gateway.open(jobPath(id, `/artifacts/${encodeURIComponent(name)}`), { headers: { accept: "*/*" } });
    await writeFile(join(folder, name), new Uint8Array(await response.arrayBuffer()));
  }
  terminal.err.write(`Saved in ${resolve(folder)}: ${names.join(", ")}\n`);
}
