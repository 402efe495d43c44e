import type { Result } from "../contract/result.ts";
import { COLUMN, type Gram } from "./gram.ts";
import type { TermLayout } from "./layout.ts";
import type { Problem } from "./problem.ts";

/** What was searched, and what could not be. */
export function libraryOf({ plan, layout, grams: [gram] }: Problem): Result["library"] {
  const { terms, dimensions, leftOut } = plan;
  const unusable = layout.terms.flatMap((term, index) => (gram && isUnusable(term, gram) ? [terms[index]?.text ?? ""] : []));
  return {
    terms: terms.length,
    dimensions: dimensions?.rule ?? "off",
    excluded: leftOut,
    ...(unusable.length > 0 && { unusable }),
  };
}

/** Whether no exponent makes a column of it. */
function isUnusable({ offset, count }: TermLayout, { usable }: Gram): boolean {
  return usable.subarray(offset, offset + count).every((kind) => kind === COLUMN.none);
}
