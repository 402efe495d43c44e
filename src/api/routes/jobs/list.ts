import { z } from "zod";
import { jobList } from "../../../contract/job.ts";
import { KINDS, STATUSES, VERDICTS } from "../../../contract/names.ts";
import { since } from "../../../contract/since.ts";
import { createListing } from "../../jobs/listing.ts";
import { json, type Operation, operation } from "../../operation.ts";
import type { Services } from "../../services.ts";

const MAX_PAGE = 100;

const query = z.strictObject({
  kind: z.enum(KINDS).optional(),
  status: z.enum(STATUSES).optional(),
  verdict: z.enum(VERDICTS).optional(),
  since: since.optional().meta({ description: "Only jobs that were accepted at this time, or on this date, or later." }),
  page_size: z.coerce
    .number()
    .int()
    .min(1)
    .default(20)
    .meta({ description: `Most jobs of one page; above ${MAX_PAGE} it is ${MAX_PAGE}. A page can have fewer and still not be the last.` }),
  page_token: z.string().max(4_096).default("").meta({ description: "`next_page_token` of the page before, with the same filter." }),
});

/** `GET /v1/jobs`: the tenant's jobs, newest first. */
export function listJobs(services: Services): Operation {
  const list = createListing(services);
  return operation({
    id: "listJobs",
    method: "get",
    path: "/v1/jobs",
    tag: "Jobs",
    summary: "List jobs, newest first.",
    query,
    responses: { 200: json(jobList, "One page. A job accepted a moment ago can be missing from it.") },
    problems: ["temporal_unavailable"],
    async handle({ response, tenant, query: { page_size, page_token, ...filter } }) {
      const { views, nextPageToken } = await list(tenant, filter, { size: Math.min(page_size, MAX_PAGE), token: page_token });
      const jobs = views.map((view) => services.jobBody(view));
      response.set("Cache-Control", "private, no-cache").json({ jobs, next_page_token: nextPageToken });
    },
  });
}
