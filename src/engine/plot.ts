import type { Evidence } from "../contract/result.ts";
import { LARGEST } from "./sample.ts";

const WIDTH = 720;
const HEIGHT = 440;
const MARGIN = { left: 76, right: 20, top: 44, bottom: 56 } as const;
/** Both axes are logarithmic when all values are positive and one axis spans more than this factor. */
const LOG_SPAN = 100;

const STYLE = `
  svg { --ink: #1c2024; --faint: #d0d5dd; --law: #b3261e; --point: #175cd3; --paper: #ffffff; }
  @media (prefers-color-scheme: dark) { svg { --ink: #e6e8eb; --faint: #3a4048; --law: #ff8a80; --point: #84adff; --paper: #15181c; } }
  text { fill: var(--ink); font: 12px system-ui, sans-serif; }
  .title { font-size: 15px; font-weight: 600; }
  .grid { stroke: var(--faint); stroke-width: 1; }
  .law { stroke: var(--law); stroke-width: 2; fill: none; }
  .seen { fill: var(--point); }
  .held { fill: var(--paper); stroke: var(--point); stroke-width: 2; }`;

/** One axis: maps values to pixels and has labelled ticks. */
interface Axis {
  ticks: { value: number; label: string }[];
  at(value: number): number;
}

/** The data against the law as an SVG of 720 x 440: held-out rows are hollow, the law is a line. */
export function drawPlot(evidence: Evidence, law: string): string {
  const { x, observed, fitted, heldOut } = evidence;
  const positive = [...x, ...observed, ...fitted].every((value) => value > 0);
  const logarithmic = positive && (isWide(x) || isWide(observed));
  const across = axisOf(x, logarithmic, MARGIN.left, WIDTH - MARGIN.right);
  const up = axisOf([...observed, ...fitted], logarithmic, HEIGHT - MARGIN.bottom, MARGIN.top);
  const held = new Set(heldOut);
  const point = (values: readonly number[], row: number) => `${pixel(across.at(x[row] as number))},${pixel(up.at(values[row] as number))}`;
  const order = [...x.keys()].sort((a, b) => (x[a] as number) - (x[b] as number) || a - b);

  const vertical = across.ticks.map(({ value, label }) => {
    const at = pixel(across.at(value));
    return `<line class="grid" x1="${at}" x2="${at}" y1="${MARGIN.top}" y2="${HEIGHT - MARGIN.bottom}"/><text x="${at}" y="${HEIGHT - MARGIN.bottom + 18}" text-anchor="middle">${label}</text>`;
  });
  const horizontal = up.ticks.map(({ value, label }) => {
    const at = pixel(up.at(value));
    return `<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${at}" y2="${at}"/><text x="${MARGIN.left - 8}" y="${at}" dy="0.35em" text-anchor="end">${label}</text>`;
  });
  const points = order.map((row) => {
    const [cx, cy] = point(observed, row).split(",");
    return `<circle class="${held.has(row) ? "held" : "seen"}" cx="${cx}" cy="${cy}" r="${x.length > 200 ? 2 : 4}"/>`;
  });
  const middle = pixel((MARGIN.top + HEIGHT - MARGIN.bottom) / 2);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">
<title>${escaped(law)}</title>
<style>${STYLE}
</style>
<rect width="${WIDTH}" height="${HEIGHT}" fill="var(--paper)"/>
<text class="title" x="${MARGIN.left}" y="26">${escaped(law)}</text>
${[...vertical, ...horizontal].join("\n")}
<polyline class="law" points="${order.map((row) => point(fitted, row)).join(" ")}"/>
${points.join("\n")}
<text x="${pixel((MARGIN.left + WIDTH - MARGIN.right) / 2)}" y="${HEIGHT - 14}" text-anchor="middle">${escaped(withUnit(evidence.axis, evidence.axisUnit))}</text>
<text transform="translate(18 ${middle}) rotate(-90)" text-anchor="middle">${escaped(withUnit(evidence.target, evidence.unit))}</text>
</svg>
`;
}

function isWide(values: readonly number[]): boolean {
  const [low, high] = rangeOf(values);
  return high / low > LOG_SPAN;
}

function rangeOf(values: readonly number[]): [number, number] {
  return values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
}

function axisOf(values: readonly number[], logarithmic: boolean, start: number, end: number): Axis {
  const scale = logarithmic ? Math.log10 : drawable;
  const [lowest, highest] = rangeOf(values.map(scale));
  const pad = 0.05 * (highest - lowest || Math.abs(highest) || 1);
  const [low, high] = [lowest - pad, highest + pad];
  const ticks = (logarithmic ? logTicks(low, high) : linearTicks(low, high)).map((value) => ({
    value,
    label: String(Number(value.toPrecision(6))),
  }));
  return { ticks, at: (value) => start + ((scale(value) - low) / (high - low)) * (end - start) };
}

/** Larger magnitudes are drawn at the edge and smaller ones at zero: the width of an axis must neither overflow nor vanish. */
function drawable(value: number): number {
  return Math.abs(value) < 1 / LARGEST ? 0 : Math.max(-LARGEST, Math.min(LARGEST, value));
}

function linearTicks(low: number, high: number): number[] {
  const step = niceStep((high - low) / 5);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.max(0, Math.floor(high / step) - first + 1) }, (_, index) => (first + index) * step);
}

/** Powers of ten between two decimal logarithms; with 2 and 5 times them where there are fewer than three. */
function logTicks(low: number, high: number): number[] {
  const step = Math.max(1, Math.ceil((high - low) / 8));
  const factors = high - low < 3 ? [1, 2, 5] : [1];
  const first = Math.floor(low / step);
  const decades = Array.from({ length: Math.floor(high / step) - first + 1 }, (_, index) => 10 ** ((first + index) * step));
  return decades
    .flatMap((decade) => factors.map((factor) => factor * decade))
    .filter((value) => value > 0 && value >= 10 ** low && value <= 10 ** high);
}

/** The 1, 2 or 5 times a power of ten that is next above `raw`. */
function niceStep(raw: number): number {
  const decade = 10 ** Math.floor(Math.log10(raw));
  return ([1, 2, 5].find((factor) => factor * decade >= raw) ?? 10) * decade;
}

function withUnit(name: string, unit: string | null): string {
  return unit ? `${name} (${unit})` : name;
}

function pixel(value: number): string {
  return value.toFixed(1);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
