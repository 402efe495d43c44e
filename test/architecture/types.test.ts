import type { ActivityOptions } from "@temporalio/workflow";
import { expectTypeOf, test } from "vitest";

test("a duration is checked by the compiler, not silently any", () => {
  expectTypeOf<NonNullable<ActivityOptions["startToCloseTimeout"]>>().not.toBeAny();
  // @ts-expect-error an object is not a duration
  const options: ActivityOptions = { startToCloseTimeout: { nonsense: true } };
  expectTypeOf(options).toEqualTypeOf<ActivityOptions>();
});
