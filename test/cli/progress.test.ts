import { afterEach, expect, test, vi } from "vitest";
import { createProgressView } from "../../src/cli/progress.ts";
import type { Session } from "../../src/cli/session.ts";

afterEach(() => void vi.useRealTimers());

test("on a terminal the time left is counted down between updates and left out when it is over", () => {
  vi.useFakeTimers();
  const lines: string[] = [];
  const err = { isTTY: true, columns: 120, write: (text: string) => lines.push(text) };
  const plain = (_style: unknown, text: string) => text;
  const view = createProgressView({ terminal: { err }, paint: { err: plain } } as unknown as Session);
  view.update({ progress: { phase: "search", done: 1, total: 4, fraction: 0.25, eta_seconds: 12.4 } });
  expect(lines.at(-1)).toContain("25 %  0 s, about 12 s left");
  vi.advanceTimersByTime(3_000);
  expect(lines.at(-1)).toContain("25 %  3 s, about 9 s left");
  vi.advanceTimersByTime(12_000);
  expect(lines.at(-1)).toMatch(/25 % {2}15 s$/);
  view.close();
});
