/** Right-hand sides that are fitted together, and only where one of them can matter. */
export interface Lanes {
  sides: Int32Array;
  /** By depth: how many of the sides are projected on the term that was chosen there, and at which choice. */
  widths: Int32Array;
  choices: Float64Array;
}

/** The noise trials of one level under one model. */
export interface Level extends Lanes {
  /** Index of its first trial among those of all levels. */
  first: number;
  /** Largest length of its noise. */
  reach: number;
  /** By size: none of the trials can matter where the target leaves more than this. */
  cutoffs: Float64Array;
}

/** The right-hand sides from `first` to `end`, half open, in walks of `depths` terms. */
export function lanesOf(first: number, end: number, depths: number): Lanes {
  const sides = Int32Array.from({ length: end - first }, (_, lane) => first + lane);
  return { sides, widths: new Int32Array(depths), choices: new Float64Array(depths) };
}
