import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Connection } from "@temporalio/client";
import { describe, expect, inject, test } from "vitest";
import { ATTRIBUTES } from "../../src/contract/names.ts";
import { registerNamespace } from "../../src/dev/register.ts";
import { startChild, untilReady } from "../support/child.ts";
import { freePort } from "../support/ports.ts";

const entry = fileURLToPath(new URL("../../src/dev/setup.ts", import.meta.url));
const names = Object.values(ATTRIBUTES);

async function setup(env: Record<string, string>, args: string[] = []) {
  const child = startChild(process.execPath, [entry, ...args], { ...process.env, ...env });
  return { code: await child.exited, output: child.output() };
}

const worker = fileURLToPath(new URL("../../dist/worker.js", import.meta.url));

describe("orrery setup", () => {
  test("makes a namespace with the search attributes, and does nothing the second time", async () => {
    const env = { TEMPORAL_ADDRESS: inject("temporalAddress"), TEMPORAL_NAMESPACE: `setup-${randomUUID()}` };
    const first = await setup(env, ["--json"]);
    expect(first.code).toBe(0);
    expect(JSON.parse(first.output)).toEqual({
      namespace: env.TEMPORAL_NAMESPACE,
      created: true,
      retentionHours: 168,
      retentionChanged: false,
      present: [],
      added: names,
      warnings: [],
    });
    const second = await setup(env, ["--json"]);
    expect(JSON.parse(second.output)).toMatchObject({ created: false, retentionHours: 168, present: names, added: [] });
    const third = await setup(env, ["--retention-hours=200"]);
    expect(third.output).toContain("retention          200 h (changed)");
  });

  test("says in one sentence that no server answers", async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const { code, output } = await setup({ TEMPORAL_ADDRESS: address });
    expect(code).toBe(1);
    expect(output).toMatch(new RegExp(`^No Temporal server answers at ${address}\\. .*\\n$`));
  });

  test("refuses a retention that is no number of hours", async () => {
    const { code, output } = await setup({ TEMPORAL_ADDRESS: inject("temporalAddress") }, ["--retention-hours=week"]);
    expect(code).toBe(1);
    expect(output).toContain("--retention-hours=week: a whole number of hours");
  });

  test("refuses a namespace whose attribute has another type", async () => {
    const connection = await Connection.connect({ address: inject("temporalAddress") });
    const namespace = `typed-${randomUUID()}`;
    await registerNamespace(connection, { namespace });
    await connection.operatorService.removeSearchAttributes({ namespace, searchAttributes: [ATTRIBUTES.kind] });
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: { [ATTRIBUTES.kind]: 3 } });
    await expect(registerNamespace(connection, { namespace })).rejects.toThrow(
      `has the search attribute ${ATTRIBUTES.kind} with a type other than Keyword`,
    );
    await connection.close();
  });

  test("a worker of a version with one attribute more says at its start that the namespace has to be prepared, and then runs", async () => {
    const connection = await Connection.connect({ address: inject("temporalAddress") });
    const namespace = `upgraded-${randomUUID()}`;
    await registerNamespace(connection, { namespace });
    await connection.operatorService.removeSearchAttributes({ namespace, searchAttributes: [ATTRIBUTES.attempts] });
    const folder = await mkdtemp(join(tmpdir(), "orrery-setup-"));
    const port = await freePort();
    const env = {
      TEMPORAL_ADDRESS: inject("temporalAddress"),
      TEMPORAL_NAMESPACE: namespace,
      ORRERY_DATA_DIR: folder,
      ORRERY_WORKER_PORT: String(port),
    };
    const start = (pools: string) => startChild(process.execPath, [worker, "--pool", pools], { ...process.env, ...env });

    const refused = start("control,light,heavy");
    expect(await refused.exited).toBe(1);
    expect(refused.output()).toMatch(
      new RegExp(`The namespace "${namespace}" lacks a search attribute .*${ATTRIBUTES.attempts}.* Add it with: npx orrery setup;`),
    );
    expect(await setup(env)).toMatchObject({ code: 0, output: expect.stringContaining(`${ATTRIBUTES.attempts} (added)`) });
    const accepted = start("control,light,heavy");
    await untilReady(`http://127.0.0.1:${port}/ready`, accepted);

    await accepted.end("SIGKILL");
    await connection.close();
    await rm(folder, { recursive: true, force: true });
  });
});
