import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Child, startChild, until } from "../support/child.ts";
import { call, finished } from "../support/http.ts";
import { keplerEvaluation, longSearch } from "../support/planets.ts";
import { freePort } from "../support/ports.ts";

const dist = fileURLToPath(new URL("../../dist/", import.meta.url));

let folder: string;
let env: NodeJS.ProcessEnv;
const started: Child[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "orrery-test-"));
  const { TEMPORAL_ADDRESS: _, ...inherited } = process.env;
  env = {
    ...inherited,
    ORRERY_DATA_DIR: folder,
    ORRERY_PORT: String(await freePort()),
    ORRERY_WORKER_PORT: String(await freePort()),
    ORRERY_TEMPORAL_PORT: String(await freePort()),
    ORRERY_TEMPORAL_UI_PORT: String(await freePort()),
    ORRERY_DRAIN_SECONDS: "1",
  };
});
afterEach(async () => {
  for (const child of started.splice(0)) if (child.process.exitCode === null) await child.end("SIGKILL");
  await until("all processes to be gone", async () => ((await processesOf(folder)).length === 0 ? true : undefined));
  await rm(folder, { recursive: true, force: true });
});

function start(): Child {
  const child = startChild(process.execPath, [join(dist, "dev/main.js")], env);
  started.push(child);
  return child;
}

async function startReady(): Promise<Child> {
  const child = start();
  await until("the system to be ready", () => {
    if (child.process.exitCode !== null) throw new Error(child.output());
    return child.output().includes("Ctrl-C stops everything") ? true : undefined;
  });
  return child;
}

/** Ids of the processes that were given the data directory, as an argument or a setting. */
async function processesOf(directory: string): Promise<string[]> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  const texts = await Promise.all(
    ids.map(async (id) => {
      const read = (file: string) => readFile(`/proc/${id}/${file}`, "utf8").catch(() => "");
      return { id, text: (await read("environ")) + (await read("cmdline")) };
    }),
  );
  return texts.filter(({ text }) => text.includes(directory)).map(({ id }) => id);
}

/** Id of the process of this system that runs a program of the build. */
async function processOf(program: string): Promise<number> {
  for (const id of await processesOf(folder)) {
    if ((await readFile(`/proc/${id}/cmdline`, "utf8")).includes(join(dist, `${program}.js`))) return Number(id);
  }
  throw new Error(`there is no ${program}`);
}

