import type { Command } from "commander";
import { dimensionRules, transforms } from "../contract/request.ts";
import { submitConfig } from "./config.ts";
import { decimals, exponent, integer, list, RANGES } from "./options.ts";
import { type OwnService, withService } from "./service.ts";
import { sessionOf } from "./session.ts";
import { readSource } from "./source.ts";
import { addSubmitOptions, overlay, overlayPart, requestOf, type SubmitOptions, submit } from "./submit.ts";

interface DiscoverOptions extends SubmitOptions {
  inputs?: string[];
  terms?: string[];
  exponent?: Record<string, unknown>;
  transforms?: string[];
  maxTerms?: number;
  dimensions?: string;
  trials?: number;
  noise?: number[];
  maxFits?: number;
}

export function addDiscover(program: Command, own: OwnService): void {
  const command = program
    .command("discover")
    .summary("find the law behind one column of a table")
    .description(
      "Find the law behind one column of a table.\nThe file is a table (CSV, TSV, NDJSON or Parquet; on standard input it is\nknown by its beginning), a JSON request document, {columns, units}, or a YAML\nor JSON document with tgefd_config_version, which is sent as it is.",
    )
    .argument("<file>", "data.csv, .tsv, .ndjson or .parquet, request.json, config.yaml, an https: address, or - for standard input")
    .option("--inputs <columns>", "columns that a law may use, comma-separated (default: all but the target)", list)
    .option("--terms <terms>", "library of terms, comma-separated, such as 1,a^p,sin(a)", list)
    .option("--exponent <name=from:to:step>", "grid of one free exponent; repeat it for more", exponent)
    .option("--transforms <names>", `what of the target is modelled: ${transforms.join(", ")}`, list)
    .option("--max-terms <number>", "most terms in one law", integer(RANGES.maxTerms))
    .option("--dimensions <rule>", `what the units of the columns forbid: ${dimensionRules.join(", ")}`)
    .option("--trials <number>", "noise trials at each level", integer(RANGES.trials))
    .option("--noise <levels>", "levels of the noise trials, comma-separated shares such as 0.01,0.05", decimals(RANGES.noise))
    .option("--max-fits <number>", "most fits that the search may cost", integer(RANGES.maxFits));
  addSubmitOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  $ npx orrery discover planets.csv
  $ npx orrery discover planets.csv --target T --inputs a --terms "1,a^p" --exponent p=-4:4:0.25
  $ npx orrery discover request.json --seed 7 --key planets-1 --detach
  $ cat planets.csv | npx orrery discover - --json | jq .result.law.text`,
    )
    .action(async (file: string, options: DiscoverOptions, self: Command) => {
      const source = await readSource(file);
      process.exitCode = await withService(sessionOf(self), options.detach ? undefined : own, async (session) => {
        if ("config" in source) return submitConfig(session, "discover", source.config, options);
        const request = await requestOf(session, source, options);
        overlay(request, { inputs: options.inputs });
        overlayPart(request, "hypothesis", {
          terms: options.terms,
          exponents: options.exponent,
          transforms: options.transforms,
          max_terms: options.maxTerms,
          dimensions: options.dimensions,
        });
        overlayPart(request, "noise", { trials: options.trials, levels: options.noise });
        overlayPart(request, "budget", { max_fits: options.maxFits });
        return submit(session, "discover", request, options);
      });
    });
}
