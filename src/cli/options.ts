import { InvalidArgumentError } from "commander";
import { discoverRequest, type ExponentRange } from "../contract/request.ts";
import { span } from "./figures.ts";

/** Parsers of option values, which tell a value out of range in the words of the command line. */

/** The least and the greatest value, as a number of a schema has them. */
interface Range {
  minValue: number | null;
  maxValue: number | null;
}

const { shape } = discoverRequest;
const noise = shape.noise.unwrap().shape;
const budget = shape.budget.unwrap().shape;

/** Ranges that the contract gives to numbers of a request. */
export const RANGES = {
  seed: shape.seed.unwrap(),
  priority: shape.priority.unwrap(),
  falseAcceptance: shape.decision.unwrap().shape.false_acceptance.unwrap(),
  deadline: budget.deadline_seconds.unwrap(),
  maxFits: budget.max_fits.unwrap(),
  maxTerms: shape.hypothesis.unwrap().shape.max_terms.unwrap(),
  trials: noise.trials.unwrap(),
  noise: noise.levels.unwrap().element,
} satisfies Record<string, Range>;

export function list(text: string): string[] {
  const parts = text.split(",").map((part) => part.trim());
  if (parts.includes("")) throw new InvalidArgumentError('Separate values by single commas, such as "1,a^p".');
  return parts;
}

export function integer(range: Range): (text: string) => number {
  return (text) => {
    if (!/^\d+$/.test(text) || isOutside(Number(text), range)) throw new InvalidArgumentError(`Give a whole number ${fromTo(range)}.`);
    return Number(text);
  };
}

export function decimal(range: Range): (text: string) => number {
  return (text) => {
    const value = decimalOrNaN(text);
    if (Number.isNaN(value) || isOutside(value, range)) throw new InvalidArgumentError(`Give a number ${fromTo(range)}.`);
    return value;
  };
}

export function decimals(range: Range): (text: string) => number[] {
  return (text) => list(text).map(decimal(range));
}

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Seconds, from `90`, `90s`, `15m`, `2h` or `1d`. */
export function duration(range: Range): (text: string) => number {
  return (text) => {
    const match = /^(\d+)([smhd])?$/.exec(text);
    if (!match) throw new InvalidArgumentError("Give seconds or a number with s, m, h or d, such as 15m.");
    const seconds = Number(match[1]) * SECONDS[(match[2] ?? "s") as keyof typeof SECONDS];
    if (isOutside(seconds, range)) throw new InvalidArgumentError(`Give a time ${fromTo(range, span)}.`);
    return seconds;
  };
}

/** Collects `p=-4:4:0.25` (name=from:to:step) from each use of the option. */
export function exponent(text: string, earlier: Record<string, ExponentRange> = {}): Record<string, ExponentRange> {
  const [name = "", range = ""] = text.split("=");
  const [from, to, step, ...rest] = range.split(":").map(decimalOrNaN);
  if (!/^[A-Za-z_]\w*$/.test(name) || from === undefined || to === undefined || step === undefined || rest.length > 0) {
    throw new InvalidArgumentError("Give name=from:to:step, such as p=-4:4:0.25.");
  }
  if (Number.isNaN(from + to + step)) throw new InvalidArgumentError(`"${range}" is not three numbers, such as -4:4:0.25.`);
  const other = Object.hasOwn(earlier, name) && earlier[name];
  if (other) throw new InvalidArgumentError(`"${name}" has two grids, the second is ${range}. Give one.`);
  return { ...earlier, [name]: { from, to, step } };
}

function decimalOrNaN(text: string): number {
  return text.trim() === "" ? Number.NaN : Number(text);
}

function isOutside(value: number, { minValue, maxValue }: Range): boolean {
  return value < (minValue ?? Number.NEGATIVE_INFINITY) || value > (maxValue ?? Number.POSITIVE_INFINITY);
}

function fromTo({ minValue, maxValue }: Range, show: (value: number) => string = String): string {
  return `from ${show(minValue ?? 0)} to ${show(maxValue ?? 0)}`;
}
