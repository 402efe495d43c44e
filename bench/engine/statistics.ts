/** Wilson's 95 % interval of a share, in percent. */
export function wilson(hits: number, of: number): [number, number] {
  if (of === 0) return [0, 100];
  const z = 1.959964;
  const share = hits / of;
  const middle = (share + z ** 2 / (2 * of)) / (1 + z ** 2 / of);
  const half = (z / (1 + z ** 2 / of)) * Math.sqrt((share * (1 - share)) / of + z ** 2 / (4 * of ** 2));
  return [100 * Math.max(0, middle - half), 100 * Math.min(1, middle + half)];
}

/** `97/100 (97.0 %, 91.5–99.0)`. */
export function share(hits: number, of: number): string {
  const [from, to] = wilson(hits, of);
  return `${hits}/${of} (${of === 0 ? "–" : ((100 * hits) / of).toFixed(1)} %, ${from.toFixed(1)}–${to.toFixed(1)})`;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return sorted.length === 0 ? Number.NaN : ((sorted[Math.ceil(half) - 1] as number) + (sorted[Math.floor(half)] as number)) / 2;
}
