import { OrreryError } from "../contract/errors.ts";
import type { Result } from "../contract/result.ts";
import type { Circuit } from "../outbound/circuit.ts";
import type { Circuits } from "../outbound/circuits.ts";
import { askFor, type Endpoint, Unusable } from "./chat.ts";
import { strangeNumber } from "./numbers.ts";
import { headline, templateOf } from "./template.ts";

/** Most characters of an endpoint's text. */
const MAX_TEXT = 4_000;

/** What is no prose: control characters, tags, images and links, which a viewer of the file may act on. */
const MARKUP = /[\p{Cc}--[\n\t]]|<\/?[a-z!]|\]\(|\]\[|:\/\//iv;

/** Words a result. Never fails for what an endpoint does: the text then comes from the template, and says why. */
export type Narrate = (result: Result, signal: AbortSignal) => Promise<string>;

/** `endpoint` words results; without one the template does. */
export function createNarrate({ endpoint, circuits }: NarrateOptions): Narrate {
  return async (result, signal) => {
    if (!endpoint) return plainNarrative(result);
    try {
      const text = checked(await circuitTo(endpoint, circuits).call(() => askFor(result, endpoint, signal)), result);
      return pageOf(result, text, `Worded by ${endpoint.model}. The verdict above and every number were checked against result.json.`);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof Unusable) return plainNarrative(result, error.message);
      return plainNarrative(result, error instanceof OrreryError ? error.message : "the endpoint failed");
    }
  };
}

export interface NarrateOptions {
  endpoint: Endpoint | undefined;
  circuits: Circuits;
}

function circuitTo({ url }: Endpoint, circuits: Circuits): Circuit {
  return circuits.to(`narrative ${new URL(url).origin}`, {
    counts: (error) => error instanceof Unusable && error.away,
    refusal: (retryAt) =>
      new OrreryError("internal_error", `the endpoint failed several times and is left alone until ${retryAt.toISOString()}`),
  });
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
