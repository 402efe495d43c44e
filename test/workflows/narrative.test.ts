import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Artifact } from "../../src/contract/job.ts";
import { type ChatServer, say, serveChat } from "../support/chat.ts";
import { call, finished } from "../support/http.ts";
import { keplerEvaluation, keplerRequest } from "../support/planets.ts";
import { type Stack, startStack } from "../support/stack.ts";

let stack: Stack;
let chat: ChatServer;
let answer: Parameters<typeof serveChat>[0];
beforeAll(async () => {
  chat = await serveChat((...args) => answer(...args));
  stack = await startStack({ env: { ORRERY_NARRATIVE_URL: chat.url, ORRERY_NARRATIVE_MODEL: "words-1" } });
});
afterAll(async () => {
  await stack.stop();
  await chat.close();
});

/** Runs a job that asks for a narrative, and resolves to its text. */
async function narrativeOf(kind: string, body: object): Promise<{ text: string; type: string | null; names: string[] }> {
  const submitted = await call("POST", `${stack.url}/v1/${kind}_async`, { body: { ...body, narrative: true } });
  expect(submitted.status).toBe(202);
  const job = await finished(stack.url, submitted.body.job_id);
  expect(job.status).toBe("succeeded");
  const files = `${stack.url}/v1/jobs/${job.job_id}/artifacts`;
  const { body: list } = await call<{ artifacts: Artifact[] }>("GET", files);
  const response = await fetch(`${files}/narrative.md`);
  return { text: await response.text(), type: response.headers.get("content-type"), names: list.artifacts.map(({ name }) => name) };
}

describe("a job that asks for a narrative", () => {
  test("has it among its artifacts, worded by the endpoint", async () => {
    answer = (_, response) => say(response, "The eight planets keep to one law; their 8 rows leave no doubt.");
    const { text, type, names } = await narrativeOf("discover", keplerRequest);
    expect(text).toContain("their 8 rows leave no doubt");
    expect(text.startsWith("**Accepted**: `T = ")).toBe(true);
    expect(type).toBe("text/markdown; charset=utf-8");
    expect(names.filter((name) => name === "narrative.md")).toHaveLength(1);
    expect(names).toContain("result.json");
  });

  test("gets one too if it is answered from a stored result", async () => {
    const { text } = await narrativeOf("discover", keplerRequest);
    expect(text).toContain("Worded by words-1.");
  });

  test("has that of the template if the endpoint invents a figure, fails or says nothing", async () => {
    answer = (_, response) => say(response, "The law holds for 4,321 planets.");
    expect((await narrativeOf("evaluate", keplerEvaluation)).text).toContain("has the number 4,321, which the result has not");
    answer = (_, response) => response.writeHead(503).end();
    expect((await narrativeOf("evaluate", keplerEvaluation)).text).toContain("the endpoint answered 503");
    answer = () => undefined;
    expect((await narrativeOf("evaluate", keplerEvaluation)).text).toContain("no answer within 8 s");
  });
});
