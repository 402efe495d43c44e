import { randomUUID } from "node:crypto";
import { access, chmod, constants, mkdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { compileTemporal } from "./compile.ts";
import { downloadTemporal } from "./download.ts";
import type { Report } from "./report.ts";
import { StartError } from "./start-error.ts";
import { serverVersionOf } from "./version.ts";

/** Version of the official CLI that is downloaded (server 1.32.0). What is built instead is pinned by tools/temporal/go.mod. */
const CLI_VERSION = "1.9.1";

const FILE = process.platform === "win32" ? "temporal.exe" : "temporal";

export interface FindOptions {
  /** Directory that keeps the binary between runs; see `cacheDirectory`. */
  cacheDir: string;
  report: Report;
  /** Environment in which `temporal`, `tar` and `go` are looked up. Default: the one of this process. */
  env?: NodeJS.ProcessEnv;
  /** Address of the archive. Default: the official one for this platform. */
  archive?: string;
  /** Stops a download or a build. */
  signal?: AbortSignal;
}

/** Orrery's directory in the user's cache directory. */
export function cacheDirectory(env: NodeJS.ProcessEnv): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "orrery");
}

/** The place of the binary. A home directory can be shared by machines of several kinds, so the platform is part of it. */
export function cachedPath(cacheDir: string): string {
  return join(cacheDir, `temporal-${CLI_VERSION}-${process.platform}-${process.arch}`, FILE);
}

/**
 * The command of a Temporal CLI whose embedded server is recent enough: the one on PATH, else the cached one, else a
 * download, else a build from the pinned Go module. Throws a `StartError` with the next steps if none of these works.
 */
export async function findTemporal(options: FindOptions): Promise<string> {
  const { report, env } = options;
  const installed = await serverVersionOf("temporal", env);
  if (installed?.supported) return "temporal";
  if (installed) report(`The temporal on PATH brings server ${installed.text}; 1.31 or later is needed, so it is not used.`);

  const path = cachedPath(options.cacheDir);
  if (await isExecutable(path)) return path;

  await mkdir(dirname(path), { recursive: true });
  // Each caller works on a file of its own, and the last step is a rename: two that race both end with a whole binary.
  const temporary = `${path}.${randomUUID()}.partial`;
  try {
    const got = await downloadTemporal({ ...options, archive: options.archive ?? archiveAddress(), binary: FILE, to: temporary });
    if (!got) await compileTemporal({ ...options, to: temporary });
    await chmod(temporary, 0o755);
    const made = await serverVersionOf(temporary, env);
    if (!made?.supported) {
      throw new StartError(`The Temporal binary that was fetched does not run here; remove ${dirname(path)} and try again.`);
    }
    await rename(temporary, path);
    report(`Temporal server ${made.text} is ready in ${path}`);
    return path;
  } finally {
    await rm(temporary, { force: true });
  }
}

function archiveAddress(): string {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const processor = process.arch === "x64" ? "amd64" : process.arch;
  return `https://temporal.download/cli/archive/v${CLI_VERSION}?platform=${platform}&arch=${processor}`;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
