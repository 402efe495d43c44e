import { pipeline } from "node:stream";
import { CsvError, type Options, type Parser, parse } from "csv-parse";
import { OrreryError } from "../contract/errors.ts";
import { LIMITS } from "../contract/request.ts";
import { checkHeader, headingOf, unitsOf } from "./header.ts";
import { isNumber, numberIn } from "./number.ts";
import { createRows, type Read, type ReadOptions, type Rows } from "./rows.ts";

const LF = 10;
const CR = 13;

/** Most characters of one line: 4,096 columns with names or numbers of 64, and their quotes. A longer line is not built. */
export const MAX_LINE = 300_000;

/**
 * Reads a table from CSV with a header line, strictly: each heading a name or `name (unit)`, each row as long as the header, each cell a decimal number.
 * Faults name the line of the file, counted from 1. A byte order mark, CRLF and blank lines are fine.
 */
export async function readCsv(chunks: AsyncIterable<Buffer>, delimiter: string, options: ReadOptions): Promise<Read> {
  const body = { hasBreak: false, line: 0 };
  const settings: Options<Row, string[]> = {
    bom: true,
    delimiter,
    record_delimiter: ["\r\n", "\n", "\r"],
    relax_column_count: true,
    // Each row that is not as long as the first costs the parser an error of 30 µs, blank lines as well.
    skip_empty_lines: true,
    trim: true,
    max_record_size: MAX_LINE,
    on_record(cells: string[], { lines }): Row {
      body.line = lines;
      return { cells, line: lines };
    },
  };
  // Without names of columns, the types know only rows that stay lists of cells.
  const parser = parse(settings as unknown as Options);
  // Failures of the source reach the reader of the parser, which is the only one that listens.
  pipeline(watched(chunks, body), parser, () => undefined);
  try {
    return await tableIn(parser, body, delimiter, options);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    if (error.code === "CSV_MAX_RECORD_SIZE") throw longLine(body.line + 1);
    // The library would name the last line of the file, not that of the quote, which follows the rows that were read.
    const open = error.code === "CSV_QUOTE_NOT_CLOSED" && `a quote that opens after line ${body.line} is not closed`;
    const reason = open || error.message.slice(0, 200);
    throw new OrreryError("malformed_csv", `The CSV cannot be read: ${reason}; correct it there.`, { cause: error });
  } finally {
    parser.destroy();
  }
}

/** A line that no table needs. */
export function longLine(line: number): OrreryError {
  return new OrreryError(
    "dataset_too_large",
    `Line ${line} has more than ${MAX_LINE} characters; a table has a line for each row, and at most ${LIMITS.columns} columns.`,
  );
}

async function* watched(chunks: AsyncIterable<Buffer>, body: { hasBreak: boolean }): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    body.hasBreak ||= chunk.includes(LF) || chunk.includes(CR);
    yield chunk;
  }
}

/** A row and the line of the file on which it ends. */
interface Row {
  cells: string[];
  line: number;
}

async function tableIn(parser: Parser, body: { hasBreak: boolean }, delimiter: string, options: ReadOptions): Promise<Read> {
  let names: string[] = [];
  let rows: Rows | undefined;
  let values = new Float64Array();
  for await (const { cells, line } of parser as AsyncIterable<Row>) {
    if (!rows) {
      // What ends without a break comes when the whole body has been seen.
      if (!body.hasBreak) throw oneLine();
      const headings = cells.map(headingOf);
      names = headings.map(({ name }) => name);
      checkHeader(names, line);
      rows = createRows(names, options, unitsOf(headings));
      values = new Float64Array(names.length);
      continue;
    }
    if (cells.length !== names.length) throw ragged(line, cells, names.length, delimiter);
    const first = rows.seen === 0;
    for (let index = 0; index < cells.length; index += 1) {
      values[index] = numberIn(cells[index] as string, { line, name: names[index] as string, first }, options.missing);
    }
    rows.add(values, line);
  }
  if (!rows) throw new OrreryError("dataset_empty", "The CSV is empty; send a header line with column names and then the rows.");
  return rows.finish();
}

function oneLine(): OrreryError {
  return new OrreryError(
    "dataset_empty",
    "The body holds no line break, so it is one header line without rows; curl keeps line breaks with --data-binary, not with -d.",
  );
}

function ragged(line: number, cells: readonly string[], expected: number, delimiter: string): OrreryError {
  const counted = `${cells.length} ${cells.length === 1 ? "cell" : "cells"}`;
  const decimalCommas = delimiter === "," && cells.length > expected && cells.every(isNumber);
  const advice = decimalCommas ? " If a comma stands before decimals, write a point: 1.5." : "";
  return new OrreryError("dataset_ragged", `Line ${line} has ${counted} but the header has ${expected}; make them equal.${advice}`, {
    faults: [{ pointer: "", detail: `line ${line}: ${counted} instead of ${expected}` }],
  });
}
