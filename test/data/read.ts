import { createReadStream } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Table } from "../../src/contract/dataset.ts";
import { readCsv } from "../../src/datasets/csv.ts";

/** A table of data/, read as an upload is. */
export async function readTable(file: string): Promise<Table> {
  const chunks = createReadStream(fileURLToPath(new URL(`../../data/${file}`, import.meta.url)));
  return (await readCsv(chunks, ",", { missing: "refuse", maxBytes: 1_048_576 })).table;
}
