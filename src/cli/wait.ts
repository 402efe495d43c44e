import { type Job, job } from "../contract/job.ts";
import { followJob, type JobEvent } from "./follow.ts";
import type { Reply } from "./gateway.ts";
import { isFinished } from "./outcome.ts";
import { createProgressView, type ProgressState } from "./progress.ts";
import { jobPath, type Session } from "./session.ts";

/** Shows the progress of a job until it ends, then reads it with its result. Rejects when `signal` aborts. */
export async function waitForJob(session: Session, id: string, signal: AbortSignal): Promise<Reply<Job>> {
  const view = createProgressView(session);
  try {
    for (;;) {
      for await (const event of followJob(session.gateway, id, signal)) view.update(changeOf(event));
      const reply = await session.gateway.read(job, jobPath(id, "?include_result=true"), { signal });
      if (isFinished(reply.document)) return reply;
    }
  } finally {
    view.close();
  }
}

/**
 * The same for a user who may press Ctrl-C: resolves to `undefined` then, since the job goes on, and says how to come
 * back to it or stop it.
 */
export async function watchJob(session: Session, id: string): Promise<Reply<Job> | undefined> {
  // The service ends with the command, so there is nothing to come back to.
  if (session.stops) return waitForJob(session, id, session.stops);
  const interrupt = new AbortController();
  const onSignal = () => interrupt.abort();
  process.once("SIGINT", onSignal);
  try {
    return await waitForJob(session, id, interrupt.signal);
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    session.terminal.err.write(`Stopped watching; the job goes on. Watch it:  ${session.next(`watch ${id}`)}\n`);
    session.terminal.err.write(`Stop it:  ${session.next(`cancel ${id}`)}\n`);
    return undefined;
  } finally {
    process.removeListener("SIGINT", onSignal);
  }
}

function changeOf(event: JobEvent): ProgressState {
  if (event.name === "lost") return { waiting: "connection lost, trying again" };
  const data = event.data as Partial<Pick<Job, "status" | "progress" | "waiting">> | null;
  // What the job did last is no news once it has ended.
  if (event.name === "end") return { ...(data?.status && { status: data.status }), progress: null, waiting: null };
  return {
    ...(data?.status && { status: data.status }),
    ...(data?.progress !== undefined && { progress: data.progress }),
    waiting: data?.waiting?.detail ?? null,
  };
}
