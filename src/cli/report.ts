import type { Law, Result } from "../contract/result.ts";
import { estimate, figure } from "./figures.ts";
import { aligned, type Paint } from "./terminal.ts";
import { verdictLines } from "./verdict.ts";

/** Most lines of the Pareto front and of the rivals; `--json` has them all. */
const MAX_LINES = 8;

/** A result in lines for a terminal. `unit` is that of the target, in which the fit figures are. */
export function renderResult(result: Result, unit: string | null, paint: Paint): string[] {
  const law = result.law ?? result.candidate;
  return [
    ...lawLines(result, law, paint),
    ...(law ? ["", paint("bold", "Constants"), ...constantLines(law)] : []),
    "",
    paint("bold", "Fit"),
    ...fitLines(result, unit),
    "",
    paint("bold", "Verdict"),
    ...verdictLines(result, paint).map(indented),
    ...frontLines(result, paint),
    ...rivalLines(result, paint),
    "",
    paint(
      "dim",
      `Seed ${result.seed}, engine ${result.method.name}.${result.method.version}, ${result.cost.fits.toLocaleString("en")} fits.`,
    ),
  ];
}

function lawLines(result: Result, law: Law | undefined, paint: Paint): string[] {
  if (!law) return [paint("bold", "No candidate law.")];
  const title = result.law ? "Law" : "Best candidate (not accepted)";
  const form = law.transform === "identity" ? "" : `, fitted to ${law.transform === "log" ? `log ${law.target}` : `1/${law.target}`}`;
  return [
    paint("bold", title),
    `  ${paint(result.law ? ["bold", "green"] : "yellow", law.text)}`,
    paint("dim", `  ${law.target} = ${law.python}   (${law.noise} noise${form})`),
  ];
}

function constantLines(law: Law): string[] {
  const rows = law.terms.map(({ text, coefficient, interval, exponents }) => {
    const shown = interval ? estimate(coefficient, interval) : { value: figure(coefficient, 8), interval: "as given" };
    const powers = Object.entries(exponents).map(([column, exponent]) => `${column}^${figure(exponent)}`);
    return [text === "1" ? "constant" : text, shown.value, shown.interval, powers.join(" ")];
  });
  return aligned([["term", "coefficient", "95 % interval", "powers"], ...rows]).map(indented);
}

function fitLines({ fit, p_value: p, stability }: Result, unit: string | null): string[] {
  const inUnit = unit ? ` ${unit}` : "";
  const rows = [
    ["rows", String(fit.rows), ""],
    ["R²", figure(fit.r2, 7), ""],
    ["RMSE", figure(fit.rmse), inUnit],
    ...(fit.holdout_rmse === null ? [] : [["hold-out RMSE", figure(fit.holdout_rmse), inUnit]]),
    ...(p === null ? [] : [["p-value", figure(p), ""]]),
    ...(stability.trials === 0 ? [] : [["noise trials kept", `${stability.kept} of ${stability.trials}`, ""]]),
  ];
  return rows.map(([name = "", value = "", suffix = ""]) => `  ${name.padEnd(17)}  ${value}${suffix}`);
}

function frontLines({ pareto }: Result, paint: Paint): string[] {
  if (pareto.length === 0) return [];
  const rows = pareto.slice(0, MAX_LINES).map(({ complexity, rmse, text }) => [String(complexity), figure(rmse), text]);
  const more = pareto.length > MAX_LINES ? [`  and ${pareto.length - MAX_LINES} more with --json`] : [];
  return ["", paint("bold", "Pareto front"), ...aligned([["complexity", "RMSE", "law"], ...rows]).map(indented), ...more];
}

function rivalLines({ rivals }: Result, paint: Paint): string[] {
  if (rivals.length === 0) return [];
  const rows = rivals.slice(0, MAX_LINES).map(({ text, score_difference: worse }) => [`+${figure(worse, 3)}`, text]);
  return ["", paint("bold", "Rivals, by how much worse they score"), ...aligned(rows).map(indented)];
}

function indented(line: string): string {
  return `  ${line}`;
}
