import { expect, test } from "vitest";
import { dealtWith, remedyCommand } from "../../src/contract/wording.ts";

const failed = { dead_letter_id: "dead-letter.evaluate-1.1.k2", job_id: "evaluate-1" };

test.each([
  [60, 3_600],
  [3_600, 14_400],
  [604_799, 604_800],
])("a job that had %s s and was late is proposed %i s", (deadline_seconds, proposed) => {
  const patch = JSON.stringify({ budget: { deadline_seconds: proposed } });
  expect(remedyCommand({ ...failed, reason: "deadline", deadline_seconds })).toBe(
    `dead-letters replay ${failed.dead_letter_id} --patch '${patch}'`,
  );
});

test("what no more time can be given to, and what passes by itself, is run once more; what does not is looked at first", () => {
  expect(remedyCommand({ ...failed, reason: "deadline", deadline_seconds: 604_800 })).toBe("rerun evaluate-1");
  expect(remedyCommand({ ...failed, reason: "attempts_exhausted" })).toBe("rerun evaluate-1");
  expect(remedyCommand({ ...failed, reason: "deadline" })).toBe(`dead-letters show ${failed.dead_letter_id}`);
  expect(remedyCommand({ ...failed, reason: "refused" })).toBe(`dead-letters show ${failed.dead_letter_id}`);
});

test.each([
  [{ resolution: "replayed", job_id: "evaluate-2" } as const, "its dead letter was replayed as evaluate-2"],
  [{ resolution: "rerun", job_id: "evaluate-1" } as const, "its dead letter was resolved by a rerun"],
  [{ resolution: "discarded" } as const, "its dead letter was discarded"],
])("%j leaves nothing to do", (resolution, words) => expect(dealtWith(resolution)).toBe(`Nothing is left to do: ${words}.`));
