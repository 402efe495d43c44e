import { pipeline } from "node:stream";
import { CsvError, type Parser, parse } from "csv-parse";
import { listed, pointerPart, type Table, tableOf } from "../../contract/dataset.ts";
import { OrreryError } from "../../contract/errors.ts";
import { LIMITS } from "../../contract/request.ts";

/** A decimal number. JavaScript's own conversion would also take "", "0x10" and "Infinity". */
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/**
 * Reads a table from CSV with a header line, strictly: each row as long as the header, each cell a decimal number.
 * Rows are counted from 1, the header not included. A byte order mark, CRLF and blank lines are fine.
 */
export async function readCsv(chunks: AsyncIterable<Buffer>, delimiter: string): Promise<Table> {
  const parser = parse({ bom: true, delimiter, relax_column_count: true, skip_empty_lines: true, trim: true });
  // Failures of the source reach the reader of the parser, which is the only one that listens.
  pipeline(chunks, parser, () => undefined);
  try {
    return await tableFrom(parser);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new OrreryError("malformed_csv", `The CSV cannot be read: ${error.message.slice(0, 200)}.`, { cause: error });
  } finally {
    parser.destroy();
  }
}

async function tableFrom(parser: Parser): Promise<Table> {
  let names: string[] | undefined;
  const columns: number[][] = [];
  let row = 0;
  for await (const cells of parser as AsyncIterable<string[]>) {
    if (!names) {
      names = headerFrom(cells);
      columns.push(...names.map(() => []));
      continue;
    }
    row += 1;
    if (row > LIMITS.rows) throw new OrreryError("dataset_too_large", `The dataset has more than ${LIMITS.rows} rows.`);
    if (cells.length !== names.length) {
      const detail = `Row ${row} has ${cells.length} cells but the header has ${names.length}; make them equal.`;
      throw new OrreryError("dataset_ragged", detail, {
        faults: [{ pointer: `/rows/${row - 1}`, detail: `${cells.length} cells instead of ${names.length}` }],
      });
    }
    for (const [index, name] of names.entries()) columns[index]?.push(numberIn(cells[index] ?? "", row, name));
  }
  if (!names) throw new OrreryError("dataset_empty", "The CSV is empty; send a header line with column names and then the rows.");
  const table = Object.create(null) as Record<string, number[]>;
  for (const [index, name] of names.entries()) table[name] = columns[index] ?? [];
  return tableOf(table);
}

function headerFrom(names: string[]): string[] {
  if (names.length > LIMITS.columns) {
    throw new OrreryError("dataset_too_large", `The dataset has ${names.length} columns; at most ${LIMITS.columns} are accepted.`);
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return names;
  throw new OrreryError("column_duplicate", `The header names ${listed([twice.slice(0, 80)])} twice; rename one of the columns.`, {
    faults: [{ pointer: `/columns/${pointerPart(twice)}`, detail: "occurs twice" }],
  });
}

function numberIn(cell: string, row: number, name: string): number {
  const value = NUMBER.test(cell) ? Number(cell) : Number.NaN;
  if (Number.isFinite(value)) return value;
  const shown = cell === "" ? "empty" : JSON.stringify(cell.slice(0, 60));
  throw new OrreryError(
    "dataset_not_numeric",
    `Row ${row} of column "${name.slice(0, 80)}" is ${shown}; every cell must be a decimal number such as 1.5 or -2e3.`,
    { faults: [{ pointer: `/columns/${pointerPart(name)}/${row - 1}`, detail: `must be a number (it is ${shown})` }] },
  );
}
