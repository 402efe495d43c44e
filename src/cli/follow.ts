import { setTimeout as sleep } from "node:timers/promises";
import { createParser } from "eventsource-parser";
import { type Gateway, Refused, Unreachable } from "./gateway.ts";
import { jobPath } from "./session.ts";

/** An event of a job's stream, or the loss of that stream. */
export type JobEvent = { name: string; data: unknown } | { name: "lost"; data: { attempt: number; message: string } };

/** Tries without one event in between, after which the gateway counts as gone: about 30 s. */
const MAX_TRIES = 10;
const FIRST_BACKOFF_MS = 250;
const LAST_BACKOFF_MS = 5_000;
/** Three missed keep-alives of 15 s: the connection is dead although nobody closed it. */
const SILENCE_MS = 45_000;

/**
 * The events of a job until its `end`, across lost connections: each reconnect sends `Last-Event-ID` and waits longer,
 * 0.25 s to 5 s. Throws what the gateway refuses for good (an unknown job), or the last fault after `MAX_TRIES`.
 */
export async function* followJob(gateway: Gateway, id: string, signal: AbortSignal): AsyncGenerator<JobEvent> {
  let lastEventId: string | undefined;
  for (let tries = 1; ; tries += 1) {
    let fault: Error;
    try {
      for await (const event of readEvents(gateway, id, lastEventId, signal)) {
        tries = 0;
        lastEventId = event.id ?? lastEventId;
        yield { name: event.name, data: event.data };
        if (event.name === "end") return;
      }
      fault = new Unreachable(`The gateway at ${gateway.url} closed the event stream before the job ended.`);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Error) || !isPassing(error) || tries >= MAX_TRIES) throw error;
      fault = error;
    }
    yield { name: "lost", data: { attempt: tries + 1, message: fault.message } };
    const asked = fault instanceof Refused ? fault.retryAfterSeconds * 1_000 : 0;
    const backoff = Math.min(LAST_BACKOFF_MS, Math.max(asked, FIRST_BACKOFF_MS * 2 ** tries));
    await sleep(backoff, undefined, { signal });
  }
}

async function* readEvents(gateway: Gateway, id: string, lastEventId: string | undefined, signal: AbortSignal) {
  const silence = new AbortController();
  const watchdog = setTimeout(() => silence.abort(), SILENCE_MS);
  const received: { id: string | undefined; name: string; data: unknown }[] = [];
  const parser = createParser({
    onEvent: (event) => received.push({ id: event.id, name: event.event ?? "message", data: JSON.parse(event.data) }),
  });
  try {
    const response = await gateway.open(jobPath(id, "/events"), {
      headers: { accept: "text/event-stream", ...(lastEventId !== undefined && { "last-event-id": lastEventId }) },
      signal: AbortSignal.any([signal, silence.signal]),
    });
    // The standard's way to tell a client that comes back that there is nothing more.
    if (response.status === 204) yield { id: undefined, name: "end", data: null };
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      watchdog.refresh();
      parser.feed(decoder.decode(chunk, { stream: true }));
      yield* received.splice(0);
    }
  } finally {
    clearTimeout(watchdog);
  }
}

/** Whether the fault can pass by itself: a broken connection (fetch throws a TypeError), silence, or a busy gateway. */
function isPassing(error: Error): boolean {
  if (error instanceof Refused) return error.problem.status === 429 || error.problem.status >= 502;
  return error instanceof Unreachable || error instanceof TypeError || error.name === "AbortError";
}
