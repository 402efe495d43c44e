import type { ShownRows } from "../contract/result.ts";
import { createCanvas } from "./canvas.ts";
import { labelled } from "./figures.ts";
import { createScale, type Scale, suitsLogarithms } from "./scale.ts";
import type { Paint } from "./terminal.ts";

const ROWS = 16;
const POINT = "o";
const HELD_OUT = "x";
/** Above this many rows single points carry no news and would hide the law; they become a cloud behind it. */
const MAX_MARKS = 120;
const CLOUD = "·";

/** The rows of a result and its law, as lines of at most `width` characters. */
export function drawChart(evidence: ShownRows, width: number, paint: Paint): string[] {
  const heldOut = new Set(evidence.held_out);
  const points = evidence.x.flatMap((x, index) => {
    const [observed, fitted] = [evidence.observed[index], evidence.fitted[index]];
    const finite = observed !== undefined && fitted !== undefined && [x, observed, fitted].every(Number.isFinite);
    return finite ? [{ x, observed, fitted, heldOut: heldOut.has(index) }] : [];
  });
  if (points.length === 0) return [];
  const xs = points.map(({ x }) => x);
  const ys = points.flatMap(({ observed, fitted }) => [observed, fitted]);
  const logarithmic = suitsLogarithms(xs, ys);
  const y = createScale(ys, { logarithmic, ticks: 5 });
  const gutter = Math.max(...y.ticks.map(({ label }) => label.length)) + 1;
  const columns = width - gutter - 2;
  const x = createScale(xs, { logarithmic, ticks: Math.floor(columns / 12) });

  const canvas = createCanvas(columns, ROWS);
  const at = (right: number, up: number) => ({ x: x.position(right), y: y.position(up) });
  const curve = points.toSorted((a, b) => a.x - b.x).map((point) => at(point.x, point.fitted));
  for (const [index, to] of curve.entries()) canvas.line(curve[index - 1] ?? to, to);
  const dense = points.length > MAX_MARKS;
  for (const { x: right, observed, heldOut: out } of points) canvas.mark(at(right, observed), dense ? CLOUD : out ? HELD_OUT : POINT);
  const cells = canvas.rows(dense ? "lines" : "marks");

  const legend = dense
    ? `${CLOUD} data  ⠒ law`
    : [`${POINT} data`, ...(heldOut.size > 0 ? [`${HELD_OUT} held out`] : []), "⠒ law"].join("  ");
  return [
    `${labelled(evidence.target, evidence.unit)}   ${paint("dim", `${legend}${logarithmic ? "  (both axes logarithmic)" : ""}`)}`,
    ...framed(cells, y, gutter, paint),
    `${" ".repeat(gutter)}└${rule(x, columns)}`,
    `${" ".repeat(gutter + 1)}${tickLine(x, columns)}`,
    `${" ".repeat(gutter + 1)}${labelled(evidence.axis, evidence.axis_unit).padStart(columns)}`,
  ].map((line) => line.trimEnd());
}

function framed(cells: string[][], y: Scale, gutter: number, paint: Paint): string[] {
  const labels = new Map(y.ticks.map(({ at, label }) => [Math.round((1 - at) * (ROWS - 1)), label]));
  return cells.map((row, index) => {
    const label = labels.get(index);
    const painted = row
      .join("")
      .replace(/[ox]|[^ox ]+/g, (cells) =>
        cells === POINT || cells === HELD_OUT ? paint(["bold", "yellow"], cells) : paint("cyan", cells),
      );
    return `${(label ?? "").padStart(gutter - 1)} ${label === undefined ? "│" : "┤"}${painted}`;
  });
}

function rule(x: Scale, columns: number): string {
  const cells = Array.from({ length: columns }, () => "─");
  for (const { at } of x.ticks) cells[Math.round(at * (columns - 1))] = "┬";
  return cells.join("");
}

/** Tick labels centred below their ticks; one that would touch its neighbour or leave the frame is left out. */
function tickLine(x: Scale, columns: number): string {
  let line = "";
  for (const { at, label } of x.ticks) {
    const start = Math.max(0, Math.round(at * (columns - 1)) - Math.floor(label.length / 2));
    if ((line !== "" && start < line.length + 1) || start + label.length > columns) continue;
    line = line.padEnd(start) + label;
  }
  return line;
}
