/** A stream of random numbers that a list of labels fixes; the engine's own generator is not used, so that no draw is shared with it. */
export interface Random {
  /** On the open interval (0, 1). */
  uniform(): number;
  normal(): number;
  between(from: number, to: number): number;
  /** Uniform in the logarithm. */
  magnitude(from: number, to: number): number;
  integer(from: number, to: number): number;
  order(count: number): number[];
}

/** Mulberry32 (Tommy Ettinger), started from an FNV-1a hash of the labels. */
export function randomOf(...labels: (string | number)[]): Random {
  let state = 0x811c9dc5;
  for (const letter of labels.join("/")) state = Math.imul(state ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let word = Math.imul(state ^ (state >>> 15), state | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return (((word ^ (word >>> 14)) >>> 0) + 0.5) / 4_294_967_296;
  };
  const between = (from: number, to: number) => from + (to - from) * uniform();
  return {
    uniform,
    between,
    normal: () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
    magnitude: (from, to) => Math.exp(between(Math.log(from), Math.log(to))),
    integer: (from, to) => from + Math.floor((to - from + 1) * uniform()),
    order(count) {
      const order = Array.from({ length: count }, (_, index) => index);
      for (let last = count - 1; last > 0; last -= 1) {
        const other = Math.floor(uniform() * (last + 1));
        [order[last], order[other]] = [order[other] as number, order[last] as number];
      }
      return order;
    },
  };
}

/** Standard deviation. */
export function spreadOf(values: readonly number[]): number {
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  return Math.sqrt(values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length);
}
