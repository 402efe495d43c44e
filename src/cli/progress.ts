import type { Progress } from "../contract/job.ts";
import { span } from "./figures.ts";
import type { Session } from "./session.ts";

/** Shows how a job gets on, on standard error. */
export interface ProgressView {
  update(state: ProgressState): void;
  /** Removes the updating line, so that what follows starts on a clean one. */
  close(): void;
}

export interface ProgressState {
  status?: string;
  progress?: Progress | null;
  /** Why nothing is computing now, in one sentence. */
  waiting?: string | null;
}

const BAR = 24;
/** Without a terminal each line stays, so only a few are written: one for each new phase or state. */
const MAX_PLAIN_LINES = 8;

export function createProgressView({ terminal: { err }, paint }: Session): ProgressView {
  let state: ProgressState = {};
  const started = performance.now();

  if (!err.isTTY) {
    let written = 0;
    let last = "";
    return {
      update(change) {
        state = { ...state, ...change };
        const line = [state.status, state.progress?.phase, state.waiting].filter(Boolean).join(", ");
        if (line === "" || line === last || written >= MAX_PLAIN_LINES) return;
        last = line;
        written += 1;
        err.write(`job ${line}\n`);
      },
      close() {},
    };
  }

  let heard = started;
  const draw = () => {
    const line = describe(state, secondsSince(started), secondsSince(heard)).slice(0, (err.columns || 80) - 1);
    err.write(`\r\u001b[2K${paint.err("cyan", line)}`);
  };
  // A waiting job sends nothing for a long time; the running seconds show that the command is alive.
  const ticker = setInterval(draw, 1_000);
  ticker.unref();
  return {
    update(change) {
      state = { ...state, ...change };
      if (change.progress) heard = performance.now();
      draw();
    },
    close() {
      clearInterval(ticker);
      err.write("\r\u001b[2K");
    },
  };
}

/** `age` is how long ago the progress came: the estimate of the time left goes on from there. */
function describe({ status = "", progress, waiting }: ProgressState, elapsedSeconds: number, age: number): string {
  const elapsed = span(Math.floor(elapsedSeconds));
  if (waiting) return `${status}  ${waiting}  ${elapsed}`;
  if (!progress) return `${status}  ${elapsed}`;
  const filled = Math.round(Math.min(1, Math.max(0, progress.fraction)) * BAR);
  const bar = `${"█".repeat(filled)}${"░".repeat(BAR - filled)}`;
  const seconds = Math.round((progress.eta_seconds ?? 0) - age);
  const left = seconds > 0 ? `, about ${span(seconds)} left` : "";
  return `${progress.phase.padEnd(7)} ${bar} ${String(Math.floor(progress.fraction * 100)).padStart(3)} %  ${elapsed}${left}`;
}

function secondsSince(moment: number): number {
  return (performance.now() - moment) / 1_000;
}
