import { MISSING_ADVICE, pointerPart } from "../contract/dataset.ts";
import { OrreryError } from "../contract/errors.ts";
import type { Missing } from "../contract/request.ts";

/** A decimal number. JavaScript's own conversion would also take "", "0x10" and "Infinity". */
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** What spreadsheets, R, pandas and databases write where there is no value. */
const MISSING = /^(?:na|n\/a|#n\/a|nan|null|none)?$/i;

/** Digits with marks that only some countries read: 1,5 and 1.234,5 and 1'234.5. */
const LOCAL = /^[+-]?\d+(?:[.,'’\u00a0\u202f ]\d+)+(?:[eE][+-]?\d+)?$/;

export function isNumber(cell: string): boolean {
  return NUMBER.test(cell);
}

/** Where a cell stands. `first` says that it is in the first row, where a word means that the whole column is text. */
export interface Place {
  line: number;
  name: string;
  first: boolean;
}

/** The value of a cell; NaN for a missing one whose row is to be dropped. Throws `dataset_not_numeric`. */
export function numberIn(cell: string, place: Place, missing: Missing): number {
  const value = NUMBER.test(cell) ? Number(cell) : Number.NaN;
  if (Number.isFinite(value)) return value;
  if (MISSING.test(cell)) {
    if (missing === "drop") return Number.NaN;
    throw notNumeric(place, cell === "" ? "empty" : JSON.stringify(cell), MISSING_ADVICE);
  }
  const shown = JSON.stringify(cell.slice(0, 60));
  if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) {
    throw notNumeric(place, `${shown}, beyond the range of a double (1.8e308)`, "");
  }
  if (LOCAL.test(cell)) {
    throw notNumeric(place, shown, " Write a point before decimals and nothing between thousands: 1234.5.");
  }
  throw notNumeric(place, shown, place.first ? " If it holds labels, remove the column." : "");
}

function notNumeric({ line, name }: Place, shown: string, advice: string): OrreryError {
  return new OrreryError(
    "dataset_not_numeric",
    `Line ${line} of column "${name.slice(0, 80)}" is ${shown}; every cell must be a decimal number such as 1.5 or -2e3.${advice}`,
    { faults: [{ pointer: `/columns/${pointerPart(name)}`, detail: `line ${line}: must be a number (it is ${shown})` }] },
  );
}
