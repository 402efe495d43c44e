import { z } from "zod";
import { createDocument, type ZodOpenApiObject, type ZodOpenApiOperationObject, type ZodOpenApiResponseObject } from "zod-openapi";
import { ERRORS, type ErrorCode } from "../contract/errors.ts";
import { problem } from "../contract/job.ts";
import { discoverRequest } from "../contract/request.ts";
import { result } from "../contract/result.ts";
import type { Operation } from "./operation.ts";

/** Codes that every route can answer. */
const EVERYWHERE: ErrorCode[] = ["invalid_parameter", "host_not_allowed", "method_not_allowed", "internal_error"];

const problemBody = problem.extend({
  job_id: z.string().optional().meta({ description: "The job that the refused request names, or would have had." }),
});
const jobProblem = problemBody.meta({ id: "Problem", description: "RFC 9457 problem details." });

const requestHeaders = z.object({
  "X-Request-Id": z.string().max(128).optional().meta({ description: "Taken over into the reply and the log." }),
});
const replyHeaders = z.object({ "X-Request-Id": z.string() });

/** What readers of the document ask about members whose schemas do not say it. */
const DESCRIPTIONS = new Map<unknown, string>([
  [
    discoverRequest.shape.budget.unwrap().shape.max_fits,
    "Most fits that the search may take, over all grid cells, sets of terms, noise trials and permutations. A request that needs more is refused at once.",
  ],
  [
    result.shape.margins,
    "The figure and the limit of each test that was made: `p_value`, `lack_of_fit` and `holdout` may not exceed theirs, `stability` may not fall below its own.",
  ],
]);

/** The OpenAPI document of the routes. */
export function openApiDocument(operations: readonly Operation[], version: string): object {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const known of operations) paths[known.path] = { ...paths[known.path], [known.method]: describeOperation(known) };
  const document: ZodOpenApiObject = {
    openapi: "3.1.0",
    info: {
      title: "Orrery",
      version,
      description: "Durable discover and evaluate jobs: post a table, get a job id at once, read the law that holds.",
    },
    servers: [{ url: "/" }],
    tags: [
      { name: "Jobs", description: "Submit, follow, explain and cancel jobs." },
      { name: "Dead letters", description: "Jobs that failed for good: inspect, replay, discard." },
      { name: "Datasets", description: "Upload tables once, use them in many jobs." },
      { name: "Health", description: "For probes and operators." },
      { name: "Documentation", description: "The contract and its words." },
    ],
    paths,
  };
  return createDocument(document, {
    override({ zodSchema, jsonSchema }) {
      const description = DESCRIPTIONS.get(zodSchema);
      if (description !== undefined) jsonSchema.description = description;
    },
  });
}

function describeOperation({ id, tag, summary, path, query, headers, body, responses, problems }: Operation): ZodOpenApiOperationObject {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  return {
    operationId: id,
    tags: [tag],
    summary,
    requestParams: {
      ...(names.length > 0 && { path: z.object(Object.fromEntries(names.map((name) => [name, z.string()]))) }),
      query,
      header: headers ? headers.extend(requestHeaders.shape) : requestHeaders,
    },
    ...(body && { requestBody: body }),
    responses: { ...responses, ...problemResponses([...problems, ...EVERYWHERE], Object.keys(responses)) },
  };
}

/** One response for each status, naming its codes. */
function problemResponses(codes: readonly ErrorCode[], taken: readonly string[]): Record<`${4 | 5}${string}`, ZodOpenApiResponseObject> {
  const byStatus = Map.groupBy(codes, (code) => String(ERRORS[code].status) as `${4 | 5}${string}`);
  return Object.fromEntries(
    [...byStatus]
      .filter(([status]) => !taken.includes(status))
      .map(([status, some]) => [
        status,
        {
          description: some.map((code) => `\`${code}\`: ${ERRORS[code].title}`).join("\n"),
          headers: status === "503" ? replyHeaders.extend({ "Retry-After": z.string() }) : replyHeaders,
          content: { "application/problem+json": { schema: jobProblem } },
        },
      ]),
  );
}
