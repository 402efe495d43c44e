import type { TableHeader } from "../../contract/dataset.ts";
import type { Route } from "../../contract/flow.ts";
import { type Kind, WORKFLOWS } from "../../contract/names.ts";
import { parseDocument } from "../../contract/parse.ts";
import { planDiscover, planEvaluate } from "../../contract/plan.ts";
import { type DiscoverRequest, discoverRequest, type EvaluateRequest, evaluateRequest } from "../../contract/request.ts";
import { routeDiscover, routeEvaluate } from "../../contract/route.ts";

export type JobRequest = DiscoverRequest | EvaluateRequest;

/** A parsed request, and how it would run on a given table. Planning throws every fault that needs the table to be seen. */
export interface Parsed {
  request: JobRequest;
  route: (header: TableHeader, predict?: TableHeader) => Route;
}

interface KindOfJob {
  workflow: string;
  schema: typeof discoverRequest | typeof evaluateRequest;
  parse: (document: unknown) => Parsed;
}

export const KINDS_OF_JOBS: Record<Kind, KindOfJob> = {
  discover: {
    workflow: WORKFLOWS.discover,
    schema: discoverRequest,
    parse(document) {
      const request = parseDocument(discoverRequest, document);
      return { request, route: (header) => routeDiscover(planDiscover(request, header)) };
    },
  },
  evaluate: {
    workflow: WORKFLOWS.evaluate,
    schema: evaluateRequest,
    parse(document) {
      const request = parseDocument(evaluateRequest, document);
      return { request, route: (header, predict) => routeEvaluate(planEvaluate(request, header, predict)) };
    },
  },
};
