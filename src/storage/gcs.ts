import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { Storage } from "@google-cloud/storage";
import { Agent, type Dispatcher, request } from "undici";
import { OrreryError } from "../contract/errors.ts";
import {
  checked,
  checkedPage,
  damaged,
  type Entry,
  isStale,
  type Objects,
  type Page,
  putOrMark,
  type Store,
  unavailable,
} from "./store.ts";

export interface GcsOptions {
  bucket: string;
  /** Beginning of every key, without a slash at the end. */
  prefix: string;
  /** Address of a server that speaks the JSON API, which is asked without credentials. Default: Google's own, with those that the SDK finds. */
  endpoint?: string;
  /** Longest silence of the server. Default: 15 s. */
  silenceMs?: number;
}

const GOOGLE = "https://storage.googleapis.com";

/** Tries of one call: answers of TRANSIENT and broken connections are tried again, up to 0.2, then up to 0.4 s later. */
const ATTEMPTS = 3;
const TRANSIENT = [408, 425, 429, 500, 502, 503, 504];
const PAUSE_MS = 200;

/** Most entries of one answer of the server. */
const MOST_LISTED = 1_000;

const CONNECT_MS = 5_000;

const SILENCE_MS = 15_000;

/** Longest time of one call, its repetitions included. A table of 100 MB takes 10 s at 80 Mbit/s. */
const CALL_MS = 120_000;

interface Ask {
  method?: "GET" | "POST" | "DELETE";
  headers?: Record<string, string>;
  body?: Uint8Array;
  signal?: AbortSignal;
}

/**
 * A store in a bucket of Google Cloud Storage. A put asks that the object has no generation yet, which makes it
 * put-if-absent and safe to repeat. What is read whole is compared with the hash that the server has of it.
 *
 * The SDK gives the credentials alone: its downloads leave a rejection unhandled when the server answers 503, which
 * would end the process.
 */
