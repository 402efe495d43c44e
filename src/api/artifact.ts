import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { OrreryError } from "../contract/errors.ts";
import type { StoredArtifact } from "../contract/flow.ts";
import type { Artifact } from "../contract/job.ts";
import type { Store } from "../storage/store.ts";
import { brokenOff, verified } from "./jobs/file.ts";
import { type Call, type Operation, pathParameter } from "./operation.ts";
import { knows } from "./preference.ts";

const PASSIVE = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/** What a download can answer beside problems. */
export const DOWNLOADS: Operation["responses"] = {
  200: { description: "The file. Its ETag is its SHA-256.", content: { "*/*": {} } },
  304: { description: "The client has it." },
};

/** A file as clients know it. Where the store keeps it is not told. */
export function artifactOf({ name, content_type, bytes, sha256 }: StoredArtifact): Artifact {
  return { name, content_type, bytes, sha256 };
}

/** The files of a job or of a dead letter. */
export interface Files {
  /** Whose they are. */
  owner: string;
  /** Where they are listed; the name of one follows. */
  path: string;
  files: readonly StoredArtifact[];
  /** What to do about one that is lost. */
  advice: string;
}

/**
 * Answers with the file that the path names, or with 304 if the client has it. Throws `artifact_not_found`, and while nothing
 * is sent `artifact_corrupt` or `store_unavailable`.
 */
export async function sendArtifact(
  { request, response }: Call<unknown>,
  store: Store,
  { owner, path, files, advice }: Files,
): Promise<void> {
  const name = pathParameter(request, "name");
  const artifact = files.find((candidate) => candidate.name === name);
  if (!artifact) {
    const shown = JSON.stringify(name.slice(0, 80));
    throw new OrreryError("artifact_not_found", `${owner} has no artifact ${shown}; GET ${path} lists them.`);
  }
  const tag = `"${artifact.sha256}"`;
  // The name is that of one run; the bytes under its tag never change. A picture opened by itself must run nothing.
  response.set("ETag", tag).set("Cache-Control", "private, no-cache").set("Content-Security-Policy", PASSIVE);
  if (knows(request, tag)) {
    response.status(304).end();
    return;
  }
  // The framework's own setter would add a character set to what the file's maker wrote.
  response.setHeader("Content-Type", artifact.content_type);
  response.set("Content-Length", String(artifact.bytes));
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  const file = await begun(store, artifact, advice).catch((error: unknown) => {
    for (const header of ["Content-Length", "ETag"]) response.removeHeader(header);
    throw error;
  });
  await pipeline(file, response).catch((error: unknown) => {
    // The reply is cut off either way. A client that hung up is no fault of the server, a store that broke off is.
    if (error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE") return;
    throw brokenOff(error, artifact.name);
  });
}

/** The file from its first chunk on, so that what is wrong until then can be said in a reply. */
async function begun(store: Store, artifact: StoredArtifact, advice: string): Promise<Readable> {
  const stored = await store.stream(artifact.key);
  if (stored) return verified(stored, artifact, advice);
  throw new OrreryError("artifact_corrupt", `The file ${artifact.name} is missing in the store; ${advice}.`);
}
