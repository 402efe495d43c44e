/** A grid of characters in which each holds 2 by 4 braille dots, or one mark. */
export interface Canvas {
  /** Lines from one point to the next; coordinates are shares of the width and height, y upwards. */
  line(from: Point, to: Point): void;
  mark(at: Point, character: string): void;
  /** The characters; where a line meets a mark, `front` is shown. */
  rows(front: "lines" | "marks"): string[][];
}

interface Point {
  x: number;
  y: number;
}

/** Bits of the dots of U+2800, by row and column inside one character. */
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

export function createCanvas(columns: number, rows: number): Canvas {
  const dots = new Uint8Array(columns * rows);
  const marks = new Map<number, string>();

  function dot(x: number, y: number): void {
    const column = Math.min(columns * 2 - 1, Math.max(0, Math.floor(x)));
    const row = Math.min(rows * 4 - 1, Math.max(0, Math.floor(y)));
    const cell = (row >> 2) * columns + (column >> 1);
    dots[cell] = (dots[cell] ?? 0) | (DOTS[row & 3]?.[column & 1] ?? 0);
  }

  const across = (x: number) => x * (columns * 2 - 1);
  const down = (y: number) => (1 - y) * (rows * 4 - 1);

  return {
    line(from, to) {
      const [x0, y0, x1, y1] = [across(from.x), down(from.y), across(to.x), down(to.y)];
      const steps = Math.max(1, Math.ceil(Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0))));
      for (let step = 0; step <= steps; step += 1) dot(x0 + ((x1 - x0) * step) / steps + 0.5, y0 + ((y1 - y0) * step) / steps + 0.5);
    },
    mark({ x, y }, character) {
      const column = Math.floor((across(x) + 0.5) / 2);
      const row = Math.floor((down(y) + 0.5) / 4);
      if (column >= 0 && column < columns && row >= 0 && row < rows) marks.set(row * columns + column, character);
    },
    rows(front) {
      return Array.from({ length: rows }, (_, row) =>
        Array.from({ length: columns }, (_, column) => {
          const cell = row * columns + column;
          const line = dots[cell] ? String.fromCharCode(0x2800 + dots[cell]) : undefined;
          const mark = marks.get(cell);
          return (front === "lines" ? (line ?? mark) : (mark ?? line)) ?? " ";
        }),
      );
    },
  };
}
