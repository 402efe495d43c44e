import { type Command, Option } from "commander";
import { DEAD_LETTER_REASONS, KINDS } from "../contract/names.ts";

/** Which dead letters are meant. */
export interface Filter {
  kind?: string;
  reason?: string;
  code?: string;
  since?: string;
}

const FILTERS = ["kind", "reason", "code", "since"] as const;

/** Adds the options that choose dead letters. */
export function filtered(command: Command): Command {
  return command
    .addOption(new Option("--kind <kind>", "only this kind").choices(KINDS))
    .addOption(new Option("--reason <reason>", "only this reason").choices(DEAD_LETTER_REASONS))
    .option("--code <code>", "only this error code")
    .option("--since <time>", "only those that failed at this time or later, such as 2026-01-31T12:00:00Z");
}

export function filterOf(options: Filter): Filter {
  return Object.fromEntries(FILTERS.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])));
}
