import { createSession, type Session } from "better-sse";
import { z } from "zod";
import { OrreryError } from "../../../contract/errors.ts";
import { TERMINAL } from "../../../contract/names.ts";
import { jobStatus, statusBody, tagOf, waitOf } from "../../jobs/body.ts";
import type { JobView } from "../../jobs/view.ts";
import { type Operation, operation, pathParameter } from "../../operation.ts";
import type { Services } from "../../services.ts";

/** Streams that one process serves at once; each costs a connection. */
const MAX_STREAMS = 1_000;

/** Proxies cut a silent connection after half a minute at the earliest. */
const KEEP_ALIVE_MS = 10_000;

/** Advice to a client whose stream broke, in milliseconds. */
const RECONNECT_MS = 1_000;

const headers = z.object({
  "Last-Event-ID": z.string().optional().meta({ description: "Id of the last event that was received; what it told is not sent again." }),
});

/** `GET /v1/jobs/{id}/events`: every change of a job as server-sent events, until its end. */
export function jobEvents({ reader, watchers }: Services): Operation {
  let streams = 0;
  return operation({
    id: "streamJobEvents",
    method: "get",
    path: "/v1/jobs/{id}/events",
    tag: "Jobs",
    summary: "Follow a job until it ends.",
    headers,
    responses: {
      200: {
        description:
          "Events `status`, `progress`, `waiting` and, as the last one, `end`; the data of each is a JobStatus as JSON. `progress` and `waiting` come when there is such a thing and it has changed, `status` when the status has changed or a wait is over. The stream closes after `end`.",
        content: { "text/event-stream": { schema: jobStatus } },
      },
      204: { description: "The client has received `end` before: there is nothing more to come." },
    },
    problems: ["job_not_found", "too_many_streams", "temporal_unavailable"],
    async handle({ request, response, tenant }) {
      const jobId = pathParameter(request, "id");
      const first = await reader.read(jobId, tenant);
      response.locals.jobId = jobId;
      const known = positionOf(request.get("last-event-id"));
      if (isOver(first) && known?.tag === tagOf(first) && known.remaining === 0) {
        response.status(204).end();
        return;
      }
      if (request.method === "HEAD") {
        response.type("text/event-stream").end();
        return;
      }
      // A client that has left already would never leave again, and its subscription would stay.
      if (response.destroyed) return;

      const seen: JobView[] = [];
      let push = (view: JobView): void => {
        seen.push(view);
      };
      const stop =
        streams < MAX_STREAMS
          ? watchers.subscribe(jobId, tenant, { changes: true, onView: (view) => push(view), onStop: () => response.end() })
          : undefined;
      if (!stop) throw new OrreryError("too_many_streams", "The server follows as many jobs as it can; ask again later, or poll the job.");
      streams += 1;
      response.once("close", () => {
        streams -= 1;
        stop();
      });
      const session = await createSession(request, response, { keepAlive: KEEP_ALIVE_MS, retry: RECONNECT_MS });
      push = sender(session, known, () => response.end());
      // Nothing is awaited between the change of the sender and this, so what comes meanwhile comes after it.
      for (const view of [first, ...seen]) push(view);
    },
  });
}

/** Sends what is new in each view. A client that comes back is sent the events after the one that it names. */
function sender(session: Session, known: Position | undefined, end: () => void): (view: JobView) => void {
  let last: JobView | undefined;
  return (view) => {
    const tag = tagOf(view);
    if (!session.isConnected || (last && (isOver(last) || tagOf(last) === tag))) return;
    const names = eventsOf(last, view);
    const remaining = last === undefined && known?.tag === tag ? known.remaining : names.length;
    const data = statusBody(view);
    for (const [index, name] of names.entries()) {
      const after = names.length - 1 - index;
      if (after < remaining) session.push(data, name, `${Date.now()}.${after}.${tag}`);
    }
    last = view;
    if (isOver(view)) end();
  };
}

/** The names of the events that tell of a view after another: of what is there and has changed. */
function eventsOf(before: JobView | undefined, view: JobView): string[] {
  const { status, progress, waiting } = view;
  const names = [
    ...(before?.status === status ? [] : ["status"]),
    ...(progress && stepsOf(before) !== stepsOf(view) ? ["progress"] : []),
    ...(waiting && (!before || waitOf(before) !== waitOf(view)) ? ["waiting"] : []),
    ...(TERMINAL.includes(status) ? ["end"] : []),
  ];
  // The end of a wait is news even if nothing else is: a follower would go on showing the wait.
  return names.length === 0 && before?.waiting && !waiting ? ["status"] : names;
}

/** Where the work is. The estimate of the time left changes by itself and is no news. */
function stepsOf(view: JobView | undefined): string {
  const { phase, done, total } = view?.progress ?? {};
  return JSON.stringify([phase, done, total]);
}

/**
 * An event id names the state that it told and how many events of that state come after it, so that any gateway,
 * restarted or another, can go on.
 */
interface Position {
  tag: string;
  remaining: number;
}

function positionOf(id: string | undefined): Position | undefined {
  const [, remaining, tag] = /^\d+\.(\d+)\.(W\/"[0-9a-f]+")$/.exec(id ?? "") ?? [];
  return remaining !== undefined && tag !== undefined ? { remaining: Number(remaining), tag } : undefined;
}

function isOver({ status }: JobView): boolean {
  return TERMINAL.includes(status);
}
