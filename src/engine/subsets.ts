/**
 * Subsets of up to `most` terms, numbered from 0 in the order of a depth-first walk over the places of `order`: {0}, {0,1},
 * {0,1,2}, …, {0,2}, …, {1}, …. A place is an index into `order`, which lists the terms as the walk meets them.
 */
export interface Subsets {
  order: readonly number[];
  /** Subsets that the walk meets before it adds `place` as the last of `size` terms, counted from the place 0. */
  before(size: number, place: number): number;
  /** The terms of a numbered subset, ascending. */
  at(index: number): number[];
  /** The number of a subset of terms, given in any order. */
  indexOf(terms: readonly number[]): number;
}

export function subsetsOf(order: readonly number[], most: number): Subsets {
  const places = order.length;
  /** Subsets that the walk visits below one of `size` terms whose last is at `place`, itself included. */
  const below = (size: number, place: number): number => {
    const rest = places - place - 1;
    let total = 0;
    let choices = 1;
    for (let more = 0; more <= most - size && more <= rest; more += 1) {
      total += choices;
      choices = (choices * (rest - more)) / (more + 1);
    }
    return total;
  };
  const starts = Array.from({ length: most + 1 }, (_, size) => {
    const sums = new Float64Array(places + 1);
    for (let place = 0; place < places; place += 1) sums[place + 1] = (sums[place] as number) + below(size, place);
    return sums;
  });
  const before = (size: number, place: number) => starts[size]?.[place] ?? 0;
  const placeOf = new Map(order.map((term, place) => [term, place]));
  const ascending = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);
  return {
    order,
    before,
    at(index) {
      const chosen: number[] = [];
      let left = index;
      let first = 0;
      while (left >= 0) {
        const size = chosen.length + 1;
        const target = before(size, first) + left;
        let place = first;
        while (place + 1 < places && before(size, place + 1) <= target) place += 1;
        chosen.push(order[place] as number);
        left = target - before(size, place) - 1;
        first = place + 1;
      }
      return ascending(chosen);
    },
    indexOf(terms) {
      let index = -1;
      let first = 0;
      ascending(terms.map((term) => placeOf.get(term) ?? 0)).forEach((place, depth) => {
        index += 1 + before(depth + 1, place) - before(depth + 1, first);
        first = place + 1;
      });
      return index;
    },
  };
}
