import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** A real process under test, with everything that it wrote. */
export interface Child {
  process: ChildProcess;
  output(): string;
  /** Sends the signal and resolves to the exit code once the process is gone (`null` if a signal ended it). */
  end(signal: NodeJS.Signals): Promise<number | null>;
  exited: Promise<number | null>;
}

export function startChild(
  command: string,
  args: string[],
  env: NodeJS.ProcessEnv = process.env,
  /** Whom the process belongs to. Default: who starts it. */
  owner: { uid?: number } = {},
): Child {
  const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"], ...owner });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const exited = once(child, "exit").then(([code]) => code as number | null);
  return {
    process: child,
    output: () => output,
    exited,
    end(signal) {
      child.kill(signal);
      return exited;
    },
  };
}

/** Polls until the probe resolves to a value, a few milliseconds apart. The error names what was awaited. */
export async function until<T>(what: string, probe: () => Promise<T | undefined> | T | undefined, milliseconds = 30_000): Promise<T> {
  const end = performance.now() + milliseconds;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (performance.now() > end) throw new Error(`waited ${milliseconds} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Polls an HTTP address until it answers 200. Fails at once if the process ends. */
export async function untilReady(url: string, child: Child): Promise<void> {
  await until(`200 from ${url}`, async () => {
    if (child.process.exitCode !== null) throw new Error(`the process ended with code ${child.process.exitCode}:\n${child.output()}`);
    const response = await fetch(url).catch(() => undefined);
    return response?.status === 200 ? true : undefined;
  });
}
