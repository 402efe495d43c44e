import type { Spent } from "../contract/spent.ts";
import { span } from "./figures.ts";

/** Such as "12.3 s computing, 0.4 s queued": the largest part first, without those that are next to nothing. */
export function wordsOf(spent: Spent): string {
  const parts = Object.entries(spent)
    .filter(([, seconds]) => seconds >= 0.05)
    .sort(([, a], [, b]) => b - a)
    .map(([part, seconds]) => `${span(seconds)} ${part}`);
  return parts.join(", ") || "next to nothing";
}
