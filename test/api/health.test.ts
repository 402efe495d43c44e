import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { createHealth } from "../../src/api/health.ts";
import type { Temporal } from "../../src/api/temporal/temporal.ts";
import { createCircuits } from "../../src/outbound/circuits.ts";
import type { Store } from "../../src/storage/store.ts";
import type { Logger } from "../../src/telemetry/logger.ts";

const temporal = { namespace: async () => ({ name: "default", retentionSeconds: 1 }) } as unknown as Temporal;

test("a store that hangs fails in time, is asked once, and is said to fail in one line of the log", async () => {
  const lines: string[] = [];
  const { promise: hanging, resolve: answer } = Promise.withResolvers<void>();
  let checks = 0;
  const check = () => {
    checks += 1;
    return hanging;
  };
  const logger = { error: (_: object, line: string) => lines.push(line), info: (_: object, line: string) => lines.push(line) };
  const health = createHealth({
    temporal,
    store: { check } as unknown as Store,
    circuits: createCircuits(),
    logger: logger as unknown as Logger,
  });

  for (const began = performance.now(); performance.now() - began < 5_000; await sleep(200)) {
    expect(await health.check()).toMatchObject({ temporal: "ok", store: "failing" });
  }
  expect([checks, lines]).toEqual([1, ["dependency fails"]]);

  answer();
  await expect.poll(() => health.check(), { timeout: 10_000 }).toMatchObject({ store: "ok" });
  expect(lines).toEqual(["dependency fails", "dependency is back"]);
});
