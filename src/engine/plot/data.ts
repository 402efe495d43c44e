import type { Evidence } from "../../contract/result.ts";
import { type Box, clipped, dots, frame, gutterOf, legend, line, page, WIDTH } from "./page.ts";
import { rangeOf, type Scale, scaleOf, suitLogarithms } from "./scale.ts";
import { figure, labelled } from "./text.ts";

const HEIGHT = 330;
/** More rows than this are a cloud that would hide the law: it lies over them, below them otherwise. */
const DENSE = 500;

/**
 * The data against the law: the target over the only column of the law with the law as a line, or the observed over the
 * fitted value with the line on which both are equal. Held-out rows are hollow.
 */
export function drawData(evidence: Evidence): string {
  const { axis, law, observed, target, unit, x } = evidence;
  const direct = evidence.curve !== null;
  const held = evidence.held_out.length;
  return page({
    title: law,
    subtitle: [standing(evidence), rowsOf(evidence), ...(direct ? [] : ["observed against fitted values"])].join(" · "),
    description:
      `${labelled(target, unit)} against ${labelled(axis, evidence.axis_unit)} of ${x.length} rows, ${held} of them held out of the search. ` +
      `Observed from ${rangeOf(observed)
        .map((value) => figure(value, 4))
        .join(" to ")}. Law: ${law}`,
    body(top) {
      const { box, across, up } = scalesOf(evidence, top + 14);
      const at = (xs: readonly number[], ys: readonly number[]) =>
        xs.map((value, row): [number, number] => [across.at(value), up.at(ys[row] as number)]);
      const points = at(x, observed);
      const names = {
        across: labelled(direct ? axis : `fitted ${target}`, evidence.axis_unit),
        up: labelled(direct ? target : `observed ${target}`, unit),
      };
      const curve = line(lawLine(evidence, box, across, up), "law");
      const rows = bothKinds(points, evidence.held_out);
      const svg = [
        legend(box.left, top, [
          { sign: (cx, cy) => dots([[cx, cy]], 8, false), text: "data" },
          ...(held > 0 ? [{ sign: (cx: number, cy: number) => dots([[cx, cy]], 8, true), text: "held out of the search" }] : []),
          {
            sign: (cx, cy) =>
              line(
                [
                  [cx - 9, cy],
                  [cx + 9, cy],
                ],
                "law",
              ),
            text: direct ? "law" : "observed = fitted",
          },
        ]),
        frame(box, across, up, names),
        clipped(box, (points.length > DENSE ? [...rows, curve] : [curve, ...rows]).join("\n")),
      ];
      return { svg: svg.join("\n"), height: box.bottom + 52 };
    },
  });
}

function scalesOf({ curve, fitted, observed, x }: Evidence, top: number): { box: Box; across: Scale; up: Scale } {
  const bottom = top + HEIGHT;
  const logs = suitLogarithms(x, observed);
  // Both axes show the same quantity where there is no curve.
  const seen = curve ? observed : [...observed, ...fitted];
  const positive = rangeOf(seen)[0] > 0;
  const upLog = curve ? logs.y : positive && (logs.x || logs.y);
  const shown = curve ? [...observed, ...fitted.filter((value) => !upLog || value > 0)] : seen;
  const up = scaleOf(shown, upLog, bottom, top, 6);
  const box = { left: gutterOf(up), right: WIDTH - 24, top, bottom };
  const across = scaleOf(curve ? x : shown, curve ? logs.x : upLog, box.left, box.right, 8);
  return { box, across, up };
}

function lawLine({ curve, fitted, observed }: Evidence, box: Box, across: Scale, up: Scale): ([number, number] | null)[] {
  if (!curve) return rangeOf([...observed, ...fitted]).map((value) => [across.at(value), up.at(value)]);
  const sideOf = (y: number) => (y < box.top ? -1 : y > box.bottom ? 1 : 0);
  let before = 0;
  return curve.x.flatMap((value, index): ([number, number] | null)[] => {
    const y = curve.y[index] ?? null;
    const height = y === null ? Number.NaN : up.at(y);
    if (Number.isNaN(height)) return [null];
    const side = sideOf(height);
    // From beyond one edge to beyond the other: a pole, which no line crosses.
    const jumps = side * before === -1;
    before = side;
    // A renderer's coordinates are floats.
    const point: [number, number] = [across.at(value), Math.max(-1e5, Math.min(1e5, height))];
    return jumps ? [null, point] : [point];
  });
}

/** The dots of the training rows, and the hollow ones of the held-out rows over them. */
export function bothKinds(points: readonly [number, number][], heldOut: readonly number[]): string[] {
  const held = new Set(heldOut);
  const size = points.length > 500 ? 4 : points.length > 100 ? 6 : 8;
  return [
    dots(
      points.filter((_, row) => !held.has(row)),
      size,
      false,
    ),
    dots(
      points.filter((_, row) => held.has(row)),
      size + 1,
      true,
    ),
  ];
}

/** What became of the law. */
export function standing({ verdict }: Evidence): string {
  return verdict === "accepted" ? "accepted" : verdict === "rejected" ? "best candidate, not accepted" : "best so far, search cut short";
}

/** "8 rows", or "2,000 of 10,000 rows shown". */
export function rowsOf({ rows, x }: Evidence): string {
  return x.length === rows ? `${figure(rows)} ${rows === 1 ? "row" : "rows"}` : `${figure(x.length)} of ${figure(rows, 7)} rows shown`;
}
