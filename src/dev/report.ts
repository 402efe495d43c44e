/** Tells a person what happens. A `progress` line replaces the one before it; the others stay. */
export type Report = (line: string, kind?: "progress") => void;

/** Where no terminal can replace a line, a progress line is written this often. */
const PROGRESS_MS = 15_000;

/** A report that writes to `stream`: one updating line for progress on a terminal, else a line every 15 s. */
export function createReport(stream: NodeJS.WriteStream): Report {
  let updating = false;
  let last = Number.NEGATIVE_INFINITY;
  return (line, kind) => {
    if (kind === "progress" && stream.isTTY) {
      stream.write(`\r\u001b[2K${line.slice(0, stream.columns - 1)}`);
      updating = true;
      return;
    }
    if (kind === "progress") {
      if (performance.now() - last < PROGRESS_MS) return;
      last = performance.now();
    }
    stream.write(updating ? `\r\u001b[2K${line}\n` : `${line}\n`);
    updating = false;
  };
}
