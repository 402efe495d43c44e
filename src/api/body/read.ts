import type { Request } from "express";
import { OrreryError } from "../../contract/errors.ts";
import type { Encoding } from "../../datasets/inflate.ts";

/** A client that goes on sending a refused body is heard out for this long, so that it can read the refusal. */
const DISCARD_MS = 10_000;

/**
 * The chunks of a body, at most `limit` bytes of them. Throws `body_too_large` as soon as the length that is declared
 * or received exceeds it, without waiting for the rest.
 */
export async function* readChunks(request: Request, limit: number): AsyncGenerator<Buffer> {
  try {
    const declared = Number(request.headers["content-length"] ?? 0);
    if (declared > limit) throw tooLarge(limit, `has ${declared} bytes`);
    let bytes = 0;
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      bytes += chunk.length;
      if (bytes > limit) throw tooLarge(limit, "goes on");
      yield chunk;
    }
  } finally {
    if (!request.readableEnded) discard(request);
  }
}

function tooLarge(limit: number, what: string): OrreryError {
  return new OrreryError(
    "body_too_large",
    `The body ${what}, but at most ${limit} bytes are accepted; send fewer rows, or raise ORRERY_MAX_UPLOAD_BYTES.`,
  );
}

/** The media type of the body without its parameters; refuses one that is not among `accepted`, or not UTF-8. */
export function mediaTypeOf<T extends string>(request: Request, accepted: readonly T[]): T {
  const [type = "", ...parameters] = (request.headers["content-type"] ?? "").split(";").map((part) => part.trim().toLowerCase());
  const charset = parameters
    .find((parameter) => parameter.startsWith("charset="))
    ?.slice("charset=".length)
    .replaceAll('"', "");
  const found = accepted.find((candidate) => candidate === type);
  if (found !== undefined && (charset === undefined || charset === "utf-8" || charset === "utf8")) return found;
  discard(request);
  const given =
    request.headers["content-type"] === undefined ? "no Content-Type" : JSON.stringify(request.headers["content-type"].slice(0, 80));
  throw new OrreryError("unsupported_media_type", `The request has ${given}; send ${accepted.join(" or ")} in UTF-8.`);
}

/** How the body is compressed, if at all. Throws `unsupported_media_type` unless it is in one of the `accepted` ways. */
export function encodingOf<T extends Encoding>(request: Request, accepted: readonly T[]): T | undefined {
  const encoding = request.headers["content-encoding"]?.trim().toLowerCase() ?? "identity";
  if (encoding === "identity" || encoding === "") return undefined;
  const found = accepted.find((candidate) => candidate === encoding);
  if (found !== undefined) return found;
  discard(request);
  const ways = accepted.length === 0 ? "send it as it is" : `send it as it is, or compressed by ${accepted.join(", ")}`;
  throw new OrreryError("unsupported_media_type", `The body is compressed (${encoding.slice(0, 40)}); ${ways}.`);
}

/** Reads the rest of a body away. A connection that has not ended it by then is closed. */
export function discard(request: Request): void {
  request.resume();
  const timer = setTimeout(() => request.socket.destroy(), DISCARD_MS).unref();
  request.once("close", () => clearTimeout(timer));
}
