/** `npm start`: a whole Orrery on this machine, until Ctrl-C. */
import { ConfigError, loadSettings, loadTemporal } from "../config/load.ts";
import { createReport } from "./report.ts";
import { StartError } from "./start-error.ts";
import { type System, startSystem } from "./system.ts";

/** npm, a shell and the terminal can each pass on the same Ctrl-C; what follows this soon is not a second one. */
const ECHO_MS = 500;

const report = createReport(process.stdout);
const stopping = new AbortController();
let system: System | undefined;
let asked: number | undefined;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    const now = performance.now();
    if (asked === undefined) {
      asked = now;
      report(system ? "\nStopping; running jobs are handed back. Ctrl-C again ends everything at once." : "\nStopping.");
      stopping.abort();
    } else if (now - asked > ECHO_MS) {
      system?.kill();
      process.exit(130);
    }
  });
}

try {
  const settings = loadSettings();
  const temporal = loadTemporal(settings);
  system = await startSystem({ settings, temporal, env: process.env, report, signal: stopping.signal });
  report(welcome(system));
  if (!stopping.signal.aborted) await new Promise((resolve) => stopping.signal.addEventListener("abort", resolve));
  const inOrder = await system.stop();
  report(inOrder ? "Stopped." : "Stopped, but not in order.");
  process.exit(inOrder ? 0 : 1);
} catch (error) {
  if (stopping.signal.aborted) process.exit(0);
  const expected = error instanceof StartError || error instanceof ConfigError;
  process.stderr.write(`${error instanceof Error ? (!expected && error.stack) || error.message : String(error)}\n`);
  process.exit(1);
}

function welcome({ url, uiUrl, dataDir, temporalAddress }: System): string {
  // The clock starts with the process, so the time is what a person waited.
  return [
    `Orrery is ready in ${(performance.now() / 1_000).toFixed(1)} s`,
    `  gateway    ${url}`,
    `  API docs   ${url}/docs`,
    `  Temporal   ${temporalAddress}${uiUrl === undefined ? "" : `, Web UI ${uiUrl}`}`,
    `  data       ${dataDir} (logs in logs/)`,
    `Try: npm run demo, or curl ${url}/health. Ctrl-C stops everything.`,
  ].join("\n");
}
