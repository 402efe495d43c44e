import { execFile } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import type { Report } from "./report.ts";

const run = promisify(execFile);

/** Longest wait for the first byte. Where nothing can be downloaded, this is what a first start loses. */
const ANSWER_MS = 4_000;

/** Longest time for the whole archive (45 MB). A slower line would lose against a build. */
const ARCHIVE_MS = 300_000;

/** Most bytes that are accepted; an archive has about 45 MB. */
const ARCHIVE_BYTES = 256 * 1024 * 1024;

export interface DownloadOptions {
  archive: string;
  /** Name of the binary inside the archive. */
  binary: string;
  /** Path that the binary gets. */
  to: string;
  report: Report;
  env?: NodeJS.ProcessEnv;
  signal?: AbortSignal;
}

/**
 * Downloads the official archive and unpacks the binary with the system's `tar`. Returns false, after one short line,
 * when that is not possible: the caller has another way.
 */
export async function downloadTemporal(options: DownloadOptions): Promise<boolean> {
  const { archive, binary, to, report, env, signal } = options;
  const folder = `${to}.unpacked`;
  const file = join(folder, "archive");
  try {
    await mkdir(folder, { recursive: true });
    await fetchTo(file, archive, report, signal);
    await run("tar", ["-xf", file, "-C", folder, binary], { ...(env && { env }) });
    await rename(join(folder, binary), to);
    return true;
  } catch (error) {
    signal?.throwIfAborted();
    report(`Temporal could not be downloaded from ${new URL(archive).host}: ${causeOf(error)}`);
    return false;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fetchTo(file: string, address: string, report: Report, signal?: AbortSignal): Promise<void> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new Error(`no answer in ${ANSWER_MS / 1_000} s`)), ANSWER_MS);
  const limits = [silence.signal, AbortSignal.timeout(ARCHIVE_MS), ...(signal ? [signal] : [])];
  try {
    const response = await fetch(address, { signal: AbortSignal.any(limits) });
    clearTimeout(timer);
    if (!response.ok || !response.body) throw new Error(`the reply was ${response.status}`);
    let bytes = 0;
    const meter = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        bytes += chunk.length;
        report(`Downloading Temporal: ${Math.round(bytes / 1_000_000)} MB`, "progress");
        done(bytes > ARCHIVE_BYTES ? new Error("the archive is too large") : null, chunk);
      },
    });
    await pipeline(Readable.fromWeb(response.body), meter, createWriteStream(file));
  } finally {
    clearTimeout(timer);
  }
}

/** The innermost message: `fetch` says only "fetch failed" and hides the reason in its cause. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? causeOf(error.cause) : error.message;
}
