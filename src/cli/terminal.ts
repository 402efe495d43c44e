import { styleText } from "node:util";

/** Where a command writes: results to `out`, everything else (progress, advice, errors) to `err`. */
export interface Terminal {
  out: NodeJS.WriteStream;
  err: NodeJS.WriteStream;
}

type Style = Parameters<typeof styleText>[0];
export type Paint = (style: Style, text: string) => string;

/** Colours for one stream. Plain text if it is not a terminal or NO_COLOR is set, which `styleText` decides. */
export function painter(stream: NodeJS.WriteStream): Paint {
  return (style, text) => styleText(style, text, { stream });
}

/** Columns to fill: those of the terminal, but at most 80, which every reader of a log can show. */
export function widthOf(stream: NodeJS.WriteStream): number {
  return Math.max(60, Math.min(80, stream.isTTY ? stream.columns : 80));
}

/** Aligns cells in columns, two spaces apart; cells that read as numbers are set right, the last column is never padded. */
export function aligned(rows: readonly (readonly string[])[]): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        if (/^-?[\d.]+(e[+-]?\d+)?$/.test(cell)) return cell.padStart(width);
        return column === row.length - 1 ? cell : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd(),
  );
}

/** Writes a document exactly as the server sent it, ended by one newline. */
export function writeDocument({ out }: Terminal, text: string): void {
  out.write(text.endsWith("\n") ? text : `${text}\n`);
}
