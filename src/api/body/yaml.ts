import { parseDocument, type ScalarTag } from "yaml";
import { OrreryError } from "../../contract/errors.ts";

/** Media types of YAML bodies; the first is the registered one. */
export const YAML_TYPES = ["application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"] as const;

/** The parser reads about 0.8 MB in a second, and the gateway does nothing else meanwhile. */
export const MAX_YAML_BYTES = 262_144;

/** Each alias repeats what it names, so their number bounds how far a small document expands. */
const MAX_ALIASES = 100;

/** A YAML tag of plain scalars that match `test`. */
function scalar(name: string, test: RegExp, resolve: (text: string) => unknown): ScalarTag {
  return { tag: `tag:yaml.org,2002:${name}`, default: true, test, resolve };
}

const digits = (text: string) => text.replaceAll("_", "");
const signed = (text: string, read: (magnitude: string) => number) => {
  const magnitude = read(digits(text).replace(/^[-+]/, ""));
  return text.startsWith("-") ? -magnitude : magnitude;
};
const sexagesimal = (text: string) =>
  signed(text, (magnitude) => magnitude.split(":").reduce((sofar, part) => sofar * 60 + Number(part), 0));

/**
 * Plain scalars as PyYAML reads YAML 1.1. `y` and `n` are texts, and so is a key of that name; a float needs a dot and its
 * exponent a sign, so `1e-6` is a text; 010 is eight and 1:30 ninety. Dates stay texts.
 */
const SCALARS: ScalarTag[] = [
  scalar("null", /^(?:~|null|Null|NULL|)$/, () => null),
  scalar("bool", /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/, () => true),
  scalar("bool", /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/, () => false),
  scalar("int", /^[-+]?0b[01_]+$/, (text) => signed(text, (magnitude) => Number.parseInt(magnitude.slice(2), 2))),
  scalar("int", /^[-+]?0x[0-9a-fA-F_]+$/, (text) => signed(text, (magnitude) => Number.parseInt(magnitude.slice(2), 16))),
  scalar("int", /^[-+]?0[0-7_]+$/, (text) => signed(text, (magnitude) => Number.parseInt(magnitude, 8))),
  scalar("int", /^[-+]?(?:0|[1-9][0-9_]*)$/, (text) => signed(text, Number)),
  scalar("int", /^[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+$/, sexagesimal),
  scalar("float", /^[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?$/, (text) => signed(text, Number)),
  scalar("float", /^\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?$/, (text) => signed(text, Number)),
  scalar("float", /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*$/, sexagesimal),
  scalar("float", /^[-+]?\.(?:inf|Inf|INF)$/, (text) => signed(text, () => Number.POSITIVE_INFINITY)),
  scalar("float", /^\.(?:nan|NaN|NAN)$/, () => Number.NaN),
];

/** Parses one YAML 1.1 document. Throws `malformed_yaml` with the line. */
export function parseYaml(text: string): unknown {
  try {
    const document = parseDocument(text, { version: "1.1", schema: "failsafe", customTags: SCALARS, merge: true, logLevel: "error" });
    const [error] = document.errors;
    if (error) throw error;
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    // Beside its own errors: an alias without an anchor, too many aliases, a nesting that exhausts the stack.
    const [reason = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    throw new OrreryError("malformed_yaml", `The body is not valid YAML (${reason.slice(0, 200)}); correct it and send it again.`);
  }
}
