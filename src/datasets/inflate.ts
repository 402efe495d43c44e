import { pipeline, type Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";
import { OrreryError } from "../contract/errors.ts";

/** Values of Content-Encoding that are read. */
export const ENCODINGS = ["gzip", "deflate", "br", "zstd"] as const;
export type Encoding = (typeof ENCODINGS)[number];

const OPEN: Record<Encoding, () => Transform> = {
  gzip: createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
};

/**
 * What numbers as text shrink to at best: 3:1 for measurements, some 100:1 for columns that repeat. What is denser than
 * this, once it has given MIN_BYTES, holds nothing worth the work.
 */
const MAX_RATIO = 400;
const MIN_BYTES = 4_194_304;

/**
 * Inflates a body bit by bit. Throws `dataset_too_large` as soon as more than `limit` bytes come out, or far more than
 * went in, and `malformed_encoding` for what is damaged or cut off.
 */
export async function* inflate(chunks: AsyncIterable<Buffer>, encoding: Encoding, limit: number): AsyncGenerator<Buffer> {
  let bytesIn = 0;
  let bytesOut = 0;
  const inflater = OPEN[encoding]();
  const counted = async function* () {
    for await (const chunk of chunks) {
      bytesIn += chunk.length;
      yield chunk;
    }
  };
  // Failures of the source reach the reader of the inflater, which is the only one that listens.
  pipeline(counted, inflater, () => undefined);
  try {
    for await (const chunk of inflater as AsyncIterable<Buffer>) {
      bytesOut += chunk.length;
      if (bytesOut > limit) throw tooLarge(`The body inflates to more than ${limit} bytes`);
      if (bytesOut > MIN_BYTES && bytesOut > bytesIn * MAX_RATIO)
        throw tooLarge(`The body inflates to more than ${MAX_RATIO} times its size`);
      yield chunk;
    }
  } catch (error) {
    if (!isZlib(error)) throw error;
    throw new OrreryError(
      "malformed_encoding",
      `The body cannot be read as ${encoding}: ${error.message.slice(0, 100)}; send it whole, or without Content-Encoding.`,
      { cause: error },
    );
  } finally {
    inflater.destroy();
  }
}

function tooLarge(what: string): OrreryError {
  return new OrreryError("dataset_too_large", `${what}, which no table needs; send fewer rows, or raise ORRERY_MAX_UPLOAD_BYTES.`);
}

function isZlib(error: unknown): error is Error {
  return error instanceof Error && "code" in error && /^(Z_|ZSTD_|ERR_ZSTD|ERR_BROTLI|ERR__ERROR_)/.test(String(error.code));
}
