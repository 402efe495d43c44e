import type { Table } from "../../contract/dataset.ts";
import { OrreryError } from "../../contract/errors.ts";
import { type JobInput, type JobMemo, MAX_PAYLOAD_BYTES, type Route } from "../../contract/flow.ts";
import { summaryKey } from "../../contract/keys.ts";
import { ENGINE_VERSION, type Kind, lifeFrom } from "../../contract/names.ts";
import type { DatasetSource } from "../../contract/request.ts";
import { type StoredSummary, summaryIn } from "../../contract/summary.ts";
import { parseUri, type UriRules } from "../../datasets/uri.ts";
import type { Store } from "../../storage/store.ts";
import { type CallbackRules, parseCallback } from "../../webhooks/callback.ts";
import type { Temporal } from "../temporal/temporal.ts";
import { type EncodedTable, encodedTable, resolveDataset, resolvePredict, storeTable } from "./dataset.ts";
import { jobIdOf, requestHashOf } from "./idempotency.ts";
import { type Parsed, parseJob } from "./kinds.ts";
import type { JobReader } from "./reader.ts";
import { startOf } from "./start.ts";
import { acceptedView, type JobView } from "./view.ts";

export interface Submission {
  kind: Kind;
  tenant: string;
  /** The body as it came, parsed but not checked. */
  document: object;
  key: string | undefined;
  /** The dead letter that the job replays. */
  replayedFrom?: string;
  /** Milliseconds by which the server delays the start; they are added to the deadline. Default: 0. */
  delayMs?: number;
  /** Check everything and start nothing. */
  dryRun?: boolean;
  /** Told the id before the server is asked to start the job, so that a refusal can name it. */
  onJobId(jobId: string): void;
}

/** Accepts a job exactly once for each key. Resolves to the job and whether it had been accepted before. */
export type SubmitJob = (submission: Submission) => Promise<{ view: JobView; replayed: boolean }>;

/** A larger input sends its table by way of the store. A quarter of the bound is left to what the server adds. */
const MAX_INLINE_BYTES = (MAX_PAYLOAD_BYTES * 3) / 4;

