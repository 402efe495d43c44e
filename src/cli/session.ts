import type { Command } from "commander";
import { createGateway, type Gateway } from "./gateway.ts";
import { type Paint, painter, type Terminal } from "./terminal.ts";

/** What a command that talks to a gateway works with. */
export interface Session {
  gateway: Gateway;
  terminal: Terminal;
  /** Colours of the result and of everything beside it. */
  paint: { out: Paint; err: Paint };
  /** A command to type next, with the address if this one needed it. */
  next: (words: string) => string;
  /** Aborts when the service that this command started has to stop or ends by itself. Absent if a gateway was there before. */
  stops?: AbortSignal;
}

/** The session of a parsed command: `--url` if given, else the address from the settings, which is the option's default. */
export function sessionOf(command: Command): Session {
  const { url } = command.optsWithGlobals<{ url: string }>();
  const given = command.getOptionValueSourceWithGlobals("url") === "cli";
  const terminal = { out: process.stdout, err: process.stderr };
  return {
    gateway: createGateway(url),
    terminal,
    paint: { out: painter(terminal.out), err: painter(terminal.err) },
    next: (words) => `npx orrery ${words}${given ? ` --url ${url}` : ""}`,
  };
}

export function jobPath(id: string, rest = ""): string {
  return `/v1/jobs/${encodeURIComponent(id)}${rest}`;
}
