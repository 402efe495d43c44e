import { forestOf } from "./forest.ts";
import type { Tree } from "./tree.ts";

/** Points within a chain of distances at most the radius. */
export interface Component {
  /** Ascending. */
  members: number[];
  /** Smallest distance to a point outside, Infinity if there is none. */
  death: number;
}

/** The components of a cloud at a radius, by their first point. `count` is the number of points. */
export function componentsOf(tree: Tree, count: number, radius: number): Component[] {
  const forest = forestOf(count);
  tree.length.forEach((length, edge) => {
    if (length <= radius) forest.join(tree.from[edge] as number, tree.to[edge] as number);
  });
  const components = new Map<number, Component>();
  for (let point = 0; point < count; point += 1) {
    const root = forest.rootOf(point);
    const known = components.get(root);
    if (known) known.members.push(point);
    else components.set(root, { members: [point], death: Number.POSITIVE_INFINITY });
  }
  tree.length.forEach((length, edge) => {
    if (length <= radius) return;
    for (const end of [tree.from[edge], tree.to[edge]] as number[]) {
      const component = components.get(forest.rootOf(end)) as Component;
      component.death = Math.min(component.death, length);
    }
  });
  return [...components.values()];
}

/** The components that the ancestor calls stable: large enough, and with a way out, so never the whole cloud. */
export const stableOf = (components: readonly Component[], least: number): Component[] =>
  components.filter(({ members, death }) => members.length >= least && death < Number.POSITIVE_INFINITY);
