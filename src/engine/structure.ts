import type { Expression } from "../contract/expression.ts";
import type { DiscoverPlan } from "../contract/plan.ts";
import type { Subsets } from "./subsets.ts";

/** Exponents with more ways to rename them keep their names: 5 of the same values have 120. */
const MOST_RENAMINGS = 120;

/**
 * What a subset is called when exponents may be renamed: x^p and x^q are one structure if p and q have the same values,
 * and so are 1 + x^p and 1 + x^q. The name is the lowest number of a subset that a renaming leads to.
 */
export function structuresOf({ terms, exponents }: DiscoverPlan, subsets: Subsets): (subset: number) => number {
  const known = new Map(terms.map(({ expression }, index) => [written(expression, {}), index]));
  const renamings = renamingsOf(exponents).map((names) => terms.map(({ expression }) => known.get(written(expression, names)) ?? -1));
  if (renamings.length === 1) return (subset) => subset;
  const nameOf = (subset: number) => {
    const images = renamings.map((renamed) => subsets.at(subset).map((term) => renamed[term] as number));
    return Math.min(...images.filter((image) => !image.includes(-1)).map((image) => subsets.indexOf(image)));
  };
  const names = new Map<number, number>();
  return (subset) => {
    const name = names.get(subset) ?? nameOf(subset);
    names.set(subset, name);
    return name;
  };
}

/** All ways to exchange the names of exponents that have the same values, that which changes nothing among them. */
function renamingsOf(exponents: DiscoverPlan["exponents"]): Record<string, string>[] {
  let renamings: Record<string, string>[] = [{}];
  for (const { name, values } of exponents) {
    const alike = exponents.filter((other) => other.values.join() === values.join()).map((other) => other.name);
    renamings = renamings.flatMap((names) => {
      const taken = new Set(Object.values(names));
      return alike.filter((other) => !taken.has(other)).map((other) => ({ ...names, [name]: other }));
    });
    if (renamings.length > MOST_RENAMINGS) return [{}];
  }
  return renamings;
}

function written(expression: Expression, names: Readonly<Record<string, string>>): string {
  return JSON.stringify(expression, (_, node: Expression) =>
    node?.type === "parameter" && Object.hasOwn(names, node.name) ? { ...node, name: names[node.name] } : node,
  );
}
