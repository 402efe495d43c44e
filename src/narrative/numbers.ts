/** Digits in the text that are no numbers of the result: a measure's name, and the level of all intervals. */
const NAMES = /R²|R\^2|r²/g;
const CONSTANTS: readonly number[] = [95];

/** A number with its exponent, not one that is part of a name such as x0 or H1. */
const NUMBER = /(?<![\p{L}\p{N}_.])\d+(?:[,\u202f']\d{3})*(?:\.\d+)?(?:\s?[·×*]\s?10\^?[-−]?\d+|e[-+−]?\d+)?(\s?(?:%|per ?cent))?/giu;

/** Largest share by which a printed number may differ, so that 2 does not stand for 1.5. */
const LOOSEST = 0.05;

/**
 * The first number in a text that is not a number of the document, or one of them rounded to the printed place. Signs are not
 * compared, because a text says "falls by 3"; nor are words such as "three".
 */
export function strangeNumber(text: string, document: unknown): string | undefined {
  const known = [...CONSTANTS, ...numbersOf(document)].map(Math.abs);
  return numbersIn(text).find((printed) => !known.some((value) => stands(printed, value)))?.text;
}

interface Printed {
  text: string;
  value: number;
  /** Half a unit of the last printed place. */
  half: number;
  percent: boolean;
}

function numbersIn(text: string): Printed[] {
  // A superscript is a number of its own, and so is a digit of another script.
  const plain = text
    .replace(NAMES, "R-squared")
    .replace(/[⁻⁰¹²³⁴-⁹]+(?:·[⁰¹²³⁴-⁹]+)?/gu, (digits) => `^${digits.normalize("NFKC").replace("·", ".")}`)
    .normalize("NFKC");
  const foreign = [...plain.matchAll(/(?![0-9])\p{N}/gu)].map(([digit]) => ({ text: digit, value: Number.NaN, half: 0, percent: false }));
  return [...foreign, ...[...plain.matchAll(NUMBER)].map(([whole, percent]) => printed(whole, percent !== undefined))];
}

function printed(text: string, percent: boolean): Printed {
  const [, digits = "", exponent = "0"] =
    /^([\d,\u202f'.]+)(?:\s?[·×*]\s?10\^?|e)?([-+−]?\d+)?/i.exec(text)?.map((part) => part?.replace(/[,\u202f']/g, "").replace("−", "-")) ??
    [];
  const scale = 10 ** (Number(exponent) - (percent ? 2 : 0));
  const decimals = digits.split(".")[1]?.length ?? 0;
  return { text: text.trim(), value: Number(digits) * scale, half: 0.5 * 10 ** -decimals * scale, percent };
}

function stands({ value, half, percent }: Printed, known: number): boolean {
  if (percent && CONSTANTS.includes(value * 100)) return true;
  if (value === 0) return known === 0 || (half < 0.5 && known <= half);
  // The last bits of a product of decimal powers do not count.
  return Math.abs(value - known) <= Math.min(half, LOOSEST * known) + 1e-12 * known;
}

/** All numbers of a document, those in its texts too. */
function numbersOf(document: unknown): number[] {
  if (typeof document === "number") return [document];
  if (typeof document === "string") return numbersIn(document).map(({ value }) => value);
  if (typeof document !== "object" || document === null) return [];
  return Object.values(document).flatMap(numbersOf);
}
