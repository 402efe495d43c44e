import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { OrreryError } from "../../src/contract/errors.ts";
import type { CircuitReport } from "../../src/outbound/circuit.ts";
import { createCircuits } from "../../src/outbound/circuits.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-05-01T12:00:00Z") }));
afterEach(() => void vi.useRealTimers());

const MINUTE = 60_000;
const options = {
  counts: (error: unknown) => error instanceof Error && error.message === "away",
  refusal: (retryAt: Date) => new OrreryError("store_unavailable", `left alone until ${retryAt.toISOString()}`, { retryAt }),
};

function watched() {
  const changes: CircuitReport[] = [];
  let calls = 0;
  const circuit = createCircuits((change) => changes.push(change)).to("store", options);
  const answer = (error?: string) =>
    circuit
      .call(() => {
        calls += 1;
        return error === undefined ? Promise.resolve("fine") : Promise.reject(new Error(error));
      })
      .catch((thrown: Error) => thrown.message);
  const fail = async (times: number) => {
    for (let call = 0; call < times; call += 1) await answer("away");
  };
  return { circuit, changes, answer, fail, calls: () => calls };
}

describe("a circuit", () => {
  test("opens with the fifth failure in five minutes, says until when, and lets nothing through", async () => {
    const { circuit, changes, answer, fail, calls } = watched();
    await fail(4);
    expect(circuit.state()).toEqual({ target: "store", state: "closed", reopens_at: null });
    vi.setSystemTime(Date.now() + 4 * MINUTE);
    await fail(1);
    const open = { target: "store", state: "open", reopens_at: "2026-05-01T12:14:00.000Z" };
    expect(circuit.state()).toEqual(open);
    expect(changes).toEqual([open]);
    vi.setSystemTime(Date.now() + 9 * MINUTE);
    expect(await answer()).toBe("left alone until 2026-05-01T12:14:00.000Z");
    expect(() => circuit.refuse()).toThrow("left alone");
    expect(calls()).toBe(5);
  });

  test("stays closed while five failures take longer than five minutes", async () => {
    const { circuit, fail } = watched();
    for (let call = 0; call < 20; call += 1) {
      await fail(1);
      vi.setSystemTime(Date.now() + 1.3 * MINUTE);
    }
    expect(circuit.state().state).toBe("closed");
  });

  test("stays closed while as many calls succeed, and opens when all fail then", async () => {
    const { circuit, answer, fail } = watched();
    for (let call = 0; call < 50; call += 1) {
      await fail(1);
      await answer();
      await answer();
    }
    expect(circuit.state().state).toBe("closed");
    await fail(4);
    expect(circuit.state().state).toBe("open");
  });

  test("does not count answers that the target gave", async () => {
    const { circuit, answer } = watched();
    for (let call = 0; call < 20; call += 1) expect(await answer("no such thing")).toBe("no such thing");
    expect(circuit.state().state).toBe("closed");
  });

  test("tries one call after ten minutes: a failure opens it for ten more, a success closes it", async () => {
    const { circuit, changes, answer, fail, calls } = watched();
    await fail(5);
    vi.setSystemTime(Date.now() + 10 * MINUTE);
    expect(circuit.state()).toEqual({ target: "store", state: "half_open", reopens_at: null });
    expect(() => circuit.refuse()).not.toThrow();
    const outcomes = await Promise.all([answer("away"), answer("away"), answer("away")]);
    expect(outcomes).toEqual(["away", "left alone until 2026-05-01T12:20:00.000Z", "left alone until 2026-05-01T12:20:00.000Z"]);
    expect(calls()).toBe(6);
    vi.setSystemTime(Date.now() + 10 * MINUTE);
    expect(await Promise.all([answer(), answer(), answer()])).toEqual(["fine", "fine", "fine"]);
    expect(changes.map(({ state }) => state)).toEqual(["open", "half_open", "open", "half_open", "closed"]);
    await fail(4);
    expect(circuit.state().state).toBe("closed");
  });
});

describe("the circuits of a process", () => {
  test("are one for each target, and a thousand at most", async () => {
    const circuits = createCircuits();
    const first = circuits.to("https://0.test", options);
    for (let call = 0; call < 5; call += 1) await first.call(() => Promise.reject(new Error("away"))).catch(() => undefined);
    expect(circuits.to("https://0.test", options).state().state).toBe("open");
    for (let host = 1; host < 1_000; host += 1) circuits.to(`https://${host}.test`, options);
    expect(circuits.states()).toHaveLength(1_000);
    expect(circuits.states().filter(({ state }) => state === "open")).toHaveLength(1);
    circuits.to("https://one-more.test", options);
    expect(circuits.states()).toHaveLength(1_000);
    expect(circuits.to("https://0.test", options).state().state).toBe("closed");
  });
});