describe.skipIf(!existsSync("/proc/self/environ"))("a command without a gateway", () => {
  function discover(...options: string[]): Child {
    const { ORRERY_URL: _, ...own } = env;
    const child = startChild(process.execPath, [join(dist, "cli/main.js"), "discover", "data/planets.csv", ...options], own);
    started.push(child);
    return child;
  }

  test("starts everything, prints the law, saves its files and leaves nothing behind", async () => {
    const saved = join(folder, "saved");
    const child = discover("--save", saved);
    expect([await child.exited, child.output()]).toEqual([0, expect.stringContaining("a^1.5")]);
    expect(child.output()).toContain("Stopping what this command started.");
    expect(await readdir(saved)).toEqual(expect.arrayContaining(["evidence.json", "plot.svg", "result.json"]));
    expect(JSON.parse(await readFile(join(saved, "evidence.json"), "utf8"))).toMatchObject({ unit: "d", axis_unit: "AU" });
  });

  test("stops what it started when it is interrupted", async () => {
    const child = discover();
    await until("the first words", () => (child.output().includes("Starting Temporal") ? true : undefined));
    expect(await child.end("SIGTERM")).toBe(130);
    expect(child.output()).toContain("Interrupted.");
  });

  test("starts nothing for a job that is to go on without it", async () => {
    const child = discover("--detach");
    expect([await child.exited, child.output()]).toEqual([1, expect.stringContaining("Start one with: npm start")]);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe.skipIf(!existsSync("/proc/self/environ"))("npm start", () => {
  test("brings up everything, tells the addresses, refuses a second start, and leaves nothing behind on SIGTERM", async () => {
    const child = await startReady();
    expect(child.output()).toMatch(/Orrery is ready in \d+\.\d s/);
    for (const setting of ["ORRERY_PORT", "ORRERY_TEMPORAL_UI_PORT"]) expect(child.output()).toContain(`http://127.0.0.1:${env[setting]}`);
    expect((await fetch(`http://127.0.0.1:${env.ORRERY_PORT}/ready`)).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${env.ORRERY_WORKER_PORT}/ready`)).status).toBe(200);
    expect((await processesOf(folder)).length).toBeGreaterThanOrEqual(4);

    const second = start();
    expect(await second.exited).toBe(1);
    expect(second.output()).toContain(`Orrery already runs on ${folder} (process ${child.process.pid})`);

    expect(await child.end("SIGTERM")).toBe(0);
    expect(child.output()).toMatch(/Stopped\.\n$/);
    expect(await processesOf(folder)).toEqual([]);
    expect(await readdir(folder)).not.toContain("orrery.lock");
  });

  test("leaves nothing behind when it is killed; started again, it finds the old jobs and goes on with the unfinished ones", async () => {
    const child = await startReady();
    const url = `http://127.0.0.1:${env.ORRERY_PORT}`;
    const done = await call("POST", `${url}/v1/evaluate`, { body: keplerEvaluation });
    expect(done.body.status).toBe("succeeded");
    const unfinished = await call("POST", `${url}/v1/discover_async`, { body: longSearch(1_000_000) });
    await until("the search to run", async () => {
      const { body } = await call("GET", `${url}/v1/jobs/${unfinished.body.job_id}`);
      return body.status === "running" ? true : undefined;
    });
    await child.end("SIGKILL");
    await until("the rest to stop", async () => ((await processesOf(folder)).length === 0 ? true : undefined));

    const again = await startReady();

    expect((await finished(url, done.body.job_id)).result).toEqual(done.body.result);
    expect(await finished(url, unfinished.body.job_id)).toMatchObject({ status: "succeeded", run: 1 });
    expect(await again.end("SIGINT")).toBe(0);
  });

  test("says so and exits with 1 when one of its processes had to be killed, and leaves nothing behind", async () => {
    const child = await startReady();
    process.kill(await processOf("worker"), "SIGSTOP");
    expect(await child.end("SIGTERM")).toBe(1);
    expect(child.output()).toContain("Waiting for the worker to stop, 13 s at most; its log: ");
    expect(child.output()).toMatch(/The worker did not stop within 13 s and was killed\..*\nStopped, but not in order\.\n$/);
    expect(await processesOf(folder)).toEqual([]);
  });

  test("starts a worker again that is killed, and the jobs go on", async () => {
    const child = await startReady();
    process.kill(await processOf("worker"), "SIGKILL");
    await until("the restart", () => (child.output().includes("The worker runs again.") ? true : undefined));
    expect(child.output()).toMatch(/The worker was ended by SIGKILL\. Its last lines:\n[\s\S]*Starting the worker again in 0\.5 s\./);
    const done = await call("POST", `http://127.0.0.1:${env.ORRERY_PORT}/v1/evaluate`, { body: keplerEvaluation });
    expect(done.body.status).toBe("succeeded");
    expect(await child.end("SIGTERM")).toBe(0);
  });

  test("names every port that is taken before it starts anything", async () => {
    const holder = createServer().listen(Number(env.ORRERY_TEMPORAL_PORT), "127.0.0.1");
    await once(holder, "listening");
    const child = start();
    expect(await child.exited).toBe(1);
    expect(child.output()).toContain(
      `Port ${env.ORRERY_TEMPORAL_PORT} for the Temporal server is taken, probably by another Temporal server`,
    );
    expect(child.output()).toContain("choose another port with ORRERY_TEMPORAL_PORT");
    expect(await readdir(folder)).toEqual([]);
    holder.close();
  });

  test("reports wrong settings in words", async () => {
    env = { ...env, ORRERY_EMBEDDED_SYNC: "sometimes" };
    const child = start();
    expect(await child.exited).toBe(1);
    expect(child.output()).toMatch(/^Settings are wrong:\n {2}ORRERY_EMBEDDED_SYNC=sometimes/);
  });
});
