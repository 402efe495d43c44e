import type { Evidence } from "../../contract/result.ts";
import { dots, FONT, frame, gutterOf, line, page, pixel, WIDTH } from "./page.ts";
import { rangeOf, scaleOf } from "./scale.ts";
import { figure, labelled, shortened, typeset } from "./text.ts";

const HEIGHT = 230;
const ROW = 20;
/** Most laws in the list below the plot. */
const MOST_ROWS = 14;
/** Errors this much smaller than the largest are rounding and share the foot of a logarithmic axis. */
const ROUNDING = 1e-15;

/** The best candidate of each complexity: its error as a plot and its law in a list. The one that was picked is marked. */
export function drawPareto({ pareto, target, unit }: Evidence): string {
  return page({
    title: "Pareto front: what each further constant buys",
    subtitle: "best candidate of each complexity, which is its number of terms and free exponents",
    description: pareto
      .map(({ complexity, rmse, text, chosen }) => `${complexity}: error ${figure(rmse, 4)}, ${text}${chosen ? " (picked)" : ""}`)
      .join("; "),
    body(top) {
      const bottom = top + HEIGHT;
      const highest = Math.max(...pareto.map(({ rmse }) => rmse));
      const errors = pareto.map(({ rmse }) => Math.max(rmse, highest * ROUNDING));
      const logarithmic = highest > 0 && highest / rangeOf(errors)[0] > 10;
      const up = scaleOf(logarithmic ? errors : [0, ...errors], logarithmic, bottom, top, 5);
      const box = { left: gutterOf(up), right: WIDTH - 24, top, bottom };
      const complexities = pareto.map(({ complexity }) => complexity);
      const [low, high] = rangeOf(complexities);
      const across = {
        ticks: Array.from({ length: high - low + 1 }, (_, index) => ({ value: low + index, label: String(low + index) })),
        at: (value: number) => box.left + ((value - low + 0.5) / (high - low + 1)) * (box.right - box.left),
      };
      const points = complexities.map((complexity, index): [number, number] => [across.at(complexity), up.at(errors[index] as number)]);
      const picked = points[pareto.findIndex(({ chosen }) => chosen)];
      const svg = [
        frame(box, across, up, { across: "complexity", up: labelled(`RMSE of ${target}`, unit) }),
        line(points, "thin"),
        dots(points, 9, false),
        picked ? `<circle class="ring" cx="${pixel(picked[0])}" cy="${pixel(picked[1])}" r="9"/>` : "",
        ...table(pareto.slice(0, MOST_ROWS), bottom + 70),
      ];
      return { svg: svg.join("\n"), height: bottom + 70 + Math.min(pareto.length, MOST_ROWS) * ROW + 8 };
    },
  });
}

function table(rows: Evidence["pareto"], top: number): string[] {
  const heading = `<text class="quiet" x="44" y="${top}">complexity</text><text class="quiet end" x="196" y="${top}">RMSE</text><text class="quiet" x="216" y="${top}">law</text>`;
  const lines = rows.map(({ complexity, rmse, text, chosen }, index) => {
    const y = top + (index + 1) * ROW;
    const style = chosen ? ' class="strong"' : "";
    const law = shortened(text, WIDTH - 216 - 20, FONT);
    return [
      chosen ? `<circle class="ring" cx="30" cy="${y - 4}" r="5"/>` : "",
      `<text${style} x="44" y="${y}">${complexity}</text>`,
      `<text class="end${chosen ? " strong" : ""}" x="196" y="${y}">${figure(rmse, 4)}</text>`,
      `<text${style} x="216" y="${y}">${typeset(law)}</text>`,
    ].join("");
  });
  return [heading, ...lines];
}
