import type { Pace } from "../control.ts";
import { type Cloud, countOf } from "./cloud.ts";

/** The distances of a cloud rounded to single precision: entry (i, j), j < i, at i (i - 1) / 2 + j. */
export interface Distances {
  count: number;
  lower: Float32Array;
  /** Smallest over the points of the largest distance to another: from here on the complex is a cone. */
  enclosing: number;
}

export function distancesOf(cloud: Cloud, pace: Pace): Distances {
  const count = countOf(cloud);
  const lower = new Float32Array((count * (count - 1)) / 2);
  const farthest = new Float32Array(count);
  const [a, b, c, d, e] = cloud as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];
  let at = 0;
  for (let i = 1; i < count; i += 1) {
    const a0 = a[i] as number;
    const b0 = b[i] as number;
    const c0 = c[i] as number;
    const d0 = d[i] as number;
    const e0 = e[i] as number;
    let most = 0;
    for (let j = 0; j < i; j += 1) {
      const da = (a[j] as number) - a0;
      const db = (b[j] as number) - b0;
      const dc = (c[j] as number) - c0;
      const dd = (d[j] as number) - d0;
      const de = (e[j] as number) - e0;
      const distance = Math.fround(Math.sqrt(da * da + db * db + dc * dc + dd * dd + de * de));
      lower[at] = distance;
      at += 1;
      if (distance > most) most = distance;
      if (distance > (farthest[j] as number)) farthest[j] = distance;
    }
    farthest[i] = most;
    pace.work(6 * i);
  }
  return { count, lower, enclosing: farthest.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY) };
}
