import type { FORMATS as NAMES } from "../contract/request.ts";

export type Format = (typeof NAMES)[number];

/** Forms of a table, each with its media types (the first is the one to send) and the endings of its files. */
export const FORMATS = {
  csv: { types: ["text/csv"], endings: ["csv"] },
  tsv: { types: ["text/tab-separated-values"], endings: ["tsv", "tab"] },
  json: { types: ["application/json"], endings: ["json"] },
  ndjson: { types: ["application/x-ndjson", "application/ndjson", "application/jsonl"], endings: ["ndjson", "jsonl"] },
  parquet: { types: ["application/vnd.apache.parquet", "application/x-parquet"], endings: ["parquet"] },
} as const satisfies Record<Format, { types: readonly string[]; endings: readonly string[] }>;

/** The format of a media type. */
export function formatOfType(type: string): Format | undefined {
  return find(({ types }) => types.some((known) => known === type));
}

/** The format of a file name or path, by its ending. */
export function formatOfName(name: string): Format | undefined {
  const ending = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  return find(({ endings }) => endings.some((known) => known === ending));
}

function find(matches: (format: (typeof FORMATS)[Format]) => boolean): Format | undefined {
  return (Object.keys(FORMATS) as Format[]).find((name) => matches(FORMATS[name]));
}
