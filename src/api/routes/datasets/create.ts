import { z } from "zod";
import { type Table, tableOf } from "../../../contract/dataset.ts";
import { OrreryError } from "../../../contract/errors.ts";
import { datasetReply } from "../../../contract/job.ts";
import { parseDocument } from "../../../contract/parse.ts";
import { readJson, refuseNonNumbers } from "../../body/json.ts";
import { mediaTypeOf, readChunks } from "../../body/read.ts";
import { readCsv } from "../../datasets/csv.ts";
import { EXAMPLES } from "../../examples.ts";
import { encodedTable, storeTable, TABLE_PROBLEMS } from "../../jobs/dataset.ts";
import { type Call, json, type Operation, operation } from "../../operation.ts";
import type { Services } from "../../services.ts";

const upload = z
  .strictObject({
    columns: z.record(z.string(), z.array(z.number())).meta({ description: "Column name to values; every column has the same length." }),
    units: z.record(z.string(), z.string().max(64)).optional().meta({ description: "Column name to unit." }),
  })
  .meta({ id: "DatasetUpload" });

const DELIMITERS = { "text/csv": ",", "text/tab-separated-values": "\t" } as const;
const text = {
  schema: z.string().meta({
    description: "A header line with column names, each alone or with its unit as in `T (d)`, then a line of decimal numbers for each row.",
  }),
};

/** `POST /v1/datasets`: stores a table under its hash, for any number of jobs. */
export function createDataset({ options, store }: Services): Operation {
  return operation({
    id: "createDataset",
    method: "post",
    path: "/v1/datasets",
    tag: "Datasets",
    summary: "Upload a table. The same table has the same id, however often it comes.",
    body: {
      required: true,
      content: {
        "text/csv": { ...text, example: EXAMPLES.csv },
        "text/tab-separated-values": { ...text, example: EXAMPLES.tabs },
        "application/json": { schema: upload, example: EXAMPLES.upload },
      },
    },
    responses: { 201: json(datasetReply, "The table is stored.") },
    problems: [
      "malformed_json",
      "malformed_csv",
      "body_too_large",
      "unsupported_media_type",
      "invalid_request",
      ...TABLE_PROBLEMS,
      "store_unavailable",
    ],
    async handle(call) {
      const table = await readTable(call, options.maxUploadBytes).catch(fromRoot);
      const encoded = encodedTable(table);
      await storeTable(store, call.tenant, encoded);
      call.response.status(201).json({
        dataset_id: encoded.datasetId,
        rows: table.rows,
        columns: Object.keys(table.columns),
        units: table.units,
        bytes: encoded.bytes.length,
      });
    },
  });
}

async function readTable({ request }: Call<unknown>, limit: number): Promise<Table> {
  const type = mediaTypeOf(request, ["text/csv", "text/tab-separated-values", "application/json"]);
  if (type !== "application/json") return readCsv(readChunks(request, limit), DELIMITERS[type]);
  const document = await readJson(request, limit);
  if ("columns" in document) refuseNonNumbers(document.columns, "/columns");
  const { columns, units } = parseDocument(upload, document);
  return tableOf(columns, units);
}

/** In a job the table is below `/dataset`; here it is the document, and pointers begin at its root. */
function fromRoot(error: unknown): never {
  if (!(error instanceof OrreryError)) throw error;
  const faults = error.faults.map(({ pointer, detail }) => ({ pointer: pointer.replace(/^\/dataset(?=\/)/, ""), detail }));
  throw new OrreryError(error.code, error.message, { faults, cause: error.cause });
}
