import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createNarrate, plainNarrative } from "../../src/narrative/narrate.ts";
import { strangeNumber } from "../../src/narrative/numbers.ts";
import { templateOf } from "../../src/narrative/template.ts";
import { createCircuits } from "../../src/outbound/circuits.ts";
import { discover } from "../engine/support.ts";
import { type ChatServer, say, serveChat } from "../support/chat.ts";
import { planets } from "../support/planets.ts";

const { signal } = new AbortController();
const { result } = discover(planets);
const rejected = discover(planets, { budget: { max_fits: 1_000_000_000 }, hypothesis: { terms: ["1", "a"] } }).result;

let chat: ChatServer;
let answer: Parameters<typeof serveChat>[0];
beforeAll(async () => {
  chat = await serveChat((...args) => answer(...args));
});
afterAll(() => chat.close());

const ask = (url = chat.url) =>
  createNarrate({ endpoint: { url, model: "words-1", key: "k-1" }, circuits: createCircuits() })(result, signal);

describe("a narrative", () => {
  test("of a template is the same for the same result, and has no number of its own", () => {
    const text = plainNarrative(result);
    expect(text).toBe(plainNarrative(structuredClone(result)));
    expect(text.startsWith(`**Accepted**: \`${result.law?.text}\``)).toBe(true);
    expect(strangeNumber(templateOf(result), result)).toBeUndefined();
  });

  test("of a rejected candidate says so first, and calls nothing a finding", () => {
    expect(rejected.verdict).toBe("rejected");
    const text = plainNarrative(rejected);
    expect(text.startsWith("**Rejected**: no law is supported by this table")).toBe(true);
    expect(text).toContain("it is not a finding");
    expect(strangeNumber(templateOf(rejected), rejected)).toBeUndefined();
  });

  test("is worded by the endpoint, which is sent the result and the key", async () => {
    answer = (_, response) => say(response, `The period follows the axis over ${result.fit.rows} rows.`);
    const text = await ask();
    expect(text).toContain(`over ${result.fit.rows} rows.`);
    expect(text).toContain("Worded by words-1.");
    expect(text.startsWith("**Accepted**")).toBe(true);
    const question = chat.asked.at(-1);
    expect([question?.path, question?.headers.authorization, question?.body.model]).toEqual([
      "/v1/chat/completions",
      "Bearer k-1",
      "words-1",
    ]);
    expect(question?.body.messages[1]?.content).toContain(JSON.stringify(result.law?.text));
  });

  test.each<[string, typeof answer, RegExp]>([
    [
      "has a number of its own",
      (_, response) => say(response, "It holds for 1,234 planets."),
      /has the number 1,234, which the result has not/,
    ],
    ["has a link", (_, response) => say(response, "See ![it](https://example.org/pixel)."), /has markup in it/],
    ["has an element", (_, response) => say(response, "It <img src=x> holds."), /has markup in it/],
    ["was cut off", (_, response) => say(response, "It holds beca", "length"), /was cut off/],
    ["is empty", (_, response) => say(response, ""), /not a chat completion/],
    ["never ends", (_, response) => endless(response), /too long/],
    ["is a page", (_, response) => response.end("<html>"), /not JSON/],
    ["is a failure", (_, response) => response.writeHead(500).end(), /answered 500/],
    ["redirects", (_, response) => response.writeHead(302, { location: "/v2" }).end(), /answered 302/],
    ["does not come", () => undefined, /no answer within 8 s/],
  ])("comes from the template if the endpoint's text %s", async (_name, how, why) => {
    answer = how;
    const text = await ask();
    expect(text).toContain(templateOf(result));
    expect(text).toMatch(/Worded by a template: /);
    expect(text).toMatch(why);
  });

  test("comes from the template if nobody listens, and left alone then", async () => {
    expect(await ask("http://127.0.0.1:9/v1")).toMatch(/cannot be reached/);
    const narrate = createNarrate({
      endpoint: { url: "http://127.0.0.1:9/v1", model: "words-1", key: undefined },
      circuits: createCircuits(),
    });
    for (let time = 0; time < 5; time += 1) await narrate(result, signal);
    expect(await narrate(result, signal)).toMatch(/failed several times and is left alone until/);
  });
});

function endless(response: Parameters<typeof answer>[1]): void {
  const write = () => {
    if (!response.destroyed) response.write("x".repeat(16_384), write);
  };
  write();
}
