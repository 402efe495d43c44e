import { createReadStream } from "node:fs";
import { fileURLToPath } from "node:url";
import { readCsv } from "../../src/api/datasets/csv.ts";
import type { Table } from "../../src/contract/dataset.ts";

/** A table of data/, read as an upload is. */
export function readTable(file: string): Promise<Table> {
  return readCsv(createReadStream(fileURLToPath(new URL(`../../data/${file}`, import.meta.url))), ",");
}
