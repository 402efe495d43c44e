import type { Circuits } from "../outbound/circuits.ts";
import { createFsStore } from "./fs.ts";
import type { GcsOptions } from "./gcs.ts";
import { guarded } from "./guard.ts";
import type { S3Options } from "./s3.ts";
import type { Objects, Store } from "./store.ts";

export type StoreOptions = { kind: "fs"; folder: string; sync: boolean } | ({ kind: "s3" } & S3Options) | ({ kind: "gcs" } & GcsOptions);

/** The configured store, and the objects of its service, if it has others. An SDK is loaded only where it is used. */
export async function openStore(options: StoreOptions, circuits: Circuits): Promise<{ store: Store; objects?: Objects }> {
  if (options.kind === "fs") return { store: createFsStore(options.folder, options) };
  const { store, objects } =
    options.kind === "s3" ? (await import("./s3.ts")).createS3Store(options) : (await import("./gcs.ts")).createGcsStore(options);
  return { store: guarded(store, circuits), objects };
}
