import { Refused } from "./gateway.ts";
import type { Paint } from "./terminal.ts";
import { inCliWords } from "./words.ts";

/** The command line or a file that it names is wrong. The message names the value and the next step. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** A failed command in lines for people: what happened, the offending values, where to read on. */
export function describeFailure(error: unknown, paint: Paint): string {
  if (error instanceof Refused) return describeProblem(error, paint);
  const message = error instanceof Error ? error.message : String(error);
  return `${paint("red", "error:")} ${message}\n`;
}

function describeProblem({ problem, page }: Refused, paint: Paint): string {
  const { title, detail, errors = [], code, request_id: requestId } = problem;
  // A single fault is often the detail in other words: then only its place is news, or not even that.
  const faults = errors
    .map((fault) => ({ pointer: fault.pointer || "/", text: detail.includes(fault.detail) ? "" : fault.detail }))
    .filter(({ pointer, text }) => text !== "" || !detail.includes(pointer));
  const lines = [
    `${paint("red", "error:")} ${title}`,
    ...(detail === title ? [] : [`  ${inCliWords(detail)}`]),
    ...faults.map(({ pointer, text }) => `  ${text ? "" : "at "}${paint("bold", inCliWords(pointer))}${text && `  ${inCliWords(text)}`}`),
    paint("dim", `  code ${code}, request ${requestId}, see ${page}`),
  ];
  return `${lines.join("\n")}\n`;
}
