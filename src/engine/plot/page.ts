import type { Scale } from "./scale.ts";
import { escaped, shortened, typeset, widthOf, wrapped } from "./text.ts";

export const WIDTH = 720;
const SIDE = 20;
export const FONT = 12;
const TITLE_FONT = 16;

/** A rectangle in pixels. */
export interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** One style for all plots. The ramp runs from the best cells of a landscape to the worst: shades of blue, and viridis in the dark; both are even in lightness, so that they do not depend on telling colours apart. */
const STYLE = `
svg { --paper: #ffffff; --ink: #1c2024; --quiet: #5b6470; --faint: #e3e7ec; --edge: #aab2bd; --band: #eef2f7; --data: #175cd3; --law: #c4320a; --mark: #c4320a;
--r0: #0b2a5b; --r1: #1b4686; --r2: #2f63a8; --r3: #4a80c0; --r4: #6b9cd1; --r5: #8fb6df; --r6: #b1cdea; --r7: #cfe0f2; --r8: #e4edf8; --r9: #f4f7fb; }
@media (prefers-color-scheme: dark) { svg { --paper: #14171b; --ink: #e6e8eb; --quiet: #9aa4b1; --faint: #2a3037; --edge: #59626e; --band: #1d2229; --data: #84adff; --law: #ff9c66; --mark: #ff6b4a;
--r0: #fde725; --r1: #b5de2b; --r2: #6ece58; --r3: #35b779; --r4: #1f9e89; --r5: #26828e; --r6: #31688e; --r7: #3e4989; --r8: #482878; --r9: #2c1a4a; } }
rect.paper { fill: var(--paper); }
text { fill: var(--ink); font: ${FONT}px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
.title { font-size: ${TITLE_FONT}px; font-weight: 600; }
.quiet { fill: var(--quiet); }
.strong { font-weight: 600; }
.raised { font-size: 0.75em; }
.end { text-anchor: end; }
.middle { text-anchor: middle; }
.grid { stroke: var(--faint); fill: none; }
.edge { stroke: var(--edge); fill: none; }
.band { fill: var(--band); }
.law { stroke: var(--law); stroke-width: 2; fill: none; stroke-linejoin: round; }
.limit { stroke: var(--law); stroke-width: 1.5; stroke-dasharray: 6 4; fill: none; }
.bar { fill: var(--data); fill-opacity: 0.75; }
.idle { fill: none; stroke: var(--data); stroke-dasharray: 3 3; }
.whisker { stroke: var(--ink); stroke-width: 1.5; fill: none; }
.thin { stroke: var(--data); stroke-width: 1.5; fill: none; stroke-linejoin: round; }
.data { stroke: var(--data); stroke-linecap: round; fill: none; }
.hole { stroke: var(--paper); stroke-linecap: round; fill: none; }
.faded { stroke-opacity: 0.55; }
.plate { fill: var(--paper); fill-opacity: 0.85; }
.halo { stroke: var(--paper); stroke-width: 6; fill: none; }
.ring { stroke: var(--mark); stroke-width: 2.5; fill: none; }`;

interface Page {
  /** A formula or plain words, in at most two lines. */
  title: string;
  /** One line of plain words. */
  subtitle: string;
  /** The whole in words, for those who do not see it. */
  description: string;
  /** Draws below the heading, from `top` on. */
  body: (top: number) => { svg: string; height: number };
}

