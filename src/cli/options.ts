import { InvalidArgumentError } from "commander";
import type { ExponentRange } from "../contract/request.ts";

/** Parsers of option values. Bounds are the gateway's to check; these only read the form. */

export function list(text: string): string[] {
  const parts = text.split(",").map((part) => part.trim());
  if (parts.includes("")) throw new InvalidArgumentError('Separate values by single commas, such as "1,a^p".');
  return parts;
}

export function integer(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("Give a whole number.");
  return Number(text);
}

export function decimal(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("Give a number.");
  return value;
}

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Seconds, from `90`, `90s`, `15m`, `2h` or `1d`. */
export function duration(text: string): number {
  const match = /^(\d+)([smhd])?$/.exec(text);
  if (!match) throw new InvalidArgumentError("Give seconds or a number with s, m, h or d, such as 15m.");
  return Number(match[1]) * SECONDS[(match[2] ?? "s") as keyof typeof SECONDS];
}

/** Collects `p=-4:4:0.25` (name=from:to:step) from each use of the option. */
export function exponent(text: string, earlier: Record<string, ExponentRange> = {}): Record<string, ExponentRange> {
  const [name = "", range = ""] = text.split("=");
  const [from, to, step, ...rest] = range.split(":").map(decimalOrNaN);
  if (!/^[A-Za-z_]\w*$/.test(name) || from === undefined || to === undefined || step === undefined || rest.length > 0) {
    throw new InvalidArgumentError("Give name=from:to:step, such as p=-4:4:0.25.");
  }
  if (Number.isNaN(from + to + step)) throw new InvalidArgumentError(`"${range}" is not three numbers, such as -4:4:0.25.`);
  return { ...earlier, [name]: { from, to, step } };
}

function decimalOrNaN(text: string): number {
  return text.trim() === "" ? Number.NaN : Number(text);
}
