/** The known name that a slip of at most two letters, or of case, turns into `name`. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const lowered = name.slice(0, 64).toLowerCase();
  let best: { name: string; distance: number } | undefined;
  for (const candidate of known) {
    if (Math.abs(candidate.length - lowered.length) > 2) continue;
    const distance = editDistance(lowered, candidate.toLowerCase());
    if (distance <= Math.min(2, candidate.length - 1) && distance < (best?.distance ?? 3)) best = { name: candidate, distance };
  }
  return best?.name;
}

/** Levenshtein distance by the two-row recurrence. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
