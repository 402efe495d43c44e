import { z } from "zod";
import { OrreryError } from "../../../contract/errors.ts";
import { job } from "../../../contract/job.ts";
import { TERMINAL } from "../../../contract/names.ts";
import { result } from "../../../contract/result.ts";
import { jobStatus, retryAfterSeconds, statusBody, tagOf } from "../../jobs/body.ts";
import { resultOf } from "../../jobs/result.ts";
import type { JobView } from "../../jobs/view.ts";
import { type Call, json, type Operation, operation, pathParameter } from "../../operation.ts";
import { departure, knows, waitSeconds } from "../../preference.ts";
import type { Services } from "../../services.ts";

const conditional = z.object({
  "If-None-Match": z.string().optional().meta({ description: "Tag of the state that the client knows; answered with 304 while it holds." }),
  Prefer: z
    .string()
    .optional()
    .meta({ description: "`wait=N`: answer when the state changes, after N seconds (at most 60) at the latest." }),
});
const tagged = z.object({
  ETag: z.string(),
  "Retry-After": z.string().optional().meta({ description: "While the job is open: when to ask again, in seconds." }),
});
const unchanged = { description: "The state is the one that the client knows." };

const jobQuery = z.strictObject({
  include_result: z.enum(["true", "false"]).default("false").meta({ description: "Put the result into the body, once there is one." }),
});

/** `GET /v1/jobs/{id}`, its short form and its result. */
export function readJob(services: Services): Operation[] {
  const { reader, store, jobBody, spending } = services;
  const shared = { method: "get", tag: "Jobs", problems: ["job_not_found", "temporal_unavailable"] } as const;
  return [
    operation({
      ...shared,
      id: "getJob",
      path: "/v1/jobs/{id}",
      summary: "Read a job, failed ones too.",
      query: jobQuery,
      headers: conditional,
      problems: [...shared.problems, "artifact_corrupt", "store_unavailable"],
      responses: { 200: json(job, "The job.", tagged), 304: unchanged },
      handle(call) {
        const withResult = call.query.include_result === "true";
        return answer(services, call, withResult ? "result" : "", async (view) => {
          const { runId, finishedAt } = view;
          const spent = runId !== null && finishedAt !== null ? await spending({ ...view, runId }) : undefined;
          return jobBody(view, withResult ? await resultOf(store, view) : null, spent);
        });
      },
    }),
    operation({
      ...shared,
      id: "getJobStatus",
      path: "/v1/jobs/{id}/status",
      summary: "Read the short form of a job.",
      headers: conditional,
      responses: { 200: json(jobStatus, "The state of the job.", tagged), 304: unchanged },
      handle: (call) => answer(services, call, "status", async (view) => statusBody(view)),
    }),
    operation({
      ...shared,
      id: "getJobResult",
      path: "/v1/jobs/{id}/result",
      summary: "Read the result of a job, and nothing else.",
      problems: [...shared.problems, "job_not_finished", "job_has_no_result", "artifact_corrupt", "store_unavailable"],
      responses: { 200: json(result, "The result.") },
      async handle({ request, response, tenant }) {
        const view = await reader.read(pathParameter(request, "id"), tenant);
        const found = await resultOf(store, view);
        if (!found) throw withoutResult(view, (seconds) => response.set("Retry-After", seconds));
        response.set("Cache-Control", "private, no-cache").json(found);
      },
    }),
  ];
}

/**
 * Answers with a body of the present state, or with 304 if the client knows that state. With `Prefer: wait` this first
 * waits for a state other than the one that the client knows, or without a tag other than the first that is seen.
 */
async function answer(services: Services, call: Call<unknown>, form: string, bodyOf: (view: JobView) => Promise<object>): Promise<void> {
  const { reader, watchers } = services;
  const { request, response, tenant } = call;
  const jobId = pathParameter(request, "id");
  const seconds = waitSeconds(request, response, 0);
  let view = await reader.read(jobId, tenant);
  response.locals.jobId = jobId;
  const first = tagOf(view, form);
  const isFirst = request.get("if-none-match") === undefined || knows(request, first);
  if (seconds > 0 && isFirst && !TERMINAL.includes(view.status)) {
    const accept = (next: JobView) => tagOf(next, form) !== first;
    view =
      (await watchers.wait({ jobId, tenant }, { millis: seconds * 1_000, signal: departure(response), changes: true, accept })) ?? view;
  }
  const tag = tagOf(view, form);
  response.set("ETag", tag).set("Cache-Control", "private, no-cache");
  if (!TERMINAL.includes(view.status)) response.set("Retry-After", String(retryAfterSeconds(view)));
  if (knows(request, tag)) response.status(304).end();
  else response.json(await bodyOf(view));
}

function withoutResult(view: JobView, retryAfter: (seconds: string) => void): OrreryError {
  if (TERMINAL.includes(view.status)) {
    const why = view.error ? `: ${view.error.message} (${view.error.code}).` : ".";
    const advice = `GET /v1/jobs/${view.jobId}/explain says what to do.`;
    return new OrreryError("job_has_no_result", `Job ${view.jobId} ended as ${view.status}${why} ${advice}`);
  }
  const seconds = String(retryAfterSeconds(view));
  retryAfter(seconds);
  return new OrreryError(
    "job_not_finished",
    `Job ${view.jobId} is ${view.status}; ask again in ${seconds} s, or with Prefer: wait on the job.`,
  );
}
