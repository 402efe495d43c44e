import { pipeline } from "node:stream";
import { CsvError, type Parser, parse } from "csv-parse";
import { type Table, tableOf } from "../../contract/dataset.ts";
import { OrreryError } from "../../contract/errors.ts";
import { LIMITS } from "../../contract/request.ts";
import { numberIn } from "./cell.ts";
import { checkHeader, headingOf } from "./header.ts";

const LF = 10;
const CR = 13;

/**
 * Reads a table from CSV with a header line, strictly: each heading a name or `name (unit)`, each row as long as the header, each cell a decimal number.
 * Faults name the line of the file, counted from 1. A byte order mark, CRLF and blank lines are fine.
 */
export async function readCsv(chunks: AsyncIterable<Buffer>, delimiter: string): Promise<Table> {
  const body = { hasBreak: false };
  // Blank lines come as rows of one empty cell, so that rows and lines count alike.
  const parser = parse({ bom: true, delimiter, relax_column_count: true, trim: true });
  // Failures of the source reach the reader of the parser, which is the only one that listens.
  pipeline(watched(chunks, body), parser, () => undefined);
  try {
    return await tableFrom(parser, body);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // The library would name the last line of the file, not that of the quote, which follows the rows that were read.
    const open = error.code === "CSV_QUOTE_NOT_CLOSED" && `the quote that opens at line ${Number(error.records) + 1} is not closed`;
    const reason = open || error.message.slice(0, 200);
    throw new OrreryError("malformed_csv", `The CSV cannot be read: ${reason}; correct it there.`, { cause: error });
  } finally {
    parser.destroy();
  }
}

async function* watched(chunks: AsyncIterable<Buffer>, body: { hasBreak: boolean }): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    body.hasBreak ||= chunk.includes(LF) || chunk.includes(CR);
    yield chunk;
  }
}

async function tableFrom(parser: Parser, body: { hasBreak: boolean }): Promise<Table> {
  let names: string[] | undefined;
  const units: Record<string, string> = Object.create(null);
  const columns: number[][] = [];
  let line = 0;
  let rows = 0;
  for await (const cells of parser as AsyncIterable<string[]>) {
    line += 1;
    if (cells.length === 1 && cells[0] === "") continue;
    if (!names) {
      // What ends without a break comes when the whole body has been seen.
      if (!body.hasBreak) throw oneLine();
      const headings = cells.map(headingOf);
      names = headings.map(({ name }) => name);
      checkHeader(names, line);
      for (const { name, unit } of headings) if (unit !== undefined) units[name] = unit;
      columns.push(...names.map(() => []));
      continue;
    }
    rows += 1;
    if (rows > LIMITS.rows) {
      throw new OrreryError(
        "dataset_too_large",
        `The dataset has more than ${LIMITS.rows} rows, as line ${line} shows; send fewer of them.`,
      );
    }
    if (cells.length !== names.length) throw ragged(line, cells.length, names.length);
    for (const [index, name] of names.entries()) columns[index]?.push(numberIn(cells[index] ?? "", { line, name, first: rows === 1 }));
  }
  if (!names) throw new OrreryError("dataset_empty", "The CSV is empty; send a header line with column names and then the rows.");
  const table = Object.create(null) as Record<string, number[]>;
  for (const [index, name] of names.entries()) table[name] = columns[index] ?? [];
  return tableOf(table, units);
}

function oneLine(): OrreryError {
  return new OrreryError(
    "dataset_empty",
    "The body holds no line break, so it is one header line without rows; curl keeps line breaks with --data-binary, not with -d.",
  );
}

function ragged(line: number, cells: number, expected: number): OrreryError {
  const counted = `${cells} ${cells === 1 ? "cell" : "cells"}`;
  return new OrreryError("dataset_ragged", `Line ${line} has ${counted} but the header has ${expected}; make them equal.`, {
    faults: [{ pointer: "", detail: `line ${line}: ${counted} instead of ${expected}` }],
  });
}
