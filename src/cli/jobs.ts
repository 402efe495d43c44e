import { type Command, Option } from "commander";
import type { z } from "zod";
import { type Job, jobList } from "../contract/job.ts";
import { KINDS, STATUSES, VERDICTS } from "../contract/names.ts";
import { span } from "./figures.ts";
import { integer } from "./options.ts";
import { type Session, sessionOf } from "./session.ts";
import { aligned, writeDocument } from "./terminal.ts";

type JobList = z.infer<typeof jobList>;

interface JobsOptions {
  kind?: string;
  status?: string;
  verdict?: string;
  limit: number;
  page?: string;
  json?: boolean;
}

/** Most jobs of one page of the API. */
const MAX_LIMIT = 100;

const FILTERS = ["kind", "status", "verdict"] as const;

export function addJobs(program: Command): void {
  program
    .command("jobs")
    .summary("list jobs, newest first")
    .description("List jobs, newest first.")
    .addOption(new Option("--kind <kind>", "only this kind").choices(KINDS))
    .addOption(new Option("--status <status>", "only this status").choices(STATUSES))
    .addOption(new Option("--verdict <verdict>", "only this verdict").choices(VERDICTS))
    .option("--limit <number>", "most jobs to list", integer({ minValue: 1, maxValue: MAX_LIMIT }), 20)
    .option("--page <token>", "continue a longer list")
    .option("--json", "print the server's document and nothing else")
    .addHelpText("after", "\nExamples:\n  $ npx orrery jobs --status failed\n  $ npx orrery jobs --verdict accepted --limit 5 --json")
    .action(async (options: JobsOptions, self: Command) => {
      const session = sessionOf(self);
      const query = new URLSearchParams({ page_size: String(options.limit) });
      for (const name of FILTERS) if (options[name]) query.set(name, options[name]);
      if (options.page) query.set("page_token", options.page);
      const { text, document } = await session.gateway.read(jobList, `/v1/jobs?${query.toString()}`);
      if (options.json) writeDocument(session.terminal, text);
      else showJobs(document, options, session);
    });
}

function showJobs({ jobs, next_page_token: nextPage }: JobList, options: JobsOptions, { terminal, next }: Session): void {
  const rows = jobs.map((job) => [job.job_id, job.kind, job.status, job.verdict ?? job.error?.code ?? "", `${ageOf(job)} ago`]);
  if (rows.length > 0) terminal.out.write(`${aligned([["JOB", "KIND", "STATUS", "OUTCOME", "CREATED"], ...rows]).join("\n")}\n`);
  const filter = [...FILTERS, "page" as const].flatMap((name) => (options[name] ? [`--${name} ${options[name]}`] : []));
  if (nextPage) terminal.err.write(`There are more. Add:  --page ${nextPage}\n`);
  else if (rows.length === 0 && filter.length > 0) terminal.err.write(`No job matches ${filter.join(" ")}. All jobs:  ${next("jobs")}\n`);
  else if (rows.length === 0) terminal.err.write(`No jobs. Submit one:  ${next("discover <file.csv>")}\n`);
}

function ageOf({ created_at: created }: Job): string {
  return span(Math.max(0, Math.round((Date.now() - Date.parse(created)) / 1_000)));
}
