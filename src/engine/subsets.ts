/**
 * Subsets of up to `most` of `terms` terms, numbered from 0 in the order of a depth-first walk: {0}, {0,1}, {0,1,2}, …,
 * {0,2}, …, {1}, ….
 */
export interface Subsets {
  /** Number of subsets that the walk visits below one of `size` terms whose last term is `last`, itself included. */
  below(size: number, last: number): number;
  /** The terms of a numbered subset, ascending. */
  at(index: number): number[];
}

export function subsetsOf(terms: number, most: number): Subsets {
  const below = (size: number, last: number): number => {
    const rest = terms - last - 1;
    let total = 0;
    let choices = 1;
    for (let more = 0; more <= most - size && more <= rest; more += 1) {
      total += choices;
      choices = (choices * (rest - more)) / (more + 1);
    }
    return total;
  };
  const counts = Array.from({ length: most + 1 }, (_, size) => Array.from({ length: terms }, (_, last) => below(size, last)));
  const count = (size: number, last: number) => counts[size]?.[last] ?? 0;
  return {
    below: count,
    at(index) {
      const chosen: number[] = [];
      let left = index;
      for (let term = 0; term < terms; term += 1) {
        const walk = count(chosen.length + 1, term);
        if (left >= walk) {
          left -= walk;
          continue;
        }
        chosen.push(term);
        if (left === 0) break;
        left -= 1;
      }
      return chosen;
    },
  };
}
