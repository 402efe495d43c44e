import type { Evidence } from "../../contract/result.ts";
import { bothKinds, rowsOf } from "./data.ts";
import { type Box, clipped, frame, gutterOf, page, WIDTH } from "./page.ts";
import { rangeOf, type Scale, scaleOf, suitLogarithms } from "./scale.ts";
import { figure, labelled } from "./text.ts";

const HEIGHT = { one: 300, several: 190 } as const;
/** Residuals of a right law with normal noise lie in the band in 95 of 100 rows. */
const BAND = 2;

/** Residuals in standard deviations of the noise, over the law's column, or over the fitted value and each of the columns. */
export function drawResiduals(evidence: Evidence): string {
  const { axis, axis_unit, inputs, law, noise, residuals, target, transform, x } = evidence;
  const panels = [{ name: axis === "fitted value" ? `fitted ${target}` : axis, unit: axis_unit, values: x }, ...inputs];
  const outside = residuals.filter((residual) => Math.abs(residual) > BAND).length;
  const modelled = transform === "identity" ? target : transform === "log" ? `log ${target}` : `1/${target}`;
  const up = `residual of ${modelled} / σ`;
  return page({
    title: `Residuals of ${law}`,
    subtitle: `in standard deviations σ of the ${noise} noise · ${figure(outside)} beyond ±${BAND} σ · ${rowsOf(evidence)}`,
    description: `Residuals from ${rangeOf(residuals)
      .map((value) => figure(value, 3))
      .join(" to ")} standard deviations; ${outside} of ${residuals.length} rows beyond ${BAND}. Law: ${law}`,
    body(top) {
      const single = panels.length === 1;
      const height = single ? HEIGHT.one : HEIGHT.several;
      const columns = single ? 1 : 2;
      const drawn = panels.map(({ name, unit, values }, index) => {
        const above = top + Math.floor(index / columns) * (height + 62);
        const left = ((index % columns) * WIDTH) / columns;
        return panel({ left, right: left + WIDTH / columns - 20, top: above, bottom: above + height }, evidence, values, {
          across: labelled(name, unit),
          up,
        });
      });
      return { svg: drawn.join("\n"), height: top + Math.ceil(panels.length / columns) * (height + 62) - 8 };
    },
  });
}

function panel(
  outer: Box,
  { held_out, observed, residuals }: Evidence,
  values: readonly number[],
  names: { across: string; up: string },
): string {
  const up = scaleOf([...residuals, -BAND - 0.5, BAND + 0.5], false, outer.bottom, outer.top, 6);
  const box = { ...outer, left: outer.left + gutterOf(up) };
  const across = scaleOf(values, suitLogarithms(values, observed).x, box.left, box.right, Math.round((box.right - box.left) / 90));
  const points = residuals.map((residual, row): [number, number] => [across.at(values[row] as number), up.at(residual)]);
  return [band(box, up), frame(box, across, up, names), zero(box, up), clipped(box, bothKinds(points, held_out).join("\n"))].join("\n");
}

function band({ left, right }: Box, up: Scale): string {
  const [top, bottom] = [up.at(BAND), up.at(-BAND)];
  return `<rect class="band" x="${left}" y="${top.toFixed(1)}" width="${right - left}" height="${(bottom - top).toFixed(1)}"/>`;
}

function zero({ left, right }: Box, up: Scale): string {
  return `<path class="law" d="M${left} ${up.at(0).toFixed(1)}H${right}"/>`;
}