export function createGcsStore({ bucket, prefix, endpoint, silenceMs = SILENCE_MS }: GcsOptions): { store: Store; objects: Objects } {
  const auth = endpoint === undefined ? new Storage().authClient : undefined;
  const dispatcher = new Agent({ connect: { timeout: CONNECT_MS }, headersTimeout: silenceMs, bodyTimeout: silenceMs });
  const base = (endpoint ?? GOOGLE).replace(/\/$/, "");
  const keyOf = (key: string) => `${prefix}/${checked(key)}`;
  const objectsOf = (name: string) => `${base}/storage/v1/b/${encodeURIComponent(name)}/o`;
  const addressOf = (key: string) => `${objectsOf(bucket)}/${encodeURIComponent(keyOf(key))}`;
  const mediaOf = (name: string, key: string) => `${objectsOf(name)}/${encodeURIComponent(key)}?alt=media`;

  /** Asks until there is an answer that a later one would not change, and gives it to `use`, whose failures count as the server's. */
  async function ask<T>(
    url: string,
    { signal, headers, ...call }: Ask,
    use: (response: Dispatcher.ResponseData) => Promise<T> | T,
  ): Promise<T> {
    const ends = signal ?? AbortSignal.timeout(CALL_MS);
    for (let attempt = 1; ; attempt += 1) {
      try {
        const credentials = Object.fromEntries((await auth?.getRequestHeaders(url)) ?? []);
        const response = await request(url, { ...call, dispatcher, signal: ends, headers: { ...headers, ...credentials } });
        if (!TRANSIENT.includes(response.statusCode)) return await use(response);
        await response.body.dump();
        throw new Error(`the server answers ${response.statusCode}`);
      } catch (error) {
        if (error instanceof Unexpected || attempt === ATTEMPTS || ends.aborted)
          throw error instanceof Damaged ? damaged(error) : unavailable(error);
        await pause(Math.random() * PAUSE_MS * attempt);
      }
    }
  }

  /** Stores the bytes if the object has this generation, of which 0 is that of none. */
  function put(key: string, bytes: Uint8Array, generation = "0"): Promise<boolean> {
    const url = `${base}/upload/storage/v1/b/${encodeURIComponent(bucket)}/o?uploadType=media&ifGenerationMatch=${generation}&name=${encodeURIComponent(key)}`;
    const headers = { "content-type": "application/octet-stream", "x-goog-hash": `md5=${md5(bytes)}` };
    return ask(url, { method: "POST", headers, body: bytes }, async ({ statusCode, body }) => {
      await body.dump();
      if (statusCode === 200 || statusCode === 412) return statusCode === 200;
      throw new Unexpected(statusCode);
    });
  }

  /** When an object was stored, and its generation; `undefined` if it is not there. */
  function lookAt(key: string): Promise<Pick<Item, "updated" | "generation"> | undefined> {
    return ask(`${objectsOf(bucket)}/${encodeURIComponent(key)}?fields=updated,generation`, {}, async ({ statusCode, body }) => {
      if (statusCode === 200) return (await body.json()) as Pick<Item, "updated" | "generation">;
      await body.dump();
      if (statusCode === 404) return undefined;
      throw new Unexpected(statusCode);
    });
  }

  /** An object has a new time when it is stored anew, with the bytes that it has. Resolves to whether it is there. */
  async function markUsed(key: string): Promise<boolean> {
    for (let item = await lookAt(key); item; item = await lookAt(key)) {
      if (!isStale(new Date(item.updated))) return true;
      try {
        const bytes = await read(key);
        if (bytes && (await put(key, bytes, item.generation))) return true;
      } catch (error) {
        // It was found to be damaged: whoever asked looks at it next.
        if (error instanceof OrreryError && error.code === "artifact_corrupt") return true;
        throw error;
      }
    }
    return false;
  }

  /** Bytes of an object, or `undefined`. */
  function read(key: string, headers: Record<string, string> = {}): Promise<Uint8Array | undefined> {
    return ask(mediaOf(bucket, key), { headers }, async (response) => {
      const found = await isFound(response);
      if (!found) return undefined;
      if (response.statusCode === 416) return new Uint8Array();
      const bytes = new Uint8Array(await response.body.arrayBuffer());
      const hash = response.statusCode === 200 && /md5=([^,]+)/.exec(String(response.headers["x-goog-hash"] ?? ""))?.[1];
      if (hash && hash !== md5(bytes)) throw new Damaged("the bytes do not have the hash that the server has of them");
      return bytes;
    });
  }

  async function list(start: string, { after, limit, partial = false }: Page = {}): Promise<Entry[]> {
    const most = checkedPage(start, limit);
    const entries: Entry[] = [];
    let last = after === undefined ? undefined : `${prefix}/${after}`;
    // What is being put is not there at all.
    while (!partial && entries.length < most) {
      const query = new URLSearchParams({ prefix: `${prefix}/${start}`, fields: "items(name,size,updated),nextPageToken" });
      // The server begins with this name itself.
      if (last !== undefined) query.set("startOffset", last);
      query.set("maxResults", String(Math.min(most - entries.length + 1, MOST_LISTED)));
      const page = await ask(`${objectsOf(bucket)}?${query.toString()}`, {}, async ({ statusCode, body }) => {
        if (statusCode === 200) return (await body.json()) as Listed;
        await body.dump();
        throw new Unexpected(statusCode);
      });
      const items = (page.items ?? []).filter(({ name }) => name !== last);
      for (const { name, size, updated } of items)
        entries.push({ key: name.slice(prefix.length + 1), bytes: Number(size), modified: new Date(updated) });
      last = items.at(-1)?.name;
      if (page.nextPageToken === undefined || last === undefined) break;
    }
    return entries.slice(0, most);
  }

  return {
    store: {
      async putIfAbsent(key, bytes) {
        return putOrMark(
          () => put(keyOf(key), bytes),
          () => markUsed(keyOf(key)),
        );
      },
      use: async (key) => markUsed(keyOf(key)),
      get: async (key) => read(keyOf(key)),
      getStart: async (key, length) => read(keyOf(key), { range: `bytes=0-${length - 1}` }),
      stream: async (key) =>
        ask(mediaOf(bucket, keyOf(key)), {}, async (response) => ((await isFound(response)) ? response.body : undefined)),
      list,
      async move(key, to) {
        const copied = await ask(
          `${addressOf(key)}/rewriteTo/b/${encodeURIComponent(bucket)}/o/${encodeURIComponent(keyOf(to))}`,
          { method: "POST" },
          done,
        );
        return copied && (await ask(addressOf(key), { method: "DELETE" }, done));
      },
      async delete(key, before) {
        const item = await lookAt(keyOf(key));
        if (!item || new Date(item.updated) >= before) return false;
        return ask(`${addressOf(key)}?ifGenerationMatch=${item.generation}`, { method: "DELETE" }, async (response) => {
          if (response.statusCode !== 412) return done(response);
          await response.body.dump();
          return false;
        });
      },
      async check() {
        // Whether the key is there already or not, the answer shows that this process may write.
        await put(`${prefix}/check`, new Uint8Array());
      },
    },
    objects: {
      open({ bucket: name, key }, signal) {
        // With this header the server leaves it to the reader, who knows a limit, to inflate what was stored compressed.
        return ask(mediaOf(name, key), { headers: { "accept-encoding": "gzip" }, signal }, async (response) => {
          if (!(await isFound(response))) return undefined;
          const { body, headers } = response;
          body.on("error", () => undefined);
          return {
            chunks: body,
            contentType: text(headers["content-type"]),
            contentEncoding: text(headers["content-encoding"]),
            close: () => void body.destroy(),
          };
        });
      },
    },
  };
}

class Damaged extends Error {}

interface Item {
  name: string;
  size: string;
  updated: string;
  generation: string;
}

/** A page of names, as the server gives it. Sizes are decimal strings. */
interface Listed {
  items?: Item[];
  nextPageToken?: string;
}

/** An answer that no other try would change. */
class Unexpected extends Error {
  constructor(status: number) {
    super(`the server answers ${status}`);
  }
}

/** Whether there is an object. A range of an empty one cannot be satisfied, which is an answer too. */
async function isFound({ statusCode, body }: Dispatcher.ResponseData): Promise<boolean> {
  if (statusCode === 200 || statusCode === 206) return true;
  await body.dump();
  if (statusCode === 416) return true;
  if (statusCode === 404) return false;
  throw new Unexpected(statusCode);
}

/** Whether there was an object to do it with. */
async function done({ statusCode, body }: Dispatcher.ResponseData): Promise<boolean> {
  await body.dump();
  if (statusCode === 404) return false;
  if (statusCode === 200 || statusCode === 204) return true;
  throw new Unexpected(statusCode);
}

function md5(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("base64");
}

function text(header: string | string[] | undefined): string | undefined {
  return typeof header === "string" ? header : undefined;
}
