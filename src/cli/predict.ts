import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Command } from "commander";
import type { Job } from "../contract/job.ts";
import type { DatasetSource } from "../contract/request.ts";
import { type Law, result } from "../contract/result.ts";
import { UsageError } from "./failure.ts";
import { Refused, type Reply } from "./gateway.ts";
import { EXIT } from "./outcome.ts";
import { type OwnService, withService } from "./service.ts";
import { jobPath, type Session, sessionOf } from "./session.ts";
import { showOutcome } from "./show.ts";
import { datasetOf, readSource } from "./source.ts";
import { post } from "./submit.ts";
import { writeDocument } from "./terminal.ts";
import { watchJob } from "./wait.ts";
import { inCliWords } from "./words.ts";

interface PredictOptions {
  data?: string;
  refit?: boolean;
  out?: string;
  json?: boolean;
}

const JOB_ID = /^(discover|evaluate)-[0-9a-v-]{32,}$/;

export function addPredict(program: Command, own: OwnService): void {
  program
    .command("predict")
    .summary("apply a law to new rows")
    .description(
      "Apply the law of a finished job, or a given one, to new rows. Prints them as CSV with the prediction, the interval that holds a new\nobservation with probability 95 %, and whether the row lies outside the range of the data.",
    )
    .argument("<law>", 'id of a finished job, or a formula such as "T = 365.2*a^1.5"')
    .argument("<file>", "rows with the columns that the law names: CSV, TSV, {columns, units}, or - for standard input")
    .option("--data <file>", "table that the law is about, of which its scatter is known (default: that of the job)")
    .option("--refit", "fit the constants of a given formula to --data")
    .option("--out <file>", "write the CSV to a file instead of standard output")
    .option("--json", "print the server's JSON document of the evaluate job and nothing else")
    .addHelpText(
      "after",
      `
Examples:
  $ npx orrery predict discover-0198f3c2-7d1e-7000-8000-5a2b9c4d1e0f asteroids.csv --out periods.csv
  $ npx orrery predict "T = 365.2*a^1.5" asteroids.csv --data planets.csv`,
    )
    .action(async (law: string, file: string, options: PredictOptions, self: Command) => {
      process.exitCode = await withService(sessionOf(self), own, async (session) => {
        const request = JOB_ID.test(law) ? await requestOfJob(session, law, options) : await requestOfFormula(session, law, options);
        const predict = await tableOf(session, file);
        const accepted = await post(session, "evaluate", { ...request, predict }).catch(explainMissing);
        const finished = await watchJob(session, accepted.document.job_id);
        return finished ? showPredictions(session, finished, options) : EXIT.interrupted;
      });
    });
}

/** The law of a job with its own table. Constants that the job fitted are fitted again, to the same values, so that intervals count their uncertainty. */
async function requestOfJob(session: Session, id: string, options: PredictOptions): Promise<object> {
  const { document } = await session.gateway.read(result, jobPath(id, "/result"));
  const law = document.law ?? document.candidate;
  if (!law) throw new UsageError(`The job ${id} found no law, not even a candidate.`);
  if (!document.law) {
    session.terminal.err.write(
      `The law of this job is ${document.verdict} (${document.reasons.join(", ")}); this is its best candidate.\n`,
    );
  }
  const { target, transform, ast } = law;
  return {
    dataset: options.data === undefined ? ownDataset(document.dataset.hash) : await tableOf(session, options.data),
    law: { target, transform, ast },
    constants: isFitted(law) ? "refit" : "given",
    seed: document.seed,
  };
}

async function requestOfFormula(session: Session, law: string, options: PredictOptions): Promise<object> {
  if (options.data === undefined) {
    throw new UsageError(
      `"${law}" is no id of a job, and a formula needs --data <file>: the table that it is about, of which its scatter is known.`,
    );
  }
  return { dataset: await tableOf(session, options.data), law, constants: options.refit ? "refit" : "given" };
}

async function tableOf(session: Session, file: string): Promise<DatasetSource> {
  const source = await readSource(file);
  if ("request" in source || "config" in source)
    throw new UsageError(`${file} is a request document; give a table or {"columns": {"a": [1, 2]}}.`);
  return datasetOf(session, source);
}

function ownDataset(hash: string): DatasetSource {
  return { source: "stored", dataset_id: `ds_${hash.replace(/^sha256:/, "")}` };
}

function isFitted({ terms }: Law): boolean {
  return terms.some(({ interval }) => interval !== null);
}

/** A table that travelled inside its request is in no store. */
function explainMissing(error: unknown): never {
  if (error instanceof Refused && error.problem.code === "dataset_not_found") {
    throw new UsageError("The table of that job is not in the store. Give it with --data <file>.");
  }
  throw error;
}

async function showPredictions(session: Session, reply: Reply<Job>, options: PredictOptions): Promise<number> {
  const { gateway, terminal } = session;
  const { job_id: id, status, result: found } = reply.document;
  if (status !== "succeeded" || !found?.predictions) return showOutcome(session, reply, options);
  if (options.json) writeDocument(terminal, reply.text);
  else {
    const { body } = await gateway.open(jobPath(id, `/artifacts/${found.predictions.artifact}`));
    const file = options.out === undefined ? undefined : createWriteStream(options.out);
    if (body) await pipeline(Readable.fromWeb(body), file ?? terminal.out, { end: file !== undefined });
    if (file) terminal.err.write(`Wrote ${found.predictions.rows} predictions to ${options.out}.\n`);
  }
  if (!found.law) {
    terminal.err.write(`The law does not hold on its own data (${found.reasons.join(", ")}). Why:  ${session.next(`result ${id}`)}\n`);
  }
  for (const note of found.predictions.notes) terminal.err.write(`${inCliWords(note)}\n`);
  return EXIT.accepted;
}
