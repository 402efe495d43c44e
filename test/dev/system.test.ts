import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Connection } from "@temporalio/client";
import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { loadSettings } from "../../src/config/load.ts";
import { ATTRIBUTES } from "../../src/contract/names.ts";
import { type System, type SystemOptions, startSystem } from "../../src/dev/system.ts";
import { until } from "../support/child.ts";

const standIn = fileURLToPath(new URL("stand-in.ts", import.meta.url));
const dying = fileURLToPath(new URL("dying.ts", import.meta.url));

let folder: string;
let said: string[];
let system: System | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "orrery-test-"));
  said = [];
  system = undefined;
});
afterEach(async () => {
  await system?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A system with a real Temporal server on free ports, and stand-ins for the worker and the gateway. */
function optionsOf(over: Partial<SystemOptions> = {}): SystemOptions {
  const anyPort = { ORRERY_PORT: "0", ORRERY_WORKER_PORT: "0", ORRERY_TEMPORAL_PORT: "0", ORRERY_TEMPORAL_UI_PORT: "0" };
  const settings = loadSettings({
    ...anyPort,
    ORRERY_DATA_DIR: folder,
    ORRERY_CACHE_DIR: process.env.ORRERY_CACHE_DIR,
    ORRERY_RETENTION_HOURS: "100",
  });
  return {
    settings,
    temporal: { explicit: false, namespace: "default", connection: { address: "" } },
    env: { ...process.env, TEMPORAL_API_KEY: "of another server" },
    report: (line) => void said.push(line),
    programs: { worker: standIn, gateway: standIn },
    ...over,
  };
}

async function told(url: string): Promise<{ pid: number; [name: string]: unknown }> {
  return (await fetch(url)).json() as Promise<{ pid: number }>;
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}

describe("the embedded default", () => {
  test("starts a server that is fit for jobs, tells its processes where it is, and leaves nothing behind", async () => {
    system = await startSystem(optionsOf());
    const { pid, ...env } = await told(system.url);
    expect(env).toEqual({
      argv: [],
      TEMPORAL_ADDRESS: system.temporalAddress,
      TEMPORAL_NAMESPACE: "default",
      ORRERY_DATA_DIR: folder,
      ORRERY_TEMPORAL_UI_URL: system.uiUrl,
    });

    const connection = await Connection.connect({ address: system.temporalAddress });
    const { config } = await connection.workflowService.describeNamespace({ namespace: "default" });
    expect(config?.workflowExecutionRetentionTtl?.seconds?.toNumber()).toBe(100 * 3_600);
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: "default" });
    expect(Object.keys(customAttributes ?? {})).toEqual(expect.arrayContaining(Object.values(ATTRIBUTES)));
    await connection.close();

    await system.stop();
    expect(isGone(pid)).toBe(true);
    expect(await readdir(folder)).not.toContain("orrery.lock");
    await expect(Connection.connect({ address: system.temporalAddress, connectTimeout: 500 })).rejects.toThrow();
    expect(said).toEqual([]);
  });

  test("starts a process again that dies, and says so with its last lines", async () => {
    system = await startSystem(optionsOf());
    const { url } = system;
    const { pid } = await told(url);
    process.kill(pid, "SIGKILL");
    await until("the restart to be told", () => (said.length >= 2 ? true : undefined));
    expect(said[0]).toContain("The gateway was ended by SIGKILL.");
    expect(said[0]).toContain(`gateway ${pid} listens`);
    expect(said[1]).toBe("The gateway runs again.");
    expect((await told(url)).pid).not.toBe(pid);
  });

  test("stops all and shows why when a process cannot start", async () => {
    const start = startSystem(optionsOf({ programs: { worker: standIn, gateway: dying } }));
    await expect(start).rejects.toThrow(/The gateway exited with code 3[\s\S]*the settings are not right/);
    expect(await readdir(folder)).not.toContain("orrery.lock");
    const log = await readFile(join(folder, "logs", "temporal.log"), "utf8").catch(() => "");
    const port = /Temporal Server:\s+localhost:(\d+)/.exec(log)?.[1];
    if (port) await expect(Connection.connect({ address: `127.0.0.1:${port}`, connectTimeout: 500 })).rejects.toThrow();
  });

  test("refuses a data directory that is in use", async () => {
    system = await startSystem(optionsOf());
    await expect(startSystem(optionsOf())).rejects.toThrow("Orrery already runs on");
  });

  test("can be stopped while it starts", async () => {
    const stopping = new AbortController();
    const start = startSystem(optionsOf({ signal: stopping.signal }));
    setTimeout(() => stopping.abort(), 150);
    await expect(start).rejects.toThrow("abort");
    expect(await readdir(folder)).not.toContain("orrery.lock");
  });

  test("uses the Temporal server that is named, and starts none", async () => {
    const address = inject("temporalAddress");
    system = await startSystem(optionsOf({ temporal: { explicit: true, namespace: "default", connection: { address } } }));
    expect(system).toMatchObject({ temporalAddress: address, uiUrl: undefined });
    expect(await told(system.url)).toMatchObject({ TEMPORAL_ADDRESS: address });
    expect(await readdir(folder)).not.toContain("temporal.db");
  });

  test("says so when the named server does not answer or lacks the namespace", async () => {
    const connection = { address: inject("temporalAddress") };
    const lacking = startSystem(optionsOf({ temporal: { explicit: true, namespace: "nobody-made-it", connection } }));
    await expect(lacking).rejects.toThrow('The Temporal server has no namespace "nobody-made-it". Make it with: orrery setup');
  });
});
