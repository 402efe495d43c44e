import type { Command } from "commander";
import { submitConfig } from "./config.ts";
import { UsageError } from "./failure.ts";
import { type OwnService, withService } from "./service.ts";
import { sessionOf } from "./session.ts";
import { readSource } from "./source.ts";
import { addSubmitOptions, overlay, requestOf, type SubmitOptions, submit } from "./submit.ts";

interface EvaluateOptions extends SubmitOptions {
  law?: string;
  refit?: boolean;
}

export function addEvaluate(program: Command, own: OwnService): void {
  const command = program
    .command("evaluate")
    .summary("score a given law on a table")
    .description("Score a given law on a table, by the tests of the last step of discover. Rivals are not looked for.")
    .argument("<file>", "data.csv, .tsv, .ndjson or .parquet, request.json, config.yaml, an https: address, or - for standard input")
    .option("--law <formula>", 'formula in the names of the columns, such as "T = 365.2*a^1.5"; a request document may hold it instead')
    .option("--refit", "fit the coefficients of the law to this table instead of keeping them");
  addSubmitOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  $ npx orrery evaluate planets.csv --law "T = 365.2*a^1.5"
  $ npx orrery evaluate planets.csv --law "T = a^1.5" --refit --json`,
    )
    .action(async (file: string, options: EvaluateOptions, self: Command) => {
      const source = await readSource(file);
      if ("config" in source) {
        const { config } = source;
        process.exitCode = await withService(sessionOf(self), options.detach ? undefined : own, (session) =>
          submitConfig(session, "evaluate", config, options),
        );
        return;
      }
      if (options.law === undefined && !("request" in source && "law" in source.request)) {
        throw new UsageError('There is no law to evaluate. Give --law <formula>, such as --law "T = 365.2*a^1.5".');
      }
      process.exitCode = await withService(sessionOf(self), options.detach ? undefined : own, async (session) => {
        const request = await requestOf(session, source, options);
        overlay(request, { law: options.law, constants: options.refit ? "refit" : undefined });
        return submit(session, "evaluate", request, options);
      });
    });
}
