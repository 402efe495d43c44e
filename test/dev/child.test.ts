import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Child, type ChildOptions, startChild } from "../../src/dev/child.ts";
import { until } from "../support/child.ts";

const restless = fileURLToPath(new URL("restless.ts", import.meta.url));

/** A thousandth of what people wait, or so. */
const PACE = { ready: 5_000, shortest: 40, longest: 160, steady: 60_000 };

let folder: string;
let said: string[];
const started: Child[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "orrery-test-"));
  said = [];
});
afterEach(async () => {
  for (const child of started.splice(0)) await child.stop();
  await rm(folder, { recursive: true, force: true });
});

async function start(args: string[], over: Partial<ChildOptions> = {}): Promise<Child> {
  const options: ChildOptions = {
    name: "mayfly",
    command: process.execPath,
    args,
    env: process.env,
    logFile: join(folder, "mayfly.log"),
    node: false,
    ready: async () => true,
    graceMs: 5_000,
    report: (line) => void said.push(line),
    pace: PACE,
    ...over,
  };
  const child = await startChild(options, new AbortController().signal);
  started.push(child);
  return child;
}

/** The pauses, in milliseconds, that were told. */
function pauses(): number[] {
  return said.flatMap((line) => {
    const [, seconds] = /again in ([\d.]+) s/.exec(line) ?? [];
    return seconds === undefined ? [] : [Number(seconds) * 1_000];
  });
}

describe("a process that dies", () => {
  test("is started again after pauses that double up to the longest, and each death is told with its last words", async () => {
    const births = join(folder, "births");
    await start([restless, births, "1"]);
    await until("five deaths", () => (pauses().length >= 5 ? true : undefined));

    expect(pauses().slice(0, 5)).toEqual([40, 80, 160, 160, 160]);
    const death = said.find((line) => line.includes("again in"));
    expect(death).toMatch(/^The mayfly exited with code 7\. Its last lines:\n {2}nothing goes on for ever\nThe whole log: .*mayfly\.log\n/);
    const times = (await readFile(births, "utf8")).trim().split("\n").map(Number);
    for (const [index, pause] of [40, 80, 160].entries())
      expect((times[index + 1] ?? 0) - (times[index] ?? 0)).toBeGreaterThanOrEqual(pause);
  });

  test("after a steady life is started again after the shortest pause", async () => {
    await start([restless, join(folder, "births"), "300"], { pace: { ...PACE, steady: 200 } });
    await until("three deaths", () => (pauses().length >= 3 ? true : undefined));
    expect(pauses().slice(0, 3)).toEqual([40, 40, 40]);
  });

  test("and cannot be started any more is told so, and is tried until it can", async () => {
    const [program, pid] = [join(folder, "program"), join(folder, "pid")];
    const write = () => writeFile(program, `#!/bin/sh\necho $$ > ${pid}\nexec sleep 60\n`, { mode: 0o755 });
    const known = async () => Number(await readFile(pid, "utf8"));
    await write();
    await start([], { command: program, ready: async () => (await known()) > 0 });
    await rm(program);
    process.kill(await known(), "SIGKILL");
    await until("the news", () => said.find((line) => line.includes("could not be started: spawn")));
    await write();
    await until("the restart", () => said.find((line) => line === "The mayfly runs again."));
  });

  test("and hangs when it is started again is told so, and ended", async () => {
    let calm = true;
    await start([restless, join(folder, "births"), "300"], { ready: async () => calm, pace: { ...PACE, ready: 200 } });
    calm = false;
    await until("the news", () => said.find((line) => line.startsWith("The mayfly is not ready after 0.2 s")));
    await until("the end of it", () => said.find((line) => line.startsWith("The mayfly was ended by SIGKILL")));
  });
});

test("a process that dies has said what people can read", async () => {
  const line = {
    level: 40,
    time: "2026-01-31T12:00:00.123Z",
    process: "worker",
    job_id: "discover-1",
    err: { message: "EIO" },
    msg: "late",
  };
  const script = `console.log(${JSON.stringify(JSON.stringify(line))}); console.log("{ no JSON"); process.exit(7)`;
  await expect(start(["-e", script], { ready: async () => false })).rejects.toThrow(
    "Its last lines:\n  12:00:00Z warn late job_id=discover-1\n  EIO\n  { no JSON\n",
  );
});

test("a program that is not there is told at once", async () => {
  await expect(start([], { command: join(folder, "nothing"), ready: async () => false })).rejects.toThrow(
    /^The mayfly could not be started: spawn .* ENOENT\. It wrote nothing\./,
  );
});

describe("a process that is to stop", () => {
  const script = (onTerm: string) => ["-e", `process.on("SIGTERM", () => { ${onTerm} }); console.log("up"); setInterval(() => {}, 1000)`];
  const up = async () => (await readFile(join(folder, "mayfly.log"), "utf8")).includes("up");

  test("and does is not spoken of", async () => {
    const child = await start(script("process.exit(0)"), { ready: up });
    expect(await child.stop()).toBe(true);
    expect(said).toEqual([]);
  });

  test("and gives something up is told with its last words", async () => {
    const child = await start(script('console.log("gave up"); process.exit(1)'), { ready: up });
    expect(await child.stop()).toBe(false);
    expect(said).toEqual([expect.stringMatching(/^The mayfly exited with code 1\. Its last lines:\n {2}up\n {2}gave up\n/)]);
  });

  test("and does not is killed after its grace, and that is told", async () => {
    const child = await start(script(""), { ready: up, graceMs: 200 });
    expect(await child.stop()).toBe(false);
    expect(said).toEqual([expect.stringContaining("The mayfly did not stop within 0.2 s and was killed.")]);
  });
});
