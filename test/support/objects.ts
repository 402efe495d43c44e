import { createHash } from "node:crypto";
import { access, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { Storage } from "@google-cloud/storage";
import { buildWithGo, NoGo } from "../../src/dev/go.ts";
import type { Report } from "../../src/dev/report.ts";
import type { Circuits } from "../../src/outbound/circuits.ts";
import { guarded } from "../../src/storage/guard.ts";
import { createS3Store } from "../../src/storage/s3.ts";
import type { Store } from "../../src/storage/store.ts";
import { startChild, until } from "./child.ts";
import { freePort } from "./ports.ts";

const MODULE = fileURLToPath(new URL("../../tools/objects", import.meta.url));
const PACKAGES = ["github.com/versity/versitygw/cmd/versitygw", "github.com/fsouza/fake-gcs-server"];

/**
 * The directory with real servers of S3 and of Cloud Storage's API, built once from the pinned Go module; `undefined`
 * on a machine without Go, where their tests are left out.
 */
export async function findObjectServers(cacheDir: string, report: Report): Promise<string | undefined> {
  const pinned = createHash("sha256")
    .update(await readFile(join(MODULE, "go.sum")))
    .digest("hex")
    .slice(0, 12);
  const folder = join(cacheDir, `objects-${pinned}-${process.platform}-${process.arch}`);
  if (
    await access(folder).then(
      () => true,
      () => false,
    )
  )
    return folder;
  await mkdir(dirname(folder), { recursive: true });
  const made = await mkdtemp(`${folder}.`);
  try {
    await buildWithGo({
      module: MODULE,
      packages: PACKAGES,
      to: `${made}/`,
      name: "the object stores of the tests",
      total: "1,000",
      report,
    });
    // Of two runs that race, the second one finds the place taken by the same.
    await rename(made, folder).catch(() => undefined);
    return folder;
  } catch (error) {
    if (!(error instanceof NoGo)) throw error;
    report("The s3 and gcs stores are not tested: Go is not installed to build servers for them.");
    return undefined;
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}

/** A store in a bucket of a server that is away, for SDKs that find credentials. */
export async function lostStore(circuits: Circuits): Promise<Store> {
  Object.assign(process.env, S3_CREDENTIALS);
  const { store } = createS3Store({ bucket: "lab", prefix: "own", endpoint: `http://127.0.0.1:${await freePort()}` });
  return guarded(store, circuits);
}

export interface ObjectServer {
  endpoint: string;
  /** Directory behind the server. */
  folder: string;
  close(): Promise<void>;
}

export const S3_CREDENTIALS = { AWS_ACCESS_KEY_ID: "orrery", AWS_SECRET_ACCESS_KEY: "orrery-secret", AWS_REGION: "us-east-1" };

/** A server that speaks S3, with the named buckets. */
export async function startS3(servers: string, buckets: readonly string[]): Promise<ObjectServer> {
  const folder = await mkdtemp(join(tmpdir(), "orrery-s3-"));
  for (const bucket of buckets) await mkdir(join(folder, bucket));
  const port = await freePort();
  // What it knows of objects goes beside them: not every disk keeps attributes of files.
  const notes = await mkdtemp(join(tmpdir(), "orrery-s3-notes-"));
  const args = ["--port", `127.0.0.1:${port}`, "--quiet", "posix", "--sidecar", notes, folder];
  const child = startChild(join(servers, "versitygw"), args, {
    ...process.env,
    ROOT_ACCESS_KEY: S3_CREDENTIALS.AWS_ACCESS_KEY_ID,
    ROOT_SECRET_KEY: S3_CREDENTIALS.AWS_SECRET_ACCESS_KEY,
  });
  return serving(`http://127.0.0.1:${port}`, [folder, notes], child);
}

/** A server that speaks the JSON API of Cloud Storage, with the named buckets. */
export async function startGcs(servers: string, buckets: readonly string[]): Promise<ObjectServer> {
  const folder = await mkdtemp(join(tmpdir(), "orrery-gcs-"));
  for (const bucket of buckets) await mkdir(join(folder, bucket));
  const port = await freePort();
  const args = [
    "-scheme",
    "http",
    "-host",
    "127.0.0.1",
    "-port",
    String(port),
    "-public-host",
    `127.0.0.1:${port}`,
    "-filesystem-root",
    folder,
  ];
  return serving(`http://127.0.0.1:${port}`, [folder], startChild(join(servers, "fake-gcs-server"), args));
}

async function serving(endpoint: string, folders: string[], child: ReturnType<typeof startChild>): Promise<ObjectServer> {
  await until(`the object store at ${endpoint}`, async () => {
    if (child.process.exitCode !== null) throw new Error(`the server ended:\n${child.output()}`);
    return (await fetch(endpoint).catch(() => undefined)) && true;
  });
  return {
    endpoint,
    folder: folders[0] ?? "",
    async close() {
      await child.end("SIGKILL");
      await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
    },
  };
}

/** Puts an object of the type text/csv, as somebody else would. */
export async function upload(
  kind: string,
  endpoint: string,
  { bucket, key }: { bucket: string; key: string },
  bytes: Uint8Array,
): Promise<void> {
  if (kind === "s3") {
    const client = new S3Client({ endpoint, forcePathStyle: true, region: S3_CREDENTIALS.AWS_REGION });
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes, ContentType: "text/csv" }));
    return;
  }
  const storage = new Storage({ apiEndpoint: endpoint, projectId: "orrery" });
  await storage.bucket(bucket).file(key).save(Buffer.from(bytes), { resumable: false, contentType: "text/csv" });
}
