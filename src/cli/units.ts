import type { Law, ShownRows } from "../contract/result.ts";

/** Column to unit, for the columns that have one. */
export type Units = Record<string, string>;

/** The units that the rows behind a plot are labelled with: of the target and, where it is the only one, the input. */
export function unitsOf({ target, unit, axis, axis_unit }: ShownRows): Units {
  return { ...(axis_unit !== null && { [axis]: axis_unit }), ...(unit !== null && { [target]: unit }) };
}

/**
 * The unit of a term's coefficient, such as `d AU^-1.5`: that of the modelled target over the powers of the columns in
 * the term. Empty if nothing in it has a unit. Functions of columns count as pure numbers.
 */
export function unitOfTerm({ target, transform }: Law, { exponents }: Law["terms"][number], units: Units): string {
  const ownPower = { identity: 1, reciprocal: -1, log: 0 }[transform];
  const powers = [[target, ownPower] as const, ...Object.entries(exponents).map(([column, power]) => [column, -power] as const)];
  return powers
    .flatMap(([column, power]) => {
      const unit = Object.hasOwn(units, column) ? units[column] : undefined;
      if (unit === undefined || power === 0) return [];
      return [power === 1 ? unit : `${/^\w+$/.test(unit) ? unit : `(${unit})`}^${Number(power.toPrecision(5))}`];
    })
    .join(" ");
}
