import { pointerPart } from "../../contract/dataset.ts";
import { OrreryError } from "../../contract/errors.ts";

/** A decimal number. JavaScript's own conversion would also take "", "0x10" and "Infinity". */
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

export function isNumber(cell: string): boolean {
  return NUMBER.test(cell);
}

/** The value of a cell. `first` says that it stands in the first row, where a word means that the whole column is text. */
export function numberIn(cell: string, { line, name, first }: { line: number; name: string; first: boolean }): number {
  const value = isNumber(cell) ? Number(cell) : Number.NaN;
  if (Number.isFinite(value)) return value;
  const shown = cell === "" ? "empty" : JSON.stringify(cell.slice(0, 60));
  const advice = first && cell !== "" ? " If it holds labels, remove the column." : "";
  throw new OrreryError(
    "dataset_not_numeric",
    `Line ${line} of column "${name.slice(0, 80)}" is ${shown}; every cell must be a decimal number such as 1.5 or -2e3.${advice}`,
    { faults: [{ pointer: `/columns/${pointerPart(name)}`, detail: `line ${line}: must be a number (it is ${shown})` }] },
  );
}