/** An SVG document 720 pixels wide. The full title and the description are in it as text, however long they are. */
export function page({ title, subtitle, description, body }: Page): string {
  const lines = wrapped(title, WIDTH - 2 * SIDE, TITLE_FONT, 2);
  const under = 8 + lines.length * 22;
  const { svg, height } = body(under + 42);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>${escaped(title)}</title>
<desc>${escaped(description)}</desc>
<style>${STYLE}
</style>
<rect class="paper" width="${WIDTH}" height="${height}"/>
${lines.map((line, index) => `<text class="title" x="${SIDE}" y="${28 + index * 22}">${typeset(line)}</text>`).join("\n")}
<text class="quiet" x="${SIDE}" y="${under + 18}">${escaped(shortened(subtitle, WIDTH - 2 * SIDE, FONT))}</text>
${svg}
</svg>
`;
}

/** The frame of a plot: grid lines and tick labels of both scales, and the names of the axes. */
export function frame(box: Box, across: Scale, up: Scale, names: { across: string; up: string }): string {
  const { left, right, top, bottom } = box;
  const gutter = gutterOf(up);
  const grid = [
    ...across.ticks.map(({ value }) => `M${pixel(across.at(value))} ${top}V${bottom}`),
    ...up.ticks.map(({ value }) => `M${left} ${pixel(up.at(value))}H${right}`),
  ];
  const middle = pixel((top + bottom) / 2);
  return [
    `<path class="grid" d="${grid.join("")}"/>`,
    ...apart(across.ticks, across).map(({ value, label }) => {
      return `<text class="quiet middle" x="${pixel(across.at(value))}" y="${bottom + 17}">${escaped(label)}</text>`;
    }),
    ...up.ticks.map(
      ({ value, label }) => `<text class="quiet end" x="${left - 8}" y="${pixel(up.at(value) + 4)}">${escaped(label)}</text>`,
    ),
    `<path class="edge" d="M${left} ${top}V${bottom}H${right}"/>`,
    `<text class="middle" x="${pixel((left + right) / 2)}" y="${bottom + 38}">${escaped(shortened(names.across, right - left, FONT))}</text>`,
    `<text class="middle" transform="translate(${left - gutter + 24} ${middle}) rotate(-90)">${escaped(shortened(names.up, bottom - top, FONT))}</text>`,
  ].join("\n");
}

/** Pixels from the edge of the page that tick labels and the name of a vertical axis take. */
export function gutterOf(up: Scale): number {
  return Math.ceil(Math.max(...up.ticks.map(({ label }) => widthOf(label, FONT)), 0)) + 42;
}

/** Ticks whose labels do not touch the one before. */
function apart(ticks: Scale["ticks"], scale: Scale): Scale["ticks"] {
  let end = Number.NEGATIVE_INFINITY;
  return ticks.filter(({ value, label }) => {
    const half = widthOf(label, FONT) / 2;
    if (scale.at(value) - half < end + 6) return false;
    end = scale.at(value) + half;
    return true;
  });
}

/** Draws `svg` only within a box. A nested document does so without an id, which could clash on a page of several plots. */
export function clipped({ left, right, top, bottom }: Box, svg: string): string {
  const [width, height] = [right - left, bottom - top];
  return `<svg x="${left}" y="${top}" width="${width}" height="${height}" viewBox="${left} ${top} ${width} ${height}">
${svg}
</svg>`;
}

/** Dots as one path of points with round ends: a tenth of the bytes of circles. Hollow ones have a hole of paper. */
export function dots(points: readonly (readonly [number, number])[], size: number, hollow: boolean): string {
  if (points.length === 0) return "";
  const path = points.map(([x, y]) => `M${pixel(x)} ${pixel(y)}h0`).join("");
  const faded = !hollow && points.length > 500 ? " faded" : "";
  const solid = `<path class="data${faded}" stroke-width="${size}" d="${path}"/>`;
  return hollow ? `${solid}\n<path class="hole" stroke-width="${size - 3}" d="${path}"/>` : solid;
}

/** A line through points; null is a gap. */
export function line(points: readonly (readonly [number, number] | null)[], className: string): string {
  let pen = "M";
  const path = points.map((point) => {
    const step = point === null ? "" : `${pen}${pixel(point[0])} ${pixel(point[1])}`;
    pen = point === null ? "M" : "L";
    return step;
  });
  return `<path class="${className}" d="${path.join("")}"/>`;
}

export function pixel(value: number): string {
  return String(Number(value.toFixed(1)));
}

/** Signs and what they mean, in one row from `left` on. */
export function legend(left: number, y: number, entries: readonly { sign: (x: number, y: number) => string; text: string }[]): string {
  let x = left;
  return entries
    .map(({ sign, text }) => {
      const entry = `${sign(x + 9, y - 4)}<text class="quiet" x="${x + 24}" y="${y}">${escaped(text)}</text>`;
      x += 24 + Math.ceil(widthOf(text, FONT)) + 14;
      return entry;
    })
    .join("\n");
}
