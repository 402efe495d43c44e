import { expect, test } from "vitest";
import { recorded, replayed } from "../../drill/histories.ts";
import { WORKFLOWS } from "../../src/contract/names.ts";

test("recorded histories fit the workflows of this build, and one that does not is named", async () => {
  const [first, ...others] = await recorded();
  const started = first?.history.events?.[0]?.workflowExecutionStartedEventAttributes;
  if (!first || !started) throw new Error("no history is recorded");
  started.workflowType = { name: started.workflowType?.name === WORKFLOWS.shard ? WORKFLOWS.evaluate : WORKFLOWS.shard };

  const replays = await replayed([first, ...others]);

  expect(replays).toHaveLength(others.length + 1);
  expect(replays.filter(({ misfit }) => misfit !== null).map(({ id }) => id)).toEqual([first.workflowId]);
});
