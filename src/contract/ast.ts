import { z } from "zod";
import { type Expression, FUNCTIONS } from "./expression.ts";

/** Bounds of a tree that a client sends. The tree of every text that the parser reads is less deep. */
export const MAX_TREE = { depth: 260, parts: 2_000 } as const;

const part: z.ZodType<Expression> = z
  .discriminatedUnion(
    "type",
    [
      z.strictObject({ type: z.literal("constant"), value: z.number() }),
      z.strictObject({ type: z.literal("column"), name: z.string().min(1).max(64) }),
      z.strictObject({
        type: z.literal("power"),
        get base() {
          return part;
        },
        get exponent() {
          return part;
        },
      }),
      z.strictObject({
        type: z.literal("product"),
        get factors() {
          return z.array(part).min(1);
        },
      }),
      z.strictObject({
        type: z.literal("sum"),
        get terms() {
          return z.array(part).min(1);
        },
      }),
      z.strictObject({
        type: z.literal("call"),
        function: z.enum(FUNCTIONS),
        get argument() {
          return part;
        },
      }),
    ],
    { error: ({ code }) => (code === "invalid_union" ? "must be constant, column, power, product, sum or call" : undefined) },
  )
  .meta({ id: "Expression", description: "A formula as a tree. Division is a power of -1, a square root a power of 0.5." });

/** A tree as a client sends it: of the right shape, but not yet in the normal form of `expression.ts`. */
export const expressionTree = z.preprocess((tree, context) => {
  const fault = sizeFault(tree);
  if (fault) context.addIssue({ code: "custom", message: fault });
  return tree;
}, part);

/** Measured without recursion, so that no tree can exhaust the stack of what reads it afterwards. */
function sizeFault(tree: unknown): string | undefined {
  const open = [{ value: tree, depth: 0 }];
  let parts = 0;
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, depth } = next;
    if (typeof value !== "object" || value === null) continue;
    // A list is on the level of the part that holds it.
    const level = Array.isArray(value) ? depth : depth + 1;
    parts += level - depth;
    if (level > MAX_TREE.depth) return `must be at most ${MAX_TREE.depth} parts deep`;
    if (parts > MAX_TREE.parts) return `must have at most ${MAX_TREE.parts} parts`;
    for (const inner of Object.values(value)) open.push({ value: inner, depth: level });
  }
  return undefined;
}
