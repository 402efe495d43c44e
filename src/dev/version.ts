import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Longest wait for `temporal --version`. The binary has 150 MB, which a cold disk reads slowly. */
const VERSION_MS = 15_000;

/** The oldest embedded server that Orrery runs on: fairness and push cancellation are incomplete before it. */
const OLDEST_SERVER = { major: 1, minor: 31 } as const;

/** The server inside a Temporal CLI, such as `1.32.1`. */
export interface ServerVersion {
  text: string;
  /** Whether Orrery can run on it. */
  supported: boolean;
}

/** Asks a Temporal CLI for the version of its embedded server; `undefined` if it is missing or is not a Temporal CLI. */
export async function serverVersionOf(command: string, env?: NodeJS.ProcessEnv): Promise<ServerVersion | undefined> {
  try {
    const { stdout } = await run(command, ["--version"], { timeout: VERSION_MS, ...(env && { env }) });
    const match = /Server (\d+)\.(\d+)\.(\S+?)[,)]/.exec(stdout);
    if (!match) return undefined;
    const [, major, minor, patch] = match;
    const supported = Number(major) === OLDEST_SERVER.major && Number(minor) >= OLDEST_SERVER.minor;
    return { text: `${major}.${minor}.${patch}`, supported };
  } catch {
    return undefined;
  }
}
