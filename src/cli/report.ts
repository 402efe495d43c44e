import type { Law, Result } from "../contract/result.ts";
import { adviceLines, FITTED, type Rows } from "./advice.ts";
import { estimate, figure } from "./figures.ts";
import { aligned, type Paint } from "./terminal.ts";
import { verdictLines } from "./verdict.ts";

/** Most lines of the Pareto front and of the rivals; `--json` has them all. */
const MAX_LINES = 8;

/** Most basins of the landscape. */
const MAX_BASINS = 4;

/** Most terms that are named as left out. */
const MAX_TERMS = 4;

/** A result in lines for a terminal. `evidence` has the units and the range of the rows; a job that kept none has neither. */
export function renderResult(result: Result, evidence: Rows | undefined, paint: Paint): string[] {
  const law = result.law ?? result.candidate;
  return [
    ...lawLines(result, law, evidence, paint),
    ...(law ? ["", paint("bold", "Constants"), ...constantLines(law)] : []),
    "",
    paint("bold", "Fit"),
    ...fitLines(result, evidence?.unit ?? null),
    "",
    paint("bold", "Verdict"),
    ...verdictLines(result, paint).map(indented),
    ...frontLines(result, paint),
    ...rivalLines(result, paint),
    ...landscapeLines(result, paint),
    ...listLines("Look at", adviceLines(result, evidence), paint),
    "",
    ...leftOutLines(result).map((line) => paint("dim", line)),
    paint(
      "dim",
      `Seed ${result.seed}, engine ${result.method.name}.${result.method.version}, ${result.cost.fits.toLocaleString("en")} fits.`,
    ),
  ];
}

function lawLines(result: Result, law: Law | undefined, evidence: Rows | undefined, paint: Paint): string[] {
  if (!law) return [paint("bold", "No candidate law.")];
  const title = result.law ? "Law" : "Best candidate (not accepted)";
  const form = law.transform === "identity" ? "" : `, fitted to ${law.transform === "log" ? `log ${law.target}` : `1/${law.target}`}`;
  const measures = evidence ? measuresOf(evidence) : [];
  return [
    paint("bold", title),
    `  ${paint(result.law ? ["bold", "green"] : "yellow", law.text)}${measures.length > 0 ? `   ${paint("dim", measures.join(", "))}` : ""}`,
    paint("dim", `  ${law.target} = ${law.python}   (${law.noise} noise${form})`),
  ];
}

/** Which columns are in which units. */
function measuresOf({ target, unit, axis, axis_unit, inputs = [] }: Rows): string[] {
  const measured = [{ name: axis, unit: axis_unit }, ...inputs, { name: target, unit }];
  // With several inputs the axis is the fitted value, in the unit of the target.
  return measured.flatMap(({ name, unit: own }) => (own && name !== FITTED ? [`${name} in ${own}`] : []));
}

function constantLines(law: Law): string[] {
  const rows = law.terms.map(({ text, coefficient, interval, exponents, exponent_intervals: ranges, unit }) => {
    const shown = interval ? estimate(coefficient, interval) : { value: figure(coefficient, 8), interval: "as given" };
    const free = Object.entries(ranges).map(([column, range]) => `${column}: ${estimate(exponents[column] ?? 0, range).interval}`);
    return [text === "1" ? "constant" : text, shown.value, shown.interval, unit ?? "", free.join(", ")];
  });
  const titles = ["term", "coefficient", "95 % interval", "unit", "exponent"];
  const shown = titles.flatMap((_, index) => (index < 3 || rows.some((row) => row[index] !== "") ? [index] : []));
  return aligned([titles, ...rows].map((row) => shown.map((index) => row[index] ?? ""))).map(indented);
}

function fitLines({ fit, p_value: p, stability, stlsq }: Result, unit: string | null): string[] {
  const inUnit = unit ? ` ${unit}` : "";
  const rows = [
    ["rows", String(fit.rows), ""],
    ["R²", share(fit.r2), ""],
    ["RMSE", figure(fit.rmse), inUnit],
    ...(fit.holdout_rmse === null ? [] : [["hold-out RMSE", figure(fit.holdout_rmse), inUnit]]),
    ...(p === null ? [] : [["p-value", figure(p), ""]]),
    ...stability.levels.map(({ level, trials, kept, decides }) => [
      `kept at ${figure(level * 100, 3)} % noise`,
      `${kept} of ${trials}`,
      decides ? "" : " (too much noise to decide)",
    ]),
    ...(stlsq ? [["STLSQ", stlsq.agrees ? "finds the same law" : `finds ${stlsq.text}`, ""]] : []),
  ];
  return rows.map(([name = "", value = "", suffix = ""]) => `  ${name.padEnd(17)}  ${value}${suffix}`);
}

/** R² to seven digits, but no digits of the rounding where it is zero. */
function share(r2: number): string {
  return Math.abs(r2) < 0.005 ? "0.00" : figure(r2, 7);
}

function frontLines({ pareto }: Result, paint: Paint): string[] {
  if (pareto.length === 0) return [];
  const rows = pareto
    .slice(0, MAX_LINES)
    .map(({ complexity, rmse, text, chosen }) => [String(complexity), figure(rmse), chosen ? `${text}   (chosen)` : text]);
  const more = pareto.length > MAX_LINES ? [`  and ${pareto.length - MAX_LINES} more with --json`] : [];
  return ["", paint("bold", "Pareto front"), ...aligned([["complexity", "RMSE", "law"], ...rows]).map(indented), ...more];
}

function rivalLines({ rivals }: Result, paint: Paint): string[] {
  if (rivals.length === 0) return [];
  const rows = rivals.slice(0, MAX_LINES).map(({ text, score_difference: worse }) => [`+${figure(worse, 3)}`, text]);
  return ["", paint("bold", "Rivals, by how much worse they score"), ...aligned(rows).map(indented)];
}

function landscapeLines({ landscape }: Result, paint: Paint): string[] {
  if (!landscape || landscape.basins.length === 0) return [];
  const names = landscape.exponents.map(({ name }) => name);
  const rows = landscape.basins
    .slice(0, MAX_BASINS)
    .map(({ exponents, score_difference: worse, depth }) => [
      ...names.map((name) => (name in exponents ? figure(exponents[name] ?? 0) : "-")),
      `+${figure(worse, 3)}`,
      depth === null ? "deepest" : figure(depth, 2),
    ]);
  const more = landscape.basin_count > rows.length ? [`  and ${landscape.basin_count - rows.length} more with --json`] : [];
  return ["", paint("bold", "Landscape, by basins"), ...aligned([[...names, "score", "depth"], ...rows]).map(indented), ...more];
}

/** Terms that are in no law because of the units of their columns, or of their values. */
function leftOutLines({ library }: Result): string[] {
  if (!library) return [];
  const { excluded, unusable = [] } = library;
  const all = library.terms + excluded.length;
  return [
    ...(excluded.length > 0
      ? [`Left out for their units: ${some(excluded)} (${excluded.length} of ${all} terms; --dimensions off searches them).`]
      : []),
    ...(unusable.length > 0 ? [`Left out, as they are zero on all rows or not finite on one: ${some(unusable)}.`] : []),
  ];
}

function some(terms: readonly string[]): string {
  return terms.slice(0, MAX_TERMS).join(", ") + (terms.length > MAX_TERMS ? ", …" : "");
}

function listLines(title: string, lines: readonly string[], paint: Paint): string[] {
  return lines.length === 0 ? [] : ["", paint("bold", title), ...lines.map(indented)];
}

function indented(line: string): string {
  return `  ${line}`;
}
