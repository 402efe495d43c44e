import { checkNames, type Table, tableOf } from "../contract/dataset.ts";
import { OrreryError } from "../contract/errors.ts";
import { LIMITS, type Missing } from "../contract/request.ts";

export interface ReadOptions {
  /** What becomes of a row in which a value is missing: the dataset is refused, or the row is dropped. */
  missing: Missing;
  /** Most bytes of the file as it comes. What it inflates to, and the table in memory, may have four times as many. */
  maxBytes: number;
}

/** A table as it was read, and how many rows were left out because a value was missing. */
export interface Read {
  table: Table;
  dropped: number;
}

/** Two bytes of text ("1,") make a number of eight, so no CSV within `maxBytes` can need more. */
export const INFLATION = 4;

const FIRST_CAPACITY = 64;

/**
 * Collects rows, column by column, in typed arrays that grow by half when they are full: with the copy that growing
 * takes, at most two and a half times the numbers are held at once, and no text of them.
 */
export interface Rows {
  /** Adds a row, one value for each column. A row with NaN is counted as dropped. `line` is where it stands. Throws `dataset_too_large`. */
  add(values: Float64Array, line: number): void;
  /** Rows that came so far, dropped ones included. */
  readonly seen: number;
  /** Throws what `tableOf` throws. */
  finish(): Read;
}

/** Throws what is wrong with the names. */
export function createRows(names: readonly string[], { maxBytes }: ReadOptions, units?: Record<string, string>): Rows {
  checkNames(names);
  const most = Math.min(LIMITS.rows, Math.floor((maxBytes * INFLATION) / 8 / names.length));
  let columns = names.map(() => new Float64Array(FIRST_CAPACITY));
  let capacity = FIRST_CAPACITY;
  let rows = 0;
  let dropped = 0;

  return {
    add(values, line) {
      if (values.some(Number.isNaN)) {
        dropped += 1;
        return;
      }
      if (rows === most) throw tooManyRows(most, names.length, line);
      if (rows === capacity) {
        capacity = Math.ceil(capacity * 1.5);
        columns = columns.map((column) => grown(column, capacity));
      }
      for (let index = 0; index < columns.length; index += 1) (columns[index] as Float64Array)[rows] = values[index] as number;
      rows += 1;
    },
    get seen() {
      return rows + dropped;
    },
    finish: () => tableFrom(names, (index) => (columns[index] as Float64Array).subarray(0, rows), dropped, units),
  };
}

/** Builds the table. Throws `dataset_empty` if every row was dropped, and what `tableOf` throws. */
export function tableFrom(
  names: readonly string[],
  column: (index: number) => Float64Array,
  dropped: number,
  units?: Record<string, string>,
): Read {
  if (dropped > 0 && column(0).length === 0) {
    throw new OrreryError(
      "dataset_empty",
      `Each of the ${dropped} rows misses a value, so none is left; leave out the columns that are mostly empty.`,
    );
  }
  const columns = Object.create(null) as Record<string, Float64Array>;
  for (const [index, name] of names.entries()) columns[name] = column(index);
  return { table: tableOf(columns, units), dropped };
}

export function tooManyRows(most: number, columns: number, line?: number): OrreryError {
  const where = line === undefined ? "" : `, as line ${line} shows`;
  const more = `The dataset has more than ${most} rows${where}`;
  if (most === LIMITS.rows) return new OrreryError("dataset_too_large", `${more}; send fewer of them.`);
  return new OrreryError(
    "dataset_too_large",
    `${more}, which with ${columns} columns is more than the server holds; send fewer of them, or raise ORRERY_MAX_UPLOAD_BYTES.`,
  );
}

function grown(column: Float64Array<ArrayBuffer>, capacity: number): Float64Array<ArrayBuffer> {
  const next = new Float64Array(capacity);
  next.set(column);
  return next;
}
