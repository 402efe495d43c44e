import type { LandscapeView } from "../../contract/result.ts";
import { type Box, clipped, dots, FONT, frame, gutterOf, line, page, pixel, WIDTH } from "./page.ts";
import { rangeOf, type Scale, scaleOf } from "./scale.ts";
import { figure, shortened, widthOf } from "./text.ts";

const HEIGHT = { curve: 300, map: 380 } as const;
/** First class of the map: what is as good as the best cell, up to so many standard deviations of the noise. */
const ALIKE = 2;
/** Colours of the ramp, and so most classes. */
const RAMP = 10;
const EXPLANATION = "distance of the score from the best cell, in standard deviations σ of the noise";
/** Most basins with a label. */
const MOST_LABELS = 6;

/** How much worse than the best cell of the grid each other cell scores: a curve for one free exponent, a map for two. */
export function drawLandscape(view: LandscapeView): string {
  const names = view.exponents.map(({ name }) => name);
  const held = Object.entries(view.held).map(([name, value]) => `${name} = ${figure(value)}`);
  return page({
    title: `Landscape: the best law at each ${names.join(" and ")}`,
    subtitle: [EXPLANATION, ...(held.length > 0 ? [`at ${held.join(", ")}`] : [])].join(" · "),
    description: `${EXPLANATION}. Basins at ${view.basins.map(describe).join("; ")}.`,
    body: (top) => (names.length === 1 ? curve(view, top) : map(view, top)),
  });
}

function describe({ uses, depth }: Pick<LandscapeView["basins"][number], "uses" | "depth">): string {
  const place = Object.entries(uses)
    .map(([name, value]) => `${name} = ${figure(value)}`)
    .join(", ");
  return depth === null ? place : `${place} (${figure(depth, 2)} σ deep)`;
}

function curve({ exponents, differences, basins }: LandscapeView, top: number): { svg: string; height: number } {
  const [{ name, values }] = exponents as [LandscapeView["exponents"][number]];
  const bottom = top + HEIGHT.curve;
  const heights = differences.map((difference) => (difference === null ? null : Math.sqrt(Math.max(0, difference))));
  const up = scaleOf([0, 2.5, ...heights.filter((height) => height !== null)], false, bottom, top, 5);
  const box = { left: gutterOf(up), right: WIDTH - 24, top, bottom };
  const across = scaleOf(values, false, box.left, box.right, 9);
  const points = heights.map((height, index): [number, number] | null =>
    height === null ? null : [across.at(values[index] as number), up.at(height)],
  );
  const isShown = (point: [number, number] | null) => point !== null;
  const marks = basins.map(({ at, ...basin }) => {
    const index = nearest(values, at[0] as number);
    return { x: across.at(at[0] as number), y: up.at(heights[index] ?? 0), text: describe(basin) };
  });
  const svg = [
    `<rect class="band" x="${box.left}" y="${pixel(up.at(2))}" width="${box.right - box.left}" height="${pixel(bottom - up.at(2))}"/>`,
    frame(box, across, up, { across: `exponent ${name}`, up: "distance from the best (σ)" }),
    clipped(box, [line(points, "thin"), values.length > 120 ? "" : dots(points.filter(isShown), 5, false)].join("\n")),
    ...labels(marks, box),
  ];
  return { svg: svg.join("\n"), height: bottom + 52 };
}

function map(view: LandscapeView, top: number): { svg: string; height: number } {
  const [first, second] = view.exponents as [LandscapeView["exponents"][number], LandscapeView["exponents"][number]];
  const [rows, columns] = [first.values.length, second.values.length];
  const bottom = top + HEIGHT.map;
  const up = cellScale(first.values, bottom, top);
  const box = { left: gutterOf(up), right: WIDTH - 152, top, bottom };
  const across = cellScale(second.values, box.left, box.right);
  // One path for each class, of runs of cells, in units of cells: a tenth of the bytes of rectangles in pixels.
  const distances = view.differences.map((difference) => (difference === null ? null : Math.sqrt(Math.max(0, difference))));
  const limits = limitsOf(distances);
  const classes = distances.map((distance) =>
    distance === null ? null : limits.filter((limit) => Number(distance.toPrecision(3)) > limit).length,
  );
  const paths = ["", ...limits.map(() => "")];
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; ) {
      const own = classes[row * columns + column] ?? null;
      let end = column + 1;
      while (end < columns && (classes[row * columns + end] ?? null) === own) end += 1;
      if (own !== null) paths[own] += `M${column} ${row}h${end - column}v1h${column - end}z`;
      column = end;
    }
  }
  const scale = `translate(${box.left} ${bottom}) scale(${figureOf((box.right - box.left) / columns)} ${figureOf((top - bottom) / rows)})`;
  const cells = paths
    .map((path, index) => (path === "" ? "" : `<path fill="${colourOf(index, limits)}" d="${path}"/>`))
    .filter((path) => path !== "");
  const marks = view.basins.map(({ at, ...basin }) => ({
    x: across.at(at[1] as number),
    y: up.at(at[0] as number),
    text: describe(basin),
  }));
  const svg = [
    // The cells hide the grid lines.
    frame(box, across, up, { across: `exponent ${second.name}`, up: `exponent ${first.name}` }),
    `<g transform="${scale}" shape-rendering="crispEdges">\n${cells.join("\n")}\n</g>`,
    ...labels(marks, box),
    key(box, limits),
  ];
  return { svg: svg.join("\n"), height: bottom + 52 };
}

