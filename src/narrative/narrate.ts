import type { Result } from "../contract/result.ts";
import { askFor, type Endpoint, Unusable } from "./chat.ts";
import { strangeNumber } from "./numbers.ts";
import { headline, templateOf } from "./template.ts";

/** Most characters of an endpoint's text. */
const MAX_TEXT = 4_000;

/** What is no prose: control characters, tags, images and links, which a viewer of the file may act on. */
const MARKUP = /[\p{Cc}--[\n\t]]|<\/?[a-z!]|\]\(|\]\[|:\/\//iv;

/** Words a result. Never fails for what an endpoint does: the text then comes from the template, and says why. */
export type Narrate = (result: Result, signal: AbortSignal) => Promise<string>;

/** `endpoint` words results; without one the template does. `call` makes each call to it, and may refuse to. */
export function createNarrate({ endpoint, call = (run) => run() }: NarrateOptions): Narrate {
  return async (result, signal) => {
    if (!endpoint) return plainNarrative(result);
    try {
      const text = checked(await call(() => askFor(result, endpoint, signal)), result);
      return pageOf(result, text, `Worded by ${endpoint.model}. The verdict above and every number were checked against result.json.`);
    } catch (error) {
      signal.throwIfAborted();
      return plainNarrative(result, error instanceof Unusable ? error.message : "the endpoint is left alone for now");
    }
  };
}

export interface NarrateOptions {
  endpoint: Endpoint | undefined;
  call?: <T>(run: () => Promise<T>) => Promise<T>;
}

/** The text of the template, and why it is not an endpoint's. */
export function plainNarrative(result: Result, why?: string): string {
  return pageOf(result, templateOf(result), why === undefined ? "Worded by a template." : `Worded by a template: ${why}.`);
}

function checked(text: string, result: Result): string {
  if (text.length > MAX_TEXT) throw new Unusable("the endpoint's text is too long");
  if (MARKUP.test(text)) throw new Unusable("the endpoint's text has markup in it");
  const strange = strangeNumber(text, result);
  if (strange !== undefined) throw new Unusable(`the endpoint's text has the number ${strange}, which the result has not`);
  return text;
}

function pageOf(result: Result, text: string, note: string): string {
  return `${headline(result)}\n\n${text}\n\n---\n\n${note}\n`;
}
