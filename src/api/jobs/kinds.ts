import type { TableHeader } from "../../contract/dataset.ts";
import type { Route } from "../../contract/flow.ts";
import { type Kind, WORKFLOWS } from "../../contract/names.ts";
import { parseDocument } from "../../contract/parse.ts";
import { planDiscover, planEvaluate } from "../../contract/plan.ts";
import { type DiscoverRequest, discoverRequest, type EvaluateRequest, evaluateRequest } from "../../contract/request.ts";
import { routeDiscover, routeEvaluate } from "../../contract/route.ts";
import { asksForTgefd, type TgefdRequest } from "../../contract/tgefd-request.ts";
import { parseTgefdJob } from "./tgefd.ts";

export type JobRequest = DiscoverRequest | EvaluateRequest | TgefdRequest;

/** A parsed request, and how it would run on a given table. Planning throws every fault that needs the table to be seen. */
export interface Parsed {
  workflow: string;
  request: JobRequest;
  /** What two bodies share if they ask for the same; its hash is that of the request. */
  identity: object;
  /** What the workflow is told beside the request. */
  input?: { kind: Kind };
  route: (header: TableHeader, predict?: TableHeader) => Route;
}

interface KindOfJob {
  schema: typeof discoverRequest | typeof evaluateRequest;
  parse: (document: object) => Parsed;
}

export const KINDS_OF_JOBS: Record<Kind, KindOfJob> = {
  discover: {
    schema: discoverRequest,
    parse(document) {
      const request = parseDocument(discoverRequest, document);
      return { workflow: WORKFLOWS.discover, request, identity: document, route: (header) => routeDiscover(planDiscover(request, header)) };
    },
  },
  evaluate: {
    schema: evaluateRequest,
    parse(document) {
      const request = parseDocument(evaluateRequest, document);
      const route: Parsed["route"] = (header, predict) => routeEvaluate(planEvaluate(request, header, predict));
      return { workflow: WORKFLOWS.evaluate, request, identity: document, route };
    },
  },
};

/** Reads the body of a job: a request of its kind, or a document that asks for the policy of the ancestor. */
export function parseJob(kind: Kind, document: object): Parsed {
  return asksForTgefd(document) ? parseTgefdJob(kind, document) : KINDS_OF_JOBS[kind].parse(document);
}
