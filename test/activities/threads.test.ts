import { readdir, readFile } from "node:fs/promises";
import { getPriority } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Compute, createCompute } from "../../src/activities/compute.ts";
import { Control } from "../../src/activities/control.ts";
import { Grounds, type Making } from "../../src/activities/grounds.ts";
import { encodeFound } from "../../src/activities/shard-file.ts";
import { bytesOf, shared } from "../../src/activities/shared.ts";
import { Slots } from "../../src/activities/slots.ts";
import type { Task } from "../../src/activities/task.ts";
import type { Table } from "../../src/contract/dataset.ts";
import { evaluateRequest } from "../../src/contract/request.ts";
import { cutCells } from "../../src/contract/route.ts";
import { layGround } from "../../src/engine/problem.ts";
import { mergeFound, type ShardFound } from "../../src/engine/search.ts";
import { prepared, control as unheard, uniforms } from "../engine/support.ts";
import { until } from "../support/child.ts";
import { keplerEvaluation, planets } from "../support/planets.ts";

const draw = uniforms(21);
const x = Array.from({ length: 60 }, () => 1 + 4 * draw());
const w = Array.from({ length: 60 }, () => 1 + 4 * draw());
const y = x.map((value, row) => 2 * value ** 1.5 * (w[row] ?? 1) ** -1 + 0.05 * draw());
const range = { from: -4, to: 4, step: 0.05 };
const columns = { x, w, y };

/** A search of twenty million fits, whose pieces all threads share. */
function large(seed: number) {
  const hypothesis = { terms: ["1", "x", "w", "x^p", "w^q"], exponents: { p: range, q: range }, max_terms: 4 };
  return { ...prepared(columns, { hypothesis, seed }), hash: "a".repeat(64) };
}

function search(seed: number, cells?: { from: number; to: number }): Extract<Task, { op: "search" }> {
  const task = large(seed);
  return { op: "search", ...task, cells: cells ?? { from: 0, to: task.plan.cells } };
}

const computes = new Map<number, Compute>();
beforeAll(() => {
  for (const threads of [1, 2]) computes.set(threads, createCompute({ pools: ["heavy"], threads }));
});
afterAll(async () => {
  await Promise.all([...computes.values()].map((compute) => compute.close()));
});

function run(threads: number, task: Extract<Task, { op: "search" }>, signal = new AbortController().signal, control = new Control()) {
  const compute = computes.get(threads) as Compute;
  return compute.run(task, { pool: "heavy", job_id: "job", signal, control });
}

describe("a large search", () => {
  test("finds the same bytes on one thread and on two, whole and in shards that end in any order", async () => {
    const whole = encodeFound(await run(1, search(1)));
    expect(encodeFound(await run(2, search(1))).equals(whole)).toBe(true);
    for (const [shards, threads] of [
      [7, 2],
      [64, 1],
    ] as const) {
      const ended: ShardFound[] = [];
      const { plan } = large(1);
      await Promise.all(
        cutCells(plan, { from: 0, to: plan.cells }, shards).map(async (cells) => {
          ended.push(await run(threads, search(1, cells)));
        }),
      );
      expect(encodeFound(mergeFound(ended)).equals(whole)).toBe(true);
    }
  });

  test("judges the same on one thread and on two", async () => {
    const { request, plan, table, hash } = large(2);
    const judged = async (threads: number) => {
      const options = { pool: "heavy" as const, job_id: "job", signal: new AbortController().signal, control: new Control() };
      const { result } = await (computes.get(threads) as Compute).run({ op: "discover", request, plan, table, hash }, options);
      return JSON.stringify(result);
    };
    expect(await judged(2)).toBe(await judged(1));
  });

  test("uses all threads, counts the fits of all, and ends at the plan's number", async () => {
    const control = new Control();
    const task = search(3);
    const running = run(2, task, undefined, control);
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, control.working);
    }, 1);
    await running;
    clearInterval(watch);
    expect(most).toBe(2);
    expect(control.fits).toBe(task.plan.fits);
  });

  test("stops all its threads, and what waited for its groundwork makes it anew", async () => {
    const compute = computes.get(2) as Compute;
    const abort = new AbortController();
    const control = new Control();
    const first = run(2, search(4), abort.signal, control).catch((error: unknown) => error);
    await until("a thread at work", () => (control.working > 0 ? true : undefined));
    const second = run(2, search(4));

    abort.abort(new Error("enough"));

    expect(await first).toEqual(new Error("enough"));
    expect(control.working).toBe(0);
    expect(encodeFound(await second).equals(encodeFound(await run(1, search(4))))).toBe(true);
    expect(compute.busy()).toEqual([]);
  });

  test.runIf(process.platform === "linux")("yields to whatever else runs on the machine, and its process does not", async () => {
    const control = new Control();
    const running = run(2, search(6), undefined, control);
    await until("two threads at work", () => (control.working === 2 ? true : undefined));
    // The nineteenth field of a thread's stat, after the name in brackets, is its niceness (proc(5)).
    const threads = await readdir("/proc/self/task");
    const lines = await Promise.all(threads.map((id) => readFile(`/proc/self/task/${id}/stat`, "utf8").catch(() => "")));
    const nice = lines.filter((line) => line !== "").map((line) => Number(line.slice(line.lastIndexOf(")") + 2).split(" ")[16]));
    expect(nice.filter((value) => value === 10).length).toBeGreaterThanOrEqual(2);
    expect(getPriority()).toBe(0);
    await running;
  });

  test("leaves a thread to a later task", async () => {
    const order: string[] = [];
    const long = run(2, search(5)).then(() => order.push("long"));
    const cells = { from: 0, to: 1 };
    await run(2, search(6, cells)).then(() => order.push("short"));
    await long;
    expect(order).toEqual(["short", "long"]);
  });
});

