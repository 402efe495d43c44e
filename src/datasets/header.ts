import { listed, pointerPart } from "../contract/dataset.ts";
import { OrreryError } from "../contract/errors.ts";
import { LIMITS } from "../contract/request.ts";
import { isNumber } from "./number.ts";

/** Separators of other tools. No column name can hold one, so a header that does was meant otherwise. */
const SEPARATORS = { ";": "semicolons", "\t": "tabs", ",": "commas" } as const;

const EXPECTED = "send comma-separated values, or tabs with text/tab-separated-values";

/** Checks the cells of a header line, and says what the file seems to be if they are no names of columns. */
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
