import { type Command, InvalidArgumentError, Option } from "commander";
import { ERRORS, type ErrorCode, isErrorCode } from "../contract/errors.ts";
import { DEAD_LETTER_REASONS, KINDS } from "../contract/names.ts";
import { nearest } from "../contract/nearest.ts";

/** Which dead letters are meant. */
export interface Filter {
  kind?: string;
  reason?: string;
  code?: ErrorCode;
  job?: string;
  since?: string;
}

/** The names of the API. */
const FILTERS = { kind: "kind", reason: "reason", code: "code", job: "job_id", since: "since" } as const;

/** Adds the options that choose dead letters. */
export function filtered(command: Command): Command {
  return command
    .addOption(new Option("--kind <kind>", "only this kind").choices(KINDS))
    .addOption(new Option("--reason <reason>", "only this reason").choices(DEAD_LETTER_REASONS))
    .option("--code <code>", "only this error code", errorCode)
    .option("--job <id>", "only those of this job's runs")
    .option("--since <time>", "only those that failed at this time or later: a date, or 2026-01-31T12:00:00Z");
}

/** The filter as the API takes it. */
export function filterOf(options: Filter): Record<string, string> {
  const given = Object.entries(FILTERS).map(([option, name]) => [name, options[option as keyof Filter]] as const);
  return Object.fromEntries(given.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

function errorCode(text: string): ErrorCode {
  if (isErrorCode(text)) return text;
  const meant = nearest(text, Object.keys(ERRORS));
  throw new InvalidArgumentError(
    meant === undefined ? "There is no such code; docs/errors has a page for each." : `Did you mean ${meant}?`,
  );
}
