import type { Evidence } from "../../contract/result.ts";
import { frame, gutterOf, legend, line, page, pixel, WIDTH } from "./page.ts";
import { type Scale, shareScale } from "./scale.ts";
import { figure } from "./text.ts";

const HEIGHT = 240;
const BAR = 44;
/** Two-sided 95 % point of the normal distribution. */
const Z = 1.959964;

/** At each level of noise the share of trials that keep the law's terms, with its 95 % interval, and the least that is asked. */
export function drawStability({ law, stability }: Evidence): string {
  const { levels, limit } = stability;
  const percent = (share: number) => `${figure(100 * share, 3)} %`;
  return page({
    title: "Stability: does the law survive a little noise?",
    subtitle: "share of trials with added noise in which the same terms won · intervals of 95 %",
    description: `${levels.map(({ level, trials, kept }) => `noise ${percent(level)}: ${kept} of ${trials} trials kept the law`).join("; ")}. Law: ${law}`,
    body(top) {
      const [above, bottom] = [top + 32, top + 32 + HEIGHT];
      const up = shareScale(bottom, above);
      const box = { left: gutterOf(up), right: WIDTH - 24, top: above, bottom };
      const step = (box.right - box.left) / levels.length;
      const across: Scale = {
        ticks: levels.map(({ level }, value) => ({ value, label: percent(level) })),
        at: (index) => box.left + (index + 0.5) * step,
      };
      const bars = levels.map(({ kept, trials, share, decides }, index) => {
        const [x, y] = [across.at(index), up.at(share)];
        const [low, high] = wilson(kept, trials).map((value) => pixel(up.at(value))) as [string, string];
        return [
          `<rect class="${decides ? "bar" : "idle"}" x="${pixel(x - BAR / 2)}" y="${pixel(y)}" width="${BAR}" height="${pixel(bottom - y)}"/>`,
          `<path class="whisker" d="M${pixel(x)} ${low}V${high}M${pixel(x - 5)} ${low}h10M${pixel(x - 5)} ${high}h10"/>`,
          `<text class="middle" x="${pixel(x)}" y="${above - 7}">${kept} of ${trials}</text>`,
        ].join("\n");
      });
      const floor =
        limit === null
          ? []
          : [
              line(
                [
                  [box.left, up.at(limit)],
                  [box.right, up.at(limit)],
                ],
                "limit",
              ),
            ];
      const key = {
        sign: (x: number, y: number) =>
          line(
            [
              [x - 9, y],
              [x + 9, y],
            ],
            "limit",
          ),
        text: `least share of all trials: ${percent(limit ?? 0)}`,
      };
      const idle = {
        sign: (x: number, y: number) => `<rect class="idle" x="${x - 9}" y="${y - 5}" width="18" height="10"/>`,
        text: "more noise than the data's own, does not decide",
      };
      const svg = [
        legend(box.left, top, [...(limit === null ? [] : [key]), ...(levels.every(({ decides }) => decides) ? [] : [idle])]),
        frame(box, across, up, {
          across: "added noise (share of the target's standard deviation, or of each value)",
          up: "trials that keep the law",
        }),
        ...bars,
        ...floor,
      ];
      return { svg: svg.join("\n"), height: bottom + 52 };
    },
  });
}

/** Interval of a share, also near 0 and 1; Wilson, JASA 22 (1927). */
function wilson(kept: number, trials: number): [number, number] {
  const [share, weight] = [kept / trials, Z ** 2 / trials];
  const middle = (share + weight / 2) / (1 + weight);
  const half = (Z * Math.sqrt((share * (1 - share)) / trials + weight / (4 * trials))) / (1 + weight);
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}
