import { listed, pointerPart } from "../contract/dataset.ts";
import { OrreryError } from "../contract/errors.ts";
import { LIMITS } from "../contract/request.ts";
import { isNumber } from "./number.ts";

/** Separators of other tools. No column name can hold one, so a header that does was meant otherwise. */
const SEPARATORS = { ";": "semicolons", "\t": "tabs", ",": "commas" } as const;

/** Longest unit in characters, as in a request. */
const MAX_UNIT = 64;

const EXPECTED = "send comma-separated values, or tabs with text/tab-separated-values";

/** What one cell of a header line says: `a`, `a (AU)` or `a [AU]`. */
interface Heading {
  name: string;
  unit?: string;
}

/** A heading without brackets, or with more than its unit in or behind them, is a name as it stands, for others to judge. */
export function headingOf(cell: string): Heading {
  const open = cell.search(/[([]/);
  const unit = cell.slice(open + 1, -1).trim();
  if (open < 1 || cell.at(-1) !== (cell[open] === "(" ? ")" : "]") || unit === "" || unit.length > MAX_UNIT) return { name: cell };
  const name = cell.slice(0, open).trimEnd();
  // 1 is how a pure number is often marked.
  return unit === "1" ? { name } : { name, unit };
}

/** Column to unit, for the headings that have one. */
export function unitsOf(headings: readonly Heading[]): Record<string, string> {
  const units = Object.create(null) as Record<string, string>;
  for (const { name, unit } of headings) if (unit !== undefined) units[name] = unit;
  return units;
}

/** Checks the names of a header line, and says what the file seems to be if they are no names of columns. */
export function checkHeader(names: readonly string[], line: number): void {
  const foreign = Object.entries(SEPARATORS).find(([separator]) => names.some((name) => name.includes(separator)));
  if (foreign) throw new OrreryError("malformed_csv", `In line ${line}, the header holds ${foreign[1]}; ${EXPECTED}.`);
  if (names.every(isNumber)) {
    throw new OrreryError(
      "column_name_invalid",
      `The first line, line ${line}, holds numbers; is the header missing? Send a line with the names of the columns before the rows.`,
    );
  }
  if (names.length > LIMITS.columns) {
    throw new OrreryError(
      "dataset_too_large",
      `Line ${line}, the header, has ${names.length} columns; at most ${LIMITS.columns} are accepted. Leave out those that no law needs.`,
    );
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw new OrreryError(
    "column_duplicate",
    `Line ${line}, the header, names ${listed([twice.slice(0, 80)])} twice; rename one of the columns.`,
    {
      faults: [{ pointer: `/columns/${pointerPart(twice)}`, detail: `line ${line}: occurs twice` }],
    },
  );
}
