import type { z } from "zod";
import { type Problem, problem } from "../contract/job.ts";

/** Longest wait for the headers of a reply. Uploads and long results stay well below it on a local network. */
const TIMEOUT_MS = 60_000;

/** A reply with its body as the server sent it, so that `--json` can print exactly that. */
export interface Reply<T> {
  text: string;
  headers: Headers;
  document: T;
}

/** A body that is sent as it is, with its media type. */
export interface Upload {
  type: string;
  bytes: Uint8Array<ArrayBuffer>;
}

interface Call {
  method?: "GET" | "POST" | "DELETE";
  /** Sent as JSON. */
  json?: unknown;
  upload?: Upload;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** The public HTTP API of one gateway. Every call throws `Unreachable`, `Refused` or `Unreadable`. */
export interface Gateway {
  readonly url: string;
  /** A JSON document, checked against its schema. */
  read<T>(schema: z.ZodType<T>, path: string, call?: Call): Promise<Reply<T>>;
  /** Any successful response; the caller reads the body. */
  open(path: string, call?: Call): Promise<Response>;
}

/** No answer came back: nothing listens there, or the connection broke. */
export class Unreachable extends Error {
  override name = "Unreachable";
}

/** The gateway answered with a problem document. */
export class Refused extends Error {
  override name = "Refused";
  readonly problem: Problem;
  /** The problem document as it was sent. */
  readonly text: string;
  readonly retryAfterSeconds: number;
  /** Address of the page about the code. */
  readonly page: string;

  constructor(document: Problem, reply: { text: string; retryAfterSeconds: number; page: string }) {
    super(document.detail);
    this.problem = document;
    this.text = reply.text;
    this.retryAfterSeconds = reply.retryAfterSeconds;
    this.page = reply.page;
  }
}

/** Something answered, but not as this version's gateway does. */
export class Unreadable extends Error {
  override name = "Unreadable";

  /** `answer` tells what came back. */
  constructor(address: string, answer: string) {
    super(`${address} answered ${answer}. Check that the address is an Orrery gateway of the same version.`);
  }
}

export function createGateway(address: string): Gateway {
  const url = address.replace(/\/+$/, "");

  async function open(path: string, call: Call = {}): Promise<Response> {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), TIMEOUT_MS);
    let response: Response;
    try {
      response = await fetch(`${url}${path}`, {
        method: call.method ?? "GET",
        headers: {
          accept: "application/json",
          ...(call.json !== undefined && { "content-type": "application/json" }),
          ...(call.upload && { "content-type": call.upload.type }),
          ...call.headers,
        },
        body: call.upload ? call.upload.bytes : call.json === undefined ? null : JSON.stringify(call.json),
        signal: call.signal ? AbortSignal.any([timeout.signal, call.signal]) : timeout.signal,
      });
    } catch (error) {
      call.signal?.throwIfAborted();
      if (timeout.signal.aborted) {
        throw new Unreachable(
          `The gateway at ${url} did not answer within ${TIMEOUT_MS / 1_000} s. Try again, and look at its log if it stays silent.`,
        );
      }
      throw unreachable(url, error);
    } finally {
      clearTimeout(timer);
    }
    if (!response.ok) throw await refusal(url, path, response);
    return response;
  }

  return {
    url,
    open,
    async read(schema, path, call) {
      const response = await open(path, call);
      const text = await response.text().catch((error: unknown) => {
        throw unreachable(url, error);
      });
      const parsed = schema.safeParse(parse(text));
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        const where = issue ? ` (${issue.path.join(".") || "document"}: ${issue.message})` : "";
        throw new Unreadable(`${url}${path}`, `${response.status}, but not with what this version expects${where}`);
      }
      return { text, headers: response.headers, document: parsed.data };
    },
  };
}

async function refusal(url: string, path: string, response: Response): Promise<Error> {
  const text = await response.text().catch(() => "");
  const parsed = problem.safeParse(parse(text));
  if (!parsed.success) return new Unreadable(`${url}${path}`, `${response.status} without a problem document`);
  return new Refused(parsed.data, {
    text,
    retryAfterSeconds: Number(response.headers.get("retry-after")) || 0,
    page: absolute(url, parsed.data.type),
  });
}

/** A link of a document, which may be relative to the gateway. */
export function absolute(url: string, link: string): string {
  return new URL(link, url).href;
}

export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreachable(url: string, error: unknown): Unreachable {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : "";
  if (code === "ECONNREFUSED") return new Unreachable(`No gateway answers at ${url}. Start one with: npm start`, { cause: error });
  return new Unreachable(
    `The connection to ${url} failed${code && ` (${code})`}. Check the address (--url or ORRERY_URL) and that the gateway runs: npm start`,
    { cause: error },
  );
}
