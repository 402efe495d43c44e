import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encodeToken } from "../../src/api/page-token.ts";
import type { AuditEvent } from "../../src/contract/audit.ts";
import type { DeadLetterBody, ReplayReply } from "../../src/contract/dead-letter.ts";
import { orrery } from "../cli/run.ts";
import { until } from "../support/child.ts";
import { startGateway } from "../support/gateway.ts";
import { call, finished } from "../support/http.ts";
import { hopeless } from "../support/letters.ts";
import { type Stack, startStack } from "../support/stack.ts";

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.stop());

const cured = { law: "y = x" };

async function openLetters(): Promise<DeadLetterBody[]> {
  const { body } = await call<{ dead_letters: DeadLetterBody[] }>("GET", `${stack.url}/v1/dead-letters?page_size=100`);
  return body.dead_letters;
}

/** Lets jobs fail for good, and resolves to their dead letters, newest first. */
async function bury(count: number): Promise<string[]> {
  const failed = await Promise.all(
    Array.from({ length: count }, async () => {
      const { body } = await call("POST", `${stack.url}/v1/evaluate_async`, { body: hopeless });
      return finished(stack.url, body.job_id);
    }),
  );
  expect(failed.map(({ error }) => error?.code)).toEqual(failed.map(() => "law_not_finite"));
  // The server's index shows the last of them a moment later.
  return until("all dead letters", async () => {
    const letters = await openLetters();
    return letters.length === count ? letters.map(({ dead_letter_id }) => dead_letter_id) : undefined;
  });
}

async function replay(url: string, body: object): Promise<ReplayReply> {
  const reply = await call<ReplayReply>("POST", `${url}/v1/dead-letters/replay`, { body });
  expect(reply.status).toBe(200);
  return reply.body;
}

async function noneLeft(): Promise<void> {
  await until("no dead letter", async () => ((await openLetters()).length === 0 ? true : undefined));
}

test("many dead letters are replayed once each, in the order of the list, with a record before each", async () => {
  const letters = await bury(60);

  const { replays, more } = await replay(stack.url, { filter: {}, rate: 1_000, patch: cured });

  expect(more).toBe(false);
  expect(replays.map(({ dead_letter_id, state }) => [dead_letter_id, state])).toEqual(letters.map((id) => [id, "replayed"]));
  const jobs = await Promise.all(replays.map(({ job_id }) => finished(stack.url, job_id ?? "")));
  expect(new Set(jobs.map(({ job_id }) => job_id)).size).toBe(60);
  expect(jobs.map(({ status, replayed_from }) => [status, replayed_from])).toEqual(letters.map((id) => ["succeeded", id]));
  const { body } = await call<{ events: AuditEvent[] }>("GET", `${stack.url}/v1/audit?action=dead_letter.replay&page_size=100`);
  expect([body.events.length, new Set(body.events.map((event) => event.subject))]).toEqual([60, new Set(letters)]);
  await noneLeft();
}, 120_000);

test("a call that has no time for all says so, and the next one goes on with the rest at the same pace", async () => {
  const letters = await bury(24);
  const gateway = await startGateway({
    temporalAddress: stack.temporal.address,
    dataDir: join(stack.folder, "artifacts"),
    options: { replayMs: 1 },
  });
  const calls: ReplayReply[] = [];
  for (let token = ""; calls.length === 0 || token !== ""; token = calls.at(-1)?.next_page_token ?? "") {
    calls.push(await replay(gateway.url, { filter: {}, dry_run: true, rate: 1, page_token: token }));
    expect(calls.at(-1)?.more).toBe(calls.at(-1)?.next_page_token !== "");
  }

  expect(calls.length).toBeGreaterThanOrEqual(3);
  const replays = calls.flatMap((each) => each.replays);
  expect(replays.map(({ dead_letter_id }) => dead_letter_id)).toEqual(letters);
  const starts = replays.map(({ starts_at }) => Date.parse(starts_at ?? ""));
  // 23 pauses of a second, whatever the calls took.
  expect((starts.at(-1) ?? 0) - (starts[0] ?? 0)).toBeGreaterThanOrEqual(22_000);

  const named = await replay(gateway.url, { ids: letters.slice(0, 20), dry_run: true });
  expect(named.replays.map(({ state }) => state)).toEqual([...Array(8).fill("would_replay"), ...Array(12).fill("not_reached")]);
  expect(named).toMatchObject({ more: true, next_page_token: expect.stringMatching(/./) as string });
  const other = await call<{ code: string }>("POST", `${gateway.url}/v1/dead-letters/replay`, {
    body: { filter: { kind: "evaluate" }, page_token: named.next_page_token },
  });
  expect([other.status, other.body.code]).toEqual([400, "invalid_parameter"]);
  for (const place of ["null", "[]", '{"rest":5,"next":0}', '{"rest":"","next":1e308}']) {
    const page_token = encodeToken(Buffer.from(place), "ids");
    const made = await call<{ code: string }>("POST", `${gateway.url}/v1/dead-letters/replay`, { body: { ids: letters, page_token } });
    expect([place, made.status, made.body.code]).toEqual([place, 400, "invalid_parameter"]);
  }
  const some = await orrery(["dead-letters", "replay", ...letters.slice(0, 12), "--dry-run"], { url: gateway.url });
  expect([some.code, some.out.split("would_replay").length - 1, some.err]).toEqual([0, 12, "8 so far, going on.\n"]);

  const all = await orrery(["dead-letters", "replay", "--all", "--rate", "1000", "--patch", JSON.stringify(cured)], { url: gateway.url });

  expect(all.code).toBe(0);
  expect(all.err).toContain("8 so far, going on.\n16 so far, going on.\n");
  expect([...all.out.matchAll(/^(dead-letter\.\S+) +replayed /gm)].map(([, id]) => id)).toEqual(letters);
  await noneLeft();
  await gateway.close();
}, 120_000);

test("one that is refused takes no place in the pace", async () => {
  const letters = await bury(8);
  const unknown = "dead-letter.evaluate-0.1";

  const { replays } = await replay(stack.url, { ids: [unknown, ...letters.slice(0, 7), unknown, letters[7]], dry_run: true, rate: 0.1 });

  expect(replays.map(({ state }) => state)).toEqual(["refused", ...Array(8).fill("would_replay")]);
  const starts = replays.flatMap(({ starts_at }) => (starts_at === null ? [] : [Date.parse(starts_at)])).sort((a, b) => a - b);
  // The place of the first was gone when its time came; the others are ten seconds apart.
  for (const [index, start] of starts.slice(1).entries()) expect(start - (starts[index] ?? 0)).toBeGreaterThanOrEqual(9_000);
  expect((starts.at(-1) ?? 0) - (starts[0] ?? 0)).toBeLessThan(75_000);
});
