import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { expect, test } from "vitest";
import { drawChart } from "../../src/cli/chart.ts";
import { renderResult } from "../../src/cli/report.ts";
import type { Evidence, Result } from "../../src/contract/result.ts";
import { readTable } from "../data/read.ts";
import { discover, evaluate } from "../engine/support.ts";

/** A command of a page, which parts of its output the page shows, and that output. */
const EXAMPLE = /```sh\nnpx orrery (discover|evaluate) data\/(\S+)(.*)\n```\n\n(?:<!-- shows: (.*) -->\n)?```text\n[^`]*```/g;

/**
 * The pages print what their commands print. After a change of the engine or of the report, this writes them anew:
 * npx vitest run test/docs/pages.test.ts --update
 */
test.each(["tutorial.md", "no-law.md"])("docs/%s shows what its commands print", async (page) => {
  const path = fileURLToPath(new URL(`../../docs/${page}`, import.meta.url));
  const text = readFileSync(path, "utf8");
  const examples = [...text.matchAll(EXAMPLE)];
  expect(examples.length).toBe(text.match(/^npx orrery (discover|evaluate) data\/.*\n```$/gm)?.length);
  let shown = text;
  for (const [whole, kind = "", file = "", options = "", parts] of examples) {
    const output = await outputOf(kind, file, options);
    const kept = parts ? partsOf(output, parts.split(", ")) : output;
    // A function, because a replacement text would read $ as a reference.
    shown = shown.replace(whole, () => whole.replace(/```text\n[^`]*```$/, () => `\`\`\`text\n${kept}\n\`\`\``));
  }
  await expect(shown).toMatchFileSnapshot(path);
});

/** The blocks of a report, which blank lines part, that begin with one of the titles. */
function partsOf(output: string, titles: readonly string[]): string {
  const wanted = titles.flatMap((title) => (title === "Law" ? ["Law", "Best candidate"] : [title]));
  return output
    .split("\n\n")
    .filter((block) => wanted.some((title) => block.startsWith(title)))
    .join("\n\n");
}

async function outputOf(kind: string, file: string, options: string): Promise<string> {
  const { columns, units } = await readTable(file);
  const values = Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, [...column]]));
  const dataset = { source: "inline", columns: values, units };
  const { law, ...asked } = requestOf(options);
  const found = kind === "discover" ? discover(values, { ...asked, dataset }) : evaluate(values, law ?? "", { ...asked, dataset });
  return printed(found);
}

function printed({ result, evidence }: { result: Result; evidence: Evidence }): string {
  const plain = (_style: unknown, text: string) => text;
  return [...renderResult(result, evidence, plain), "", ...drawChart(evidence, 80, plain)].join("\n");
}

/** The options of the commands in the pages, as the command line lays them over the request. */
function requestOf(options: string): { law?: string } & Record<string, unknown> {
  const args = Array.from(options.matchAll(/"([^"]*)"|\S+/g), ([whole, quoted]) => quoted ?? whole);
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args,
    options: { target: text, inputs: text, terms: text, transforms: text, law: text, refit: { type: "boolean" } },
  });
  const { target, inputs, terms, transforms, law, refit } = values;
  const hypothesis = { ...(terms && { terms: terms.split(",") }), ...(transforms && { transforms: transforms.split(",") }) };
  return {
    ...(target && { target }),
    ...(inputs && { inputs: inputs.split(",") }),
    ...(Object.keys(hypothesis).length > 0 && { hypothesis }),
    ...(law && { law }),
    ...(refit && { constants: "refit" }),
  };
}
