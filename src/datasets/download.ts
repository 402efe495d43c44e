import type { lookup as resolve } from "node:dns";
import { type Dispatcher, errors, request } from "undici";
import { OrreryError } from "../contract/errors.ts";
import { bareHost, guardedAgent } from "./addresses.ts";
import { parseUri, reachOf, type UriRules } from "./uri.ts";

const MAX_REDIRECTS = 3;
const REDIRECTS = [301, 302, 303, 307, 308];

/** Answers of a server that may be another one the next time. */
const TRANSIENT = [408, 425, 429, 500, 502, 503, 504];

/** A file that is being received. */
export interface Incoming {
  chunks: AsyncIterable<Buffer>;
  contentType: string | undefined;
  contentEncoding: string | undefined;
  /** Where the file was in the end: its ending may tell the format. */
  path: string;
  close(): Promise<void> | void;
}

/**
 * Begins a download over https, redirects followed by hand so that each address is judged like the first. Nothing of
 * the caller is sent, neither cookies nor credentials.
 *
 * Throws `dataset_uri_not_allowed`, `dataset_uri_refused` and `dataset_uri_unreachable`.
 */
export async function download(uri: URL, rules: UriRules, signal: AbortSignal, lookup?: typeof resolve): Promise<Incoming> {
  const agent = guardedAgent(reachOf(rules), lookup);
  try {
    let url = uri;
    for (let hop = 0; ; hop += 1) {
      const response = await ask(url, agent, signal);
      const { statusCode: status, headers, body } = response;
      if (status === 200) {
        return {
          chunks: received(body, url, signal),
          contentType: text(headers["content-type"]),
          contentEncoding: text(headers["content-encoding"]),
          path: url.pathname,
          close: () => agent.destroy(),
        };
      }
      const location = text(headers.location);
      if (!REDIRECTS.includes(status) || location === undefined) throw refusal(url, status);
      if (hop === MAX_REDIRECTS) throw refused(url, `redirects more than ${MAX_REDIRECTS} times`);
      body.destroy();
      url = target(location, url, rules);
    }
  } catch (error) {
    await agent.destroy();
    throw error;
  }
}

function target(location: string, from: URL, rules: UriRules): URL {
  if (!URL.canParse(location, from.href)) throw refused(from, "redirects to something that is not an address");
  const url = new URL(location, from.href);
  // A web server must not send the worker to its own buckets.
  if (url.protocol === "https:") return parseUri(url.href, rules);
  throw new OrreryError(
    "dataset_uri_not_allowed",
    `The server at ${from.host} redirects to ${url.protocol}, but only https: is followed; name the file's own address.`,
  );
}

async function ask(url: URL, dispatcher: Dispatcher, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
  try {
    const response = await request(url, {
      dispatcher,
      signal,
      headers: {
        accept: "text/csv, application/vnd.apache.parquet, application/x-ndjson, application/json, */*;q=0.5",
        "accept-encoding": "gzip, deflate, br, zstd",
        "user-agent": "orrery",
      },
    });
    // A body that nobody wants is dropped, which is an error that nobody waits for.
    response.body.on("error", () => undefined);
    return response;
  } catch (error) {
    throw broken(error, url, signal);
  }
}

async function* received(body: AsyncIterable<Buffer>, url: URL, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (error) {
    throw broken(error, url, signal);
  }
}

/** What a failed connection or a broken transfer means. The guard's own refusals come through as they are. */
function broken(error: unknown, url: URL, signal: AbortSignal): unknown {
  const known = chainOf(error).find((link) => link instanceof OrreryError);
  if (known) return known;
  if (signal.aborted) return signal.reason;
  const reason =
    chainOf(error)
      .map(reasonOf)
      .find((text) => text !== undefined) ?? "the connection failed";
  return new OrreryError(
    "dataset_uri_unreachable",
    `The file at ${url.host} cannot be fetched: ${reason}; check the address, or upload the table.`,
    {
      cause: error,
    },
  );
}

function chainOf(error: unknown): unknown[] {
  if (!(error instanceof Error)) return [error];
  const inner = error instanceof AggregateError ? error.errors : [];
  return [error, ...inner.flatMap(chainOf), ...(error.cause === undefined ? [] : chainOf(error.cause))];
}

/** Causes that help a client; others may tell about the server's own network and stay in the log. */
function reasonOf(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "its name is not known";
  if (code === "ECONNREFUSED") return "the connection was refused";
  if (
    error instanceof errors.ConnectTimeoutError ||
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError
  )
    return "the server is silent";
  if (/CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO/.test(code)) return `its certificate is not accepted (${code})`;
  return undefined;
}

function refusal(url: URL, status: number): OrreryError {
  if (!TRANSIENT.includes(status)) return refused(url, `answers ${status}`);
  return new OrreryError(
    "dataset_uri_unreachable",
    `The server at ${bareHost(url.host)} answers ${status}; try again later, or upload the table.`,
  );
}

function refused(url: URL, what: string): OrreryError {
  return new OrreryError(
    "dataset_uri_refused",
    `The server at ${url.host} ${what}; name an address that answers with the file itself, or upload the table.`,
  );
}

function text(header: string | string[] | undefined): string | undefined {
  return typeof header === "string" ? header : undefined;
}
