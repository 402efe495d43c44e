import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

export interface Outcome {
  code: number | null;
  out: string;
  err: string;
}

/** Runs the command line as its users do: a process of its own, its output in pipes. `signal` aborts with the signal to send. */
export async function orrery(
  args: string[],
  options: { url?: string; stdin?: string; cwd?: string; env?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<Outcome> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(ORRERY_|NO_COLOR|FORCE_COLOR)/.test(name));
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: options.cwd,
    env: { ...Object.fromEntries(inherited), ...(options.url && { ORRERY_URL: options.url }), ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  options.signal?.addEventListener("abort", () => child.kill(options.signal?.reason as NodeJS.Signals), { once: true });
  child.stdin.end(options.stdin ?? "");
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit") as Promise<[number | null]>]);
  return { code, out, err };
}
