import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import type { Job } from "../contract/job.ts";
import { probe } from "./embedded.ts";
import { absolute, Unreachable } from "./gateway.ts";
import { EXIT } from "./outcome.ts";
import { type OwnService, withService } from "./service.ts";
import { jobPath, type Session, sessionOf } from "./session.ts";
import { showOutcome } from "./show.ts";
import { post, requestOf } from "./submit.ts";
import { watchJob } from "./wait.ts";

/** From the package's root, which is two folders up both from source and when built. */
const PLANETS = fileURLToPath(new URL("../../data/planets.csv", import.meta.url));
const PLOT_FILE = "orrery-demo.svg";

export function addDemo(program: Command, own: OwnService): void {
  program
    .command("demo")
    .summary("find the law of the planets, from start to plot")
    .description(
      `Find the law of the planets from eight rows, print it and save its plot as ${PLOT_FILE}.\nUses the gateway that answers; if there is none, starts everything on this machine and stops it afterwards.`,
    )
    .addHelpText("after", "\nExample:\n  $ npm run demo")
    .action(async (_options: unknown, self: Command) => {
      const session = sessionOf(self);
      await checkGateway(session, own.url);
      process.exitCode = await withService(session, own, findLaw);
    });
}

async function checkGateway(session: Session, ownUrl: string): Promise<void> {
  const { gateway, terminal } = session;
  const found = await probe(session);
  if (found === "ready") {
    terminal.err.write(`Using the gateway at ${gateway.url}.\n`);
  } else if (found !== "absent") {
    throw new Unreachable(
      `The gateway at ${gateway.url} answers, but is not ready (${found.failing.join(", ")}). Wait for it, or stop it and run the demo again.`,
    );
  } else if (gateway.url !== ownUrl) {
    throw new Unreachable(
      `No gateway answers at ${gateway.url}. Start one there, or leave out the address so that the demo starts its own.`,
    );
  }
}

async function findLaw(session: Session): Promise<number> {
  const { terminal, paint } = session;
  terminal.out.write(`${paint.out("bold", "Eight planets: distance a (AU) and period T (d). Which law?")}\n\n`);
  const request = await requestOf(session, { table: { type: "text/csv", bytes: await readFile(PLANETS) } }, { target: "T", reuse: false });
  const accepted = await post(session, "discover", request);
  const finished = await watchJob(session, accepted.document.job_id);
  if (!finished) return EXIT.interrupted;
  const exitCode = await showOutcome(session, finished, {});
  if (exitCode !== EXIT.notSucceeded) await savePlot(session, finished.document.job_id);
  showLinks(session, finished.document);
  return exitCode;
}

async function savePlot({ gateway, terminal }: Session, id: string): Promise<void> {
  const response = await gateway.open(jobPath(id, "/artifacts/plot.svg"), { headers: { accept: "image/svg+xml" } });
  await writeFile(PLOT_FILE, new Uint8Array(await response.arrayBuffer()));
  terminal.out.write(`\nPlot saved: ${resolve(PLOT_FILE)}\n`);
}

function showLinks({ gateway, terminal, paint, stops }: Session, { job_id: id, links }: Job): void {
  const rows = [["job", links.self ?? jobPath(id)], ["docs", "/docs"], ...(links.temporal_ui ? [["Web UI", links.temporal_ui]] : [])];
  const lines = rows.map(([name = "", link = ""]) => `  ${name.padEnd(10)} ${paint.out("underline", absolute(gateway.url, link))}`);
  const heading = stops ? "Links (they answer again after npm start, which keeps the jobs):" : "Links:";
  terminal.out.write(`\n${[heading, ...lines].join("\n")}\n`);
}