export function createSubmit(deps: {
  temporal: Temporal;
  store: Store;
  reader: JobReader;
  reuse: boolean;
  uris: UriRules;
  callbacks: CallbackRules;
}): SubmitJob {
  const { temporal, store, reader } = deps;

  /** The job that has the id already, if it answers the same body. */
  async function existing(jobId: string, { key, tenant }: Submission, hash: string): Promise<JobView | undefined> {
    const found = await reader.find(jobId, tenant);
    if (!found) return undefined;
    if (found.memo.request_hash === hash) return reader.viewOf(found);
    throw new OrreryError(
      "idempotency_key_reused",
      `The key ${JSON.stringify(key)} was used for another body, which is job ${jobId}; send the same body, or a new key.`,
    );
  }

  /** The table of an inline dataset, and how the job runs. What is to be fetched is not waited for: the job does that. */
  async function located(dataset: DatasetSource, tenant: string, routeOn: Parsed["route"]): Promise<{ table?: Table; route: Route }> {
    if (dataset.source === "uri") {
      parseUri(dataset.uri, deps.uris);
      return { route: { path: "fetched" } };
    }
    const { header, table } = await resolveDataset(store, tenant, dataset);
    return { route: routeOn(header), ...(table && { table }) };
  }

  /** An earlier result only saves work: a store that does not answer costs the shortcut, not the job. */
  async function earlier(key: string): Promise<StoredSummary | undefined> {
    try {
      const found = summaryIn(await store.get(key));
      return found && (await store.use(key)) ? found : undefined;
    } catch {
      return undefined;
    }
  }

  return async function submit(submission) {
    const { kind, tenant, document, key } = submission;
    const { workflow, request, identity, input: more, route: routeOn } = parseJob(kind, document);
    const { callback_url: callback = null } = request;
    if (callback !== null) parseCallback(callback, deps.callbacks);
    const hash = requestHashOf(identity);
    const predict = await resolvePredict(store, tenant, "predict" in request ? request.predict : undefined);
    const { table, route } = await located(request.dataset, tenant, (header) => routeOn(header, predict?.header));
    const reuse = key === undefined && request.reuse && deps.reuse;
    const reused = reuse && route.path !== "fetched" ? await earlier(summaryKey(tenant, ENGINE_VERSION, hash)) : undefined;

    const jobId = jobIdOf(tenant, kind, key);
    submission.onJobId(jobId);
    const acceptedAt = Date.now();
    const { replayedFrom, delayMs = 0 } = submission;
    const allowedMs = request.budget.deadline_seconds * 1_000 + delayMs;
    const ticket = { job_id: jobId, tenant, request_hash: hash, deadline_at: acceptedAt + allowedMs, allowed_ms: allowedMs };
    const whole = { ...ticket, ...more, request: { ...request, reuse }, route, ...(reused && { reused: reused.summary }) } as JobInput;
    const tables = { ...(table && { dataset: table }), ...(predict?.table && { predict: predict.table }) };
    const encoded = canCarry(whole, Object.values(tables)) ? {} : mapped(tables, encodedTable);
    const input = bounded(withStoredTables(whole, encoded));
    const memo: JobMemo = {
      kind,
      tenant,
      schema_version: request.schema_version,
      request_hash: hash,
      deadline_at: ticket.deadline_at,
      accepted_at: acceptedAt,
      life: lifeFrom(acceptedAt),
      path: route.path,
      ...(route.path === "sharded" && { shards: route.shards }),
      ...(reused && input.reused && { reused_from: reused.job_id }),
      ...(replayedFrom !== undefined && { replayed_from: replayedFrom }),
      ...(callback !== null && { webhook: true }),
    };
    if (submission.dryRun || Object.keys(encoded).length > 0) {
      // A request that is refused leaves nothing behind, so its key is looked up before a table is stored.
      const view = key === undefined ? undefined : await existing(jobId, submission, hash);
      if (view) return { view, replayed: true };
    }
    if (submission.dryRun) return { view: acceptedView(jobId, memo), replayed: false };
    await Promise.all(Object.values(encoded).map((each) => storeTable(store, tenant, each)));

    // The second round serves a key whose job the server forgot between the refused start and the look at it.
    for (let round = 1; ; round += 1) {
      const started = await temporal.start(workflow, {
        ...startOf(input, memo, delayMs),
        workflowIdReusePolicy: "REJECT_DUPLICATE",
      });
      if (started) return { view: acceptedView(jobId, memo), replayed: false };
      const view = await existing(jobId, submission, hash);
      if (view) return { view, replayed: true };
      if (round === 2)
        throw new OrreryError("temporal_unavailable", `Job ${jobId} can be neither started nor read; try again in a moment.`);
    }
  };
}

/** Whether the input is small enough to travel with its tables in it. */
function canCarry(input: JobInput, tables: readonly Table[]): boolean {
  // Two bytes a value is the least, and a table that is surely too large need not be written out to be measured.
  const least = tables.reduce((bytes, { rows, columns }) => bytes + 2 * rows * Object.keys(columns).length, 0);
  return tables.length === 0 || (least <= MAX_INLINE_BYTES && bytesOf(input) <= MAX_INLINE_BYTES);
}

function withStoredTables(input: JobInput, tables: Record<string, EncodedTable>): JobInput {
  const sources = mapped(tables, ({ datasetId }) => ({ source: "stored", dataset_id: datasetId }));
  return { ...input, request: { ...input.request, ...sources } } as JobInput;
}

function mapped<From, To>(record: Record<string, From>, to: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, to(value)]));
}

/** The input within the bound of a payload: without the earlier result if there is no room for it, because that only saves work. */
function bounded(input: JobInput): JobInput {
  if (bytesOf(input) <= MAX_PAYLOAD_BYTES) return input;
  const { reused: _, ...bare } = input;
  const bytes = bytesOf(bare);
  if (bytes <= MAX_PAYLOAD_BYTES) return bare as JobInput;
  throw new OrreryError(
    "invalid_request",
    `The request has ${bytes} bytes beside its dataset; at most ${MAX_PAYLOAD_BYTES} are accepted. Shorten the terms or the law.`,
  );
}

function bytesOf(input: object): number {
  return Buffer.byteLength(JSON.stringify(input));
}
