// Loaded before a program (`node --import`): kills the process at the n-th call that it makes of the file system, with SIGKILL, right before
// the call, in the middle of it or right after it. KILL_AT is `<n> before|during|after`.
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

const [at, moment] = (process.env.KILL_AT ?? "").split(" ");
let calls = 0;

type Call = (...words: unknown[]) => Promise<unknown>;

function die(): void {
  process.kill(process.pid, "SIGKILL");
}

function struck(name: string, call: Call): Call {
  return async function (this: unknown, ...words) {
    calls += 1;
    if (calls !== Number(at)) return call.apply(this, words);
    process.stderr.write(`killed ${moment} ${name}\n`);
    if (moment === "before") die();
    const done = call.apply(this, words);
    if (moment === "during") die();
    const outcome = await done;
    die();
    return outcome;
  };
}

function strike(target: Record<string, Call>, names: readonly string[]): void {
  for (const name of names) target[name] = struck(name, target[name] as Call);
}

const file = await fs.open(process.execPath);
const handles = Object.getPrototypeOf(file) as Record<string, Call>;
await file.close();
strike(handles, ["writeFile", "datasync", "sync"]);
strike(fs as unknown as Record<string, Call>, ["mkdir", "open", "link", "rename", "rm", "unlink", "stat", "utimes"]);
syncBuiltinESMExports();
