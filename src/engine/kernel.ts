/**
 * The inner loop of the engine in WebAssembly: dot products of one column with several others, two rows at a time in the
 * lanes of a vector register. JavaScript has no vectors: on one thread it does 1.5 billion multiply-adds a second, four
 * columns side by side; this does 6. Vector multiplication and addition round as scalar ones do, so the bits are the same on every processor.
 */
export interface Kernel {
  /** An array in the memory that the kernel sees. Rows of a column follow each other, and so do columns. */
  array(length: number): Float64Array;
  /**
   * Writes the dot products of column `i` of `a` with the `count` columns of `b` from `j` on into `sums`, which is read
   * after each call. Each is the sum over the even rows plus that over the odd rows, both in ascending order.
   */
  dots(a: Float64Array, i: number, b: Float64Array, j: number, count: number): void;
  readonly sums: Float64Array;
}

/** The part of the WebAssembly interface that is used; the compiler knows it only together with browsers. */
declare const WebAssembly: {
  Memory: new (size: { initial: number }) => { buffer: ArrayBuffer };
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: Record<string, unknown> };
};

const PAGE_BYTES = 65_536;
const NUMBER_BYTES = 8;

/** A kernel for columns of `rows` rows, a multiple of 4, with room for `numbers` numbers in all its arrays; `widest` is the largest count. */
export function kernelOf(rows: number, numbers: number, widest: number): Kernel {
  const bytes = NUMBER_BYTES * (numbers + widest + 4);
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE_BYTES) });
  const { exports } = new WebAssembly.Instance(compiled(), { m: { m: memory } });
  const run = exports.f as (a: number, b: number, count: number, bytes: number, out: number) => void;
  let taken = 0;
  const array = (length: number) => {
    const view = new Float64Array(memory.buffer, taken, length);
    taken += length * NUMBER_BYTES;
    return view;
  };
  const sums = array(widest);
  const column = rows * NUMBER_BYTES;
  return {
    array,
    sums,
    dots(a, i, b, j, count) {
      run(a.byteOffset + i * column, b.byteOffset + j * column, count, column, sums.byteOffset);
    },
  };
}

let module: object | undefined;

function compiled(): object {
  module ??= new WebAssembly.Module(binary());
  return module;
}

// The instructions that are used, as the WebAssembly specification (2.0, with fixed-width SIMD) encodes them.
const I32 = 0x7f;
const V128 = 0x7b;
const EMPTY = 0x40;
const get = (local: number) => [0x20, local];
const set = (local: number) => [0x21, local];
const number32 = (value: number) => [0x41, value];
const add32 = [0x6a];
const subtract32 = [0x6b];
const less32 = [0x49];
const equal32 = [0x46];
const block = (body: number[]) => [0x02, EMPTY, ...body, 0x0b];
const loop = (body: number[]) => [0x03, EMPTY, ...body, 0x0b];
const breakIf = (depth: number) => [0x0d, depth];
const repeat = (depth: number) => [0x0c, depth];
const load = (offset: number) => [0xfd, 0x00, 0x03, offset];
const addLanes = [0xfd, 0xf0, 0x01];
const multiplyLanes = [0xfd, 0xf2, 0x01];
const lane = (index: number) => [0xfd, 0x21, index];
const splatZero = [0xfd, 0x0c, ...Array.from({ length: 16 }, () => 0)];
const add64 = [0xa0];
const store64 = (offset: number) => [0x39, 0x03, offset];

/** Parameters and locals of the function: pointers are in bytes. */
const A = 0;
const B = 1;
const COUNT = 2;
const BYTES = 3;
const OUT = 4;
const ROW = 5;
const END = 6;
/** Pointers into the columns that are added up side by side, then their sums and the values of the one column. */
const POINTERS = [7, 8, 9, 10];
const SUMS = [11, 12, 13, 14];
const VALUES = 15;

/** Adds up `lanes` columns side by side and moves on to the next. */
function pass(lanes: number): number[] {
  const each = [...Array(lanes).keys()];
  const step = (offset: number) => [
    ...get(ROW),
    ...load(offset),
    ...set(VALUES),
    ...each.flatMap((at) => [
      ...get(SUMS[at] as number),
      ...get(VALUES),
      ...get(POINTERS[at] as number),
      ...load(offset),
      ...multiplyLanes,
      ...addLanes,
      ...set(SUMS[at] as number),
    ]),
  ];
  const forward = (local: number, bytes: number) => [...get(local), ...number32(bytes), ...add32, ...set(local)];
  return [
    ...get(A),
    ...set(ROW),
    ...each.flatMap((at) => [
      ...get(B),
      ...set(POINTERS[at] as number),
      ...splatZero,
      ...set(SUMS[at] as number),
      ...get(B),
      ...get(BYTES),
      ...add32,
      ...set(B),
    ]),
    ...loop([
      ...step(0),
      ...step(16),
      ...forward(ROW, 32),
      ...each.flatMap((at) => forward(POINTERS[at] as number, 32)),
      ...get(ROW),
      ...get(END),
      ...less32,
      ...breakIf(0),
    ]),
    ...each.flatMap((at) => [
      ...get(OUT),
      ...get(SUMS[at] as number),
      ...lane(0),
      ...get(SUMS[at] as number),
      ...lane(1),
      ...add64,
      ...store64(NUMBER_BYTES * at),
    ]),
    ...forward(OUT, NUMBER_BYTES * lanes),
    ...get(COUNT),
    ...number32(lanes),
    ...subtract32,
    ...set(COUNT),
  ];
}

function binary(): Uint8Array {
  const body = [
    ...[2, 6, I32, 5, V128],
    ...[...get(A), ...get(BYTES), ...add32, ...set(END)],
    // Four columns at a time while there are four, then one.
    ...block(loop([...get(COUNT), ...number32(4), ...less32, ...breakIf(1), ...pass(4), ...repeat(0)])),
    ...block(loop([...get(COUNT), ...number32(0), ...equal32, ...breakIf(1), ...pass(1), ...repeat(0)])),
    0x0b,
  ];
  const section = (id: number, content: number[]) => [id, ...unsigned(content.length), ...content];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    // One type: five numbers in, nothing out.
    ...section(1, [1, 0x60, 5, I32, I32, I32, I32, I32, 0]),
    // The memory is imported as m.m, of one page at least.
    ...section(2, [1, 1, 0x6d, 1, 0x6d, 0x02, 0x00, 1]),
    ...section(3, [1, 0]),
    // The function is exported as f.
    ...section(7, [1, 1, 0x66, 0x00, 0]),
    ...section(10, [1, ...unsigned(body.length), ...body]),
  ]);
}

/** LEB128, seven bits at a time. */
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}
