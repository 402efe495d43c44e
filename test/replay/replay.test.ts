import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { historyFromJSON } from "@temporalio/common/lib/proto-utils.js";
import { DefaultLogger, Runtime, Worker } from "@temporalio/worker";
import { describe, expect, test } from "vitest";
import { WORKFLOWS } from "../../src/contract/names.ts";

Runtime.install({ logger: new DefaultLogger("ERROR") });

const folder = new URL("./histories/", import.meta.url);
const workflowBundle = { codePath: fileURLToPath(new URL("../../dist/workflows.bundle.js", import.meta.url)) };
const files = readdirSync(folder).filter((name) => name.endsWith(".json"));

interface Recorded {
  events: { workflowExecutionStartedEventAttributes?: { workflowType: { name: string } } }[];
}

const histories = files.map((name) => ({ name, json: JSON.parse(readFileSync(new URL(name, folder), "utf8")) as Recorded }));

describe("golden histories, recorded from a real server", () => {
  test("there is at least one of each workflow", () => {
    const types = histories.map(({ json }) => json.events[0]?.workflowExecutionStartedEventAttributes?.workflowType.name);
    expect(new Set(types)).toEqual(new Set(Object.values(WORKFLOWS)));
  });

  for (const { name, json } of histories) {
    test(`${name} replays`, async () => {
      await Worker.runReplayHistory({ workflowBundle }, historyFromJSON(json), name);
    });
  }

  test("a history that does not fit the code is refused", async () => {
    const [first] = histories;
    const foreign = structuredClone(first?.json ?? { events: [] });
    const started = foreign.events[0]?.workflowExecutionStartedEventAttributes;
    if (started) started.workflowType.name = started.workflowType.name === WORKFLOWS.discover ? WORKFLOWS.shard : WORKFLOWS.discover;
    await expect(Worker.runReplayHistory({ workflowBundle }, historyFromJSON(foreign), "foreign")).rejects.toThrow();
  });
});
