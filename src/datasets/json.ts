import { z } from "zod";
import { OrreryError } from "../contract/errors.ts";
import { parseJson, refuseNonNumbers } from "../contract/json.ts";
import { parseDocument } from "../contract/parse.ts";
import { type Read, type ReadOptions, tableFrom } from "./rows.ts";

/** A table as one JSON document. */
export const tableDocument = z
  .strictObject({
    columns: z
      .record(z.string(), z.array(z.number().nullable()))
      .meta({ description: "Column name to values; every column has the same length. null is a missing value." }),
    units: z.record(z.string(), z.string().max(64)).optional().meta({ description: "Column name to unit." }),
  })
  .meta({ id: "DatasetUpload" });

/** A document is held as text and as values at once, so it may not be as large as what streams. */
const MAX_BYTES = 134_217_728;

export async function readJson(chunks: AsyncIterable<Buffer>, options: ReadOptions): Promise<Read> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) {
      throw new OrreryError("dataset_too_large", `The JSON document has more than ${MAX_BYTES} bytes; send the table as CSV or Parquet.`);
    }
    parts.push(chunk);
  }
  return tableOfDocument(parseJson(Buffer.concat(parts)), options);
}

function tableOfDocument(document: unknown, { missing }: ReadOptions): Read {
  if (typeof document !== "object" || document === null || Array.isArray(document)) {
    const shown = Array.isArray(document) ? "a list" : JSON.stringify(document).slice(0, 60);
    throw new OrreryError(
      "invalid_request",
      `The document is ${shown}, not a JSON object; send {"columns": {"a": [1, 2], "T": [3, 4]}}, or rows as application/x-ndjson.`,
      { faults: [{ pointer: "", detail: `must be an object (it is ${shown})` }] },
    );
  }
  if ("columns" in document) refuseNonNumbers(document.columns, "/columns", missing);
  const { columns, units } = parseDocument(tableDocument, document);
  const names = Object.keys(columns);
  const lists = Object.values(columns);
  const length = lists[0]?.length ?? 0;
  const gaps = new Set<number>();
  // Columns of several lengths are refused below.
  for (const values of lists) for (let row = 0; row < length; row += 1) if (values[row] === null) gaps.add(row);
  const column = (index: number) => {
    const values = lists[index] ?? [];
    return Float64Array.from(gaps.size === 0 ? values : values.filter((_, row) => !gaps.has(row)), Number);
  };
  return tableFrom(names, column, gaps.size, units);
}
