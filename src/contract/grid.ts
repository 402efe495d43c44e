/**
 * The cells of a search that use one set of exponents: every combination of the values of exactly those. A subset of
 * terms is searched in the grid of the exponents that it uses and in no other, so that no hypothesis is met twice.
 */
export interface Grid {
  /** Bit e is set if exponent e is used. */
  mask: number;
  /** Number of its first cell; cells are numbered row-major, the last exponent fastest. */
  from: number;
  cells: number;
  /** Subsets of terms that use exactly these exponents. */
  subsets: number;
}

/** Cells `from` to `to`, half open. */
export interface CellRange {
  from: number;
  to: number;
}

/** More sets of exponents than this are not searched; `gridsOf` stops when it has more. */
export const MOST_GRIDS = 16_384;

/**
 * The grids of a library, those of few exponents first. `masks` has the exponents of each term, `sizes` the number of
 * values of each exponent, `most` is the number of terms that a law may have.
 */
export function gridsOf(masks: readonly number[], sizes: readonly number[], most: number): Grid[] {
  const available = new Map<number, number>();
  for (const mask of masks) available.set(mask, (available.get(mask) ?? 0) + 1);
  /** Subsets that use exactly the exponents of the key, by their number of terms. */
  const none = Array.from({ length: most + 1 }, () => 0);
  let found = new Map([[0, none.with(0, 1)]]);
  for (const [own, terms] of available) {
    const joined = new Map([...found].map(([mask, bySize]) => [mask, [...bySize]]));
    for (const [mask, bySize] of found) {
      const into = joined.get(mask | own) ?? [...none];
      joined.set(mask | own, into);
      bySize.forEach((subsets, size) => {
        for (let taken = 1; taken <= terms && size + taken <= most; taken += 1) {
          into[size + taken] = (into[size + taken] as number) + subsets * choices(terms, taken);
        }
      });
    }
    found = joined;
    if (found.size > MOST_GRIDS) break;
  }
  let from = 0;
  return [...found]
    .map(([mask, bySize]) => ({ mask, subsets: bySize.reduce((total, subsets) => total + subsets, mask === 0 ? -1 : 0) }))
    .filter(({ subsets }) => subsets > 0)
    .sort((a, b) => bitsOf(a.mask) - bitsOf(b.mask) || a.mask - b.mask)
    .map(({ mask, subsets }) => {
      const cells = sizes.reduce((product, size, exponent) => (mask & (1 << exponent) ? product * size : product), 1);
      const grid = { mask, from, cells, subsets };
      from += cells;
      return grid;
    });
}

/** Subsets of terms in some cells: what a search of them tries for each right-hand side. */
export function subsetsWithin(grids: readonly Grid[], { from, to }: CellRange): number {
  return grids.reduce((total, grid) => {
    const cells = Math.min(to, grid.from + grid.cells) - Math.max(from, grid.from);
    return total + Math.max(0, cells) * grid.subsets;
  }, 0);
}

/** Number of ways to take `taken` of `terms`. */
function choices(terms: number, taken: number): number {
  let ways = 1;
  for (let index = 0; index < taken; index += 1) ways = (ways * (terms - index)) / (index + 1);
  return ways;
}

export function bitsOf(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
