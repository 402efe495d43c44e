import { expect, test } from "vitest";
import { remedyCommand } from "../../src/contract/wording.ts";

const failed = { letterId: "dead-letter.evaluate-1.1.k2", jobId: "evaluate-1" };

test.each([
  [60, 3_600],
  [3_600, 14_400],
  [604_800, 604_800],
])("a job that had %i s and was late is proposed %i s", (seconds, proposed) => {
  const patch = JSON.stringify({ budget: { deadline_seconds: proposed } });
  expect(remedyCommand({ ...failed, reason: "deadline", seconds })).toBe(`dead-letters replay ${failed.letterId} --patch '${patch}'`);
});

test("what passes by itself is run once more, what does not is looked at first", () => {
  expect(remedyCommand({ ...failed, reason: "attempts_exhausted", seconds: 60 })).toBe("rerun evaluate-1");
  expect(remedyCommand({ ...failed, reason: "refused", seconds: 60 })).toBe(`dead-letters show ${failed.letterId}`);
});
