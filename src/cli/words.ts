/** The option that sets each member of a document or query, by its pointer. */
const FLAGS: Record<string, string> = {
  "/target": "--target",
  "/inputs": "--inputs",
  "/law": "--law",
  "/constants": "--refit",
  "/seed": "--seed",
  "/priority": "--priority",
  "/callback_url": "--callback-url",
  "/narrative": "--narrative",
  "/decision/false_acceptance": "--false-acceptance",
  "/budget/deadline_seconds": "--deadline",
  "/budget/max_fits": "--max-fits",
  "/hypothesis/terms": "--terms",
  "/hypothesis/exponents": "--exponent",
  "/hypothesis/transforms": "--transforms",
  "/hypothesis/max_terms": "--max-terms",
  "/hypothesis/dimensions": "--dimensions",
  "/noise/trials": "--trials",
  "/noise/levels": "--noise",
  "/kind": "--kind",
  "/reason": "--reason",
  "/code": "--code",
  "/job_id": "--job",
  "/since": "--since",
  "/page_size": "--limit",
  "/page_token": "--page",
  // After its members, which are looked for first.
  "/hypothesis": "the library (--terms, --exponent)",
};

/** A pointer, with what it names inside a value: `/hypothesis/terms/2`, `/hypothesis/exponents/p/step`. */
const POINTER = new RegExp(`(?<![\\w/])(${Object.keys(FLAGS).join("|")})((?:/[\\w~]+)*)(?![\\w/])`, "g");
/** The same in the prose of a message: `budget.max_fits`, `max_terms`. */
const NAMES = new Map(
  Object.entries(FLAGS).flatMap(([pointer, flag]) => {
    const parts = pointer.slice(1).split("/");
    return [parts.join("."), ...parts.slice(1)].filter((name) => /[._]/.test(name)).map((name) => [name, flag] as const);
  }),
);
const NAME = new RegExp(`(?<![\\w./"])(${[...NAMES.keys()].join("|").replaceAll(".", "\\.")})(?![\\w"])`, "g");
/** What speaks of a request document, where the table of a command has headings. */
const PHRASES: readonly (readonly [string, string])[] = [
  ["send missing=drop", "give --missing drop"],
  ['"missing": "drop"', "--missing drop"],
  ['"reuse": false', "--no-reuse"],
  ['send "scope": "all"', "give --all"],
  ["follow the job by links.events", "follow the job with: npx orrery watch"],
  ['set --dimensions to "off"', "give --dimensions off"],
  ['in dataset.units, "" for a pure number', 'in its heading, as in "a (AU)", or "n (-)" for a pure number'],
  ["Correct dataset.units", "Correct the units of the headings"],
];
/** Calls, and the commands that make them. An id of a dead letter has full stops in it, and none at its end. */
const CALLS: readonly (readonly [RegExp, (id?: string) => string])[] = [
  [/GET \/v1\/jobs\/([\w-]+)\/explain(?![\w/-])/g, (id) => `explain ${id}`],
  [/GET \/v1\/jobs(?:\/([\w-]+))?(?![\w/-])/g, (id) => (id ? `status ${id}` : "jobs")],
  [/GET \/v1\/dead-letters(?:\/([\w.-]*\w))?(?![\w.-]*[\w/-])/g, (id) => `dead-letters${id ? ` show ${id}` : ""}`],
];

/** A gateway's words in those of the command line: options instead of pointers, commands, as `next` puts them, instead of calls. */
export function inCliWords(text: string, next = (words: string) => `npx orrery ${words}`): string {
  const translated = inCommands(text, next)
    .replace(POINTER, (_, pointer: string, rest: string) => `${FLAGS[pointer]}${placeOf(rest)}`)
    .replace(NAME, (name) => NAMES.get(name) ?? name);
  return PHRASES.reduce((said, [phrase, own]) => said.replaceAll(phrase, own), translated);
}

/** The same of calls alone: for words that speak of a document as the user has written it. */
export function inCommands(text: string, next: (words: string) => string): string {
  return CALLS.reduce((said, [call, command]) => said.replace(call, (_, id?: string) => next(command(id))), text);
}

/** Where in the value of an option: lists are counted from one, as people do. */
function placeOf(rest: string): string {
  const parts = rest.split("/").filter(Boolean);
  return parts.length === 0 ? "" : ` (${parts.map((part) => (/^\d+$/.test(part) ? `value ${Number(part) + 1}` : part)).join(", ")})`;
}
