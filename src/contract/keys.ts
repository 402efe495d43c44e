import { type Run, runName } from "./names.ts";

/** Where things are kept in the store. Everything that a tenant owns begins with the tenant's name; hashes are SHA-256 in hex. */

/** A dataset, by the hash of its encoded table. */
export function datasetKey(tenant: string, hash: string): string {
  return `${tenant}/datasets/${hash}`;
}

/** An artifact, by the hash of its bytes. */
export function artifactKey(tenant: string, hash: string): string {
  return `${tenant}/artifacts/${hash}`;
}

/** The result of a shard, by the hash of everything that determines it. */
export function shardKey(tenant: string, hash: string): string {
  return `${tenant}/shards/${hash}`;
}

/** The error.json of one run of a job. */
export function errorKey(tenant: string, run: Run): string {
  return `${tenant}/errors/${runName(run)}.json`;
}

/** The summary of a finished job, by the request (`sha256:…`) that it answers and the engine that computed it. */
export function summaryKey(tenant: string, engineVersion: string, requestHash: string): string {
  return `${tenant}/summaries/${engineVersion}/${requestHash.replace("sha256:", "")}`;
}

/** Beginning of the keys of what was found damaged under `key`; something that tells one from another follows. */
export function damagedKey(key: string): string {
  return key.replace("/", "/damaged/");
}