describe("places on a pool's threads", () => {
  const { signal } = new AbortController();

  test("go to the waiting owner that has the fewest, and are not waited for after an abort", async () => {
    const slots = new Slots(2);
    const [greedy, modest] = [{}, {}];
    const order: string[] = [];
    const ends: (() => void)[] = [];
    const held = (owner: object, name: string, listen = signal) =>
      slots.within(owner, listen, () => {
        order.push(name);
        return new Promise<void>((resolve) => ends.push(resolve));
      });
    const abort = new AbortController();
    const all = [held(greedy, "g1"), held(greedy, "g2"), held(greedy, "g3"), held(modest, "m1")];
    const gone = held(modest, "m2", abort.signal).catch((error: unknown) => error);
    await Promise.resolve();
    abort.abort(new Error("gone"));
    expect(await gone).toEqual(new Error("gone"));
    while (ends.length > 0) {
      ends.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(all);
    expect(order).toEqual(["g1", "g2", "m1", "g3"]);
  });
});

describe("groundwork", () => {
  const { request, table } = prepared({ x: x.slice(0, 20), y: y.slice(0, 20) });
  const ground = shared(layGround(request, table, unheard));
  const { signal } = new AbortController();

  function making() {
    let laid = 0;
    const made: Making = {
      lay: () => {
        laid += 1;
        return Promise.resolve(ground);
      },
      add: () => Promise.resolve(),
    };
    return { made, laid: () => laid };
  }

  test("is made once for all who use it, kept up to a bound, and given up by last use", async () => {
    const size = bytesOf(ground);
    const grounds = new Grounds(2.5 * size);
    const { made, laid } = making();
    const use = (key: string) => grounds.lend(key, { making: made, sums: true, signal }, (lent) => Promise.resolve(lent));
    await Promise.all([use("a"), use("a"), use("a")]);
    expect(laid()).toBe(1);
    await use("b");
    await use("a");
    await use("c");
    expect(grounds.bytes).toBe(2 * size);
    await use("a");
    expect(laid()).toBe(3);
    await use("b");
    expect(laid()).toBe(4);
  });

  test("whose sums failed is laid anew by the next", async () => {
    const grounds = new Grounds();
    const { made, laid } = making();
    const failing: Making = { ...made, add: () => Promise.reject(new Error("lost")) };
    const lend = (how: Making) => grounds.lend("a", { making: how, sums: true, signal }, () => Promise.resolve("used"));
    await expect(lend(failing)).rejects.toThrow("lost");
    expect(await lend(made)).toBe("used");
    expect(laid()).toBe(2);
  });

  test("lies in memory that threads share, each array once", () => {
    expect(ground.sample.y.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(ground.sample.y).toBe(ground.sample.table.columns.y);
    expect(structuredClone(ground).grams[0]?.products.buffer.byteLength).toBe(ground.grams[0]?.products.buffer.byteLength);
  });
});

test("a thread that needs more memory than it may use is ended, and another takes its place", async () => {
  const compute = createCompute({ pools: ["heavy"], threads: 1, threadMemoryMb: 48 });
  const request = evaluateRequest.parse({ ...keplerEvaluation, predict: { source: "inline", columns: { a: [1] } } });
  const tableOf = (columns: Record<string, Float64Array>): Table => ({ rows: columns.a?.length ?? 0, columns, units: {} });
  const table = tableOf({ a: Float64Array.from(planets.a), T: Float64Array.from(planets.T) });
  /** Predictions are written as one text, about 70 bytes a row. */
  const predict = (rows: number) =>
    compute.run(
      { op: "evaluate", request, table, hash: "a".repeat(64), predict: tableOf({ a: new Float64Array(rows).fill(1 / 3) }) },
      { pool: "heavy", job_id: "job", signal: new AbortController().signal, control: new Control() },
    );

  await expect(predict(1_000_000)).rejects.toMatchObject({ code: "out_of_memory" });

  expect((await predict(10)).result.predictions?.rows).toBe(10);
  await compute.close();
});