/**
 * Upper limits of all classes but the last. Beyond the first class each has as many of the distances that occur, however
 * many cells are equal, so that a basin shows on a plateau too.
 */
function limitsOf(distances: readonly (number | null)[]): number[] {
  const rounded = distances.flatMap((distance) => (distance !== null && distance > ALIKE ? [Number(distance.toPrecision(3))] : []));
  const levels = [...new Set(rounded)].sort((a, b) => a - b);
  const shares = Array.from({ length: RAMP - 2 }, (_, step) => levels[Math.ceil(((step + 1) * levels.length) / (RAMP - 1)) - 1] ?? 0);
  const limits = [ALIKE, ...shares].filter((limit) => limit < (levels.at(-1) ?? 0));
  return limits.filter((limit, index) => index === 0 || limit > (limits[index - 1] as number));
}

/** The colour of a class: as far along the ramp as the class is among all. */
function colourOf(index: number, limits: readonly number[]): string {
  return `var(--r${Math.round((index * (RAMP - 1)) / Math.max(1, limits.length))})`;
}

/** A scale on which each of the values has a cell of the same width about it. */
function cellScale(values: readonly number[], start: number, end: number): Scale {
  const [low, high] = rangeOf(values);
  const half = values.length > 1 ? (high - low) / (values.length - 1) / 2 : 0.5;
  const share = (value: number) => (value - low + half) / (high - low + 2 * half);
  const { ticks } = scaleOf(values, false, start, end, 8);
  return {
    ticks: ticks.filter(({ value }) => value >= low - half && value <= high + half),
    at: (value) => start + share(value) * (end - start),
  };
}

/** The classes from best to worst, right of the map. */
function key({ right, top }: Box, limits: readonly number[]): string {
  const x = right + 24;
  const swatches = ["", ...limits].map((_, index) => {
    const y = top + 24 + index * 20;
    const [from, to] = [limits[index - 1], limits[index]].map((limit) => limit !== undefined && figure(limit, 3));
    const text = from === false ? `up to ${to || ALIKE} σ` : to === false ? `above ${from} σ` : `${from} to ${to} σ`;
    return `<rect fill="${colourOf(index, limits)}" x="${x}" y="${y}" width="18" height="18"/><text class="quiet" x="${x + 26}" y="${y + 13}">${text}</text>`;
  });
  return [`<text class="strong" x="${x}" y="${top + 12}">from the best</text>`, ...swatches].join("\n");
}

/** A ring at each bottom and the first few in words, each beside its ring and clear of the words before. */
function labels(marks: readonly { x: number; y: number; text: string }[], box: Box): string[] {
  const taken: Box[] = [];
  return marks.map(({ x, y, text }, index) => {
    const ring = `<circle class="halo" cx="${pixel(x)}" cy="${pixel(y)}" r="6"/><circle class="ring" cx="${pixel(x)}" cy="${pixel(y)}" r="6"/>`;
    if (index >= MOST_LABELS) return ring;
    const shown = shortened(text, 320, FONT);
    const width = widthOf(shown, FONT) + 8;
    const left = x + 12 + width > box.right ? x - 12 - width : x + 12;
    const room = [0, -20, 20, -40, 40, -60, 60]
      .map((shift) => ({ left, right: left + width, top: y - 10 + shift, bottom: y + 8 + shift }))
      .find((place) => place.top >= box.top && place.bottom <= box.bottom && taken.every((other) => !overlap(place, other)));
    if (!room) return ring;
    taken.push(room);
    return `${ring}
<rect class="plate" x="${pixel(room.left)}" y="${pixel(room.top)}" width="${pixel(width)}" height="18" rx="3"/><text x="${pixel(room.left + 4)}" y="${pixel(room.top + 13)}">${shown}</text>`;
  });
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

function nearest(values: readonly number[], wanted: number): number {
  return values.reduce((best, value, index) => (Math.abs(value - wanted) < Math.abs((values[best] as number) - wanted) ? index : best), 0);
}

function figureOf(scale: number): string {
  return String(Number(scale.toPrecision(8)));
}
