import type { Request } from "express";
import { z } from "zod";
import { OrreryError } from "../../../contract/errors.ts";
import { datasetReply } from "../../../contract/job.ts";
import { missing } from "../../../contract/request.ts";
import { FORMATS, type Format, formatOfType } from "../../../datasets/format.ts";
import { ENCODINGS } from "../../../datasets/inflate.ts";
import { tableDocument } from "../../../datasets/json.ts";
import { readTable } from "../../../datasets/read.ts";
import type { Read } from "../../../datasets/rows.ts";
import { discard, encodingOf, mediaTypeOf, readChunks } from "../../body/read.ts";
import { EXAMPLES } from "../../examples.ts";
import { encodedTable, storeTable, TABLE_PROBLEMS } from "../../jobs/dataset.ts";
import { type Call, json, type Operation, operation } from "../../operation.ts";
import type { Services } from "../../services.ts";

const query = z.strictObject({
  missing: missing.default("refuse").meta({
    description:
      "What becomes of a row in which a value is missing: an empty cell, NA, N/A, NaN, null or None in CSV and TSV, null or an absent key in JSON, null or NaN in Parquet. `refuse` names the first one, `drop` leaves the rows out and says how many.",
  }),
});
const headers = z.object({
  "Content-Encoding": z
    .enum(ENCODINGS)
    .optional()
    .meta({ description: "How the body is compressed. It may inflate to four times the limit of a body." }),
});

const text = {
  schema: z.string().meta({
    description: "A header line with column names, each alone or with its unit as in `T (d)`, then a line of decimal numbers for each row.",
  }),
};
const lines = { schema: z.string().meta({ description: "A JSON object with the same keys on each line, a row." }) };
const file = {
  schema: z
    .string()
    .meta({ format: "binary", description: "Flat columns of integers within 2^53, floats or decimals, in any codec but LZO." }),
};

/** Uploads that one gateway reads side by side. With the default limit of a body, each holds at most some 250 MB. */
const MAX_UPLOADS = 8;

const TYPES = Object.values(FORMATS).flatMap(({ types }) => [...types]);

/** `POST /v1/datasets`: stores a table under its hash, for any number of jobs. */
export function createDataset({ options, store }: Services): Operation {
  let reading = 0;

  return operation({
    id: "createDataset",
    method: "post",
    path: "/v1/datasets",
    tag: "Datasets",
    summary: "Upload a table. The same table has the same id, however often and in whatever form it comes.",
    query,
    headers,
    body: {
      required: true,
      content: {
        "text/csv": { ...text, example: EXAMPLES.csv },
        "text/tab-separated-values": { ...text, example: EXAMPLES.tabs },
        "application/json": { schema: tableDocument, example: EXAMPLES.upload },
        "application/x-ndjson": { ...lines, example: EXAMPLES.lines },
        "application/vnd.apache.parquet": file,
      },
    },
    responses: {
      201: json(
        datasetReply,
        "The table is stored. While no job names it, it stays for as long as the operator's clean-up leaves what is unused: a day at least.",
      ),
    },
    problems: [
      "malformed_json",
      "malformed_csv",
      "malformed_ndjson",
      "malformed_parquet",
      "malformed_encoding",
      "body_too_large",
      "unsupported_media_type",
      "invalid_request",
      "column_type_unsupported",
      ...TABLE_PROBLEMS,
      "store_unavailable",
      "too_many_uploads",
    ],
    async handle(call) {
      if (reading === MAX_UPLOADS) throw tooMany(call.request);
      reading += 1;
      try {
        await answer(call);
      } finally {
        reading -= 1;
      }
    },
  });

  async function answer(call: Call<z.infer<typeof query>>): Promise<void> {
    const { table, dropped } = await readBody(call, options.maxUploadBytes).catch(fromRoot);
    const encoded = encodedTable(table);
    await storeTable(store, call.tenant, encoded);
    call.response.status(201).json({
      dataset_id: encoded.datasetId,
      rows: table.rows,
      dropped_rows: dropped,
      columns: Object.keys(table.columns),
      units: table.units,
      bytes: encoded.bytes.length,
    });
  }
}

function tooMany(request: Request): OrreryError {
  discard(request);
  return new OrreryError("too_many_uploads", `The server reads ${MAX_UPLOADS} uploads already; send this one again in a moment.`);
}

function readBody({ request, query: { missing } }: Call<z.infer<typeof query>>, maxBytes: number): Promise<Read> {
  const format = formatOfType(mediaTypeOf(request, TYPES)) as Format;
  const encoding = encodingOf(request, ENCODINGS);
  return readTable(readChunks(request, maxBytes), { format, encoding }, { missing, maxBytes });
}

/** In a job the table is below `/dataset`; here it is the document, and pointers begin at its root. */
function fromRoot(error: unknown): never {
  if (!(error instanceof OrreryError)) throw error;
  const faults = error.faults.map(({ pointer, detail }) => ({ pointer: pointer.replace(/^\/dataset(?=\/)/, ""), detail }));
  throw new OrreryError(error.code, error.message, { faults, cause: error.cause });
}
