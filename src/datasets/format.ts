/** Forms of a table, each with its media types (the first is the one to send) and the endings of its files. */
export const FORMATS = {
  csv: { types: ["text/csv"], endings: ["csv"] },
  tsv: { types: ["text/tab-separated-values"], endings: ["tsv", "tab"] },
  json: { types: ["application/json"], endings: ["json"] },
  ndjson: { types: ["application/x-ndjson", "application/ndjson", "application/jsonl"], endings: ["ndjson", "jsonl"] },
  parquet: { types: ["application/vnd.apache.parquet", "application/x-parquet"], endings: ["parquet"] },
} as const;
export type Format = keyof typeof FORMATS;

/** The format of a media type. */
export function formatOfType(type: string): Format | undefined {
  return (Object.keys(FORMATS) as Format[]).find((name) => FORMATS[name].types.some((known) => known === type));
}
