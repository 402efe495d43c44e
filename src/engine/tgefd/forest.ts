/** Disjoint sets of points. */
export interface Forest {
  rootOf(point: number): number;
  /** Joins the sets of two points; false if they are one already. */
  join(one: number, other: number): boolean;
}

export function forestOf(count: number): Forest {
  const parents = Uint32Array.from({ length: count }, (_, point) => point);
  const rootOf = (point: number) => {
    let root = point;
    while (parents[root] !== root) {
      parents[root] = parents[parents[root] as number] as number;
      root = parents[root] as number;
    }
    return root;
  };
  return {
    rootOf,
    join(one, other) {
      const from = rootOf(one);
      const to = rootOf(other);
      parents[from] = to;
      return from !== to;
    },
  };
}
