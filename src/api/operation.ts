import type { Express, Request, Response } from "express";
import { z } from "zod";
import type { ZodOpenApiHeadersObject, ZodOpenApiRequestBodyObject, ZodOpenApiResponseObject } from "zod-openapi";
import { pointerPart } from "../contract/dataset.ts";
import { type ErrorCode, OrreryError } from "../contract/errors.ts";
import { nearest } from "../contract/nearest.ts";
import { parseDocument } from "../contract/parse.ts";

/** One route: how it is called, what it can answer, and what it does. The router and the OpenAPI document both come from it. */
export interface Operation {
  /** Name of the operation in the OpenAPI document. */
  id: string;
  method: "get" | "post" | "delete";
  /** With parameters as OpenAPI writes them: `/v1/jobs/{id}`. */
  path: string;
  tag: "Jobs" | "Dead letters" | "Datasets" | "Audit" | "Health" | "Documentation";
  summary: string;
  query: z.ZodObject;
  headers?: z.ZodObject;
  body?: ZodOpenApiRequestBodyObject;
  /** Answers other than problems, by status. */
  responses: Record<`${2 | 3 | 5}${string}`, ZodOpenApiResponseObject>;
  /** Codes of the problems that the route itself can answer. */
  problems: readonly ErrorCode[];
  handle: (call: Call<Record<string, unknown>>) => Promise<void> | void;
}

export interface Call<Query> {
  request: Request;
  response: Response;
  query: Query;
  tenant: string;
}

const noQuery = z.strictObject({});

/** An operation whose handler receives the query string as its schema parses it. Without a schema it takes no parameters. */
export function operation<Query extends z.ZodObject = typeof noQuery>(
  definition: Omit<Operation, "query" | "handle"> & { query?: Query; handle: (call: Call<z.infer<Query>>) => Promise<void> | void },
): Operation {
  return { ...definition, query: definition.query ?? noQuery } as Operation;
}

/** Adds the routes, and for each path a refusal of the methods that it does not take. */
export function mount(app: Express, operations: readonly Operation[]): void {
  const byPath = Map.groupBy(operations, ({ path }) => path);
  for (const [path, known] of byPath) {
    const route = app.route(path.replaceAll(/\{(\w+)\}/g, ":$1"));
    for (const { method, query: schema, headers, handle } of known) {
      route[method](async (request, response) => {
        response.locals.route = path;
        await handle({ request, response, query: queryOf(request, schema, headers), tenant: response.locals.tenant });
      });
    }
    const methods = known.flatMap(({ method }) => (method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()]));
    const allow = [...methods, "OPTIONS"].join(", ");
    route.all((request, response) => {
      response.locals.route = path;
      response.set("Allow", allow);
      if (request.method === "OPTIONS") {
        response.status(204).end();
        return;
      }
      throw new OrreryError("method_not_allowed", `${path} takes ${allow}, not ${request.method}.`);
    });
  }
}

function queryOf(request: Request, schema: z.ZodObject, headers: z.ZodObject | undefined): Record<string, unknown> {
  refuseUnknown(Object.keys(request.query), Object.keys(schema.shape), Object.keys(headers?.shape ?? {}));
  try {
    return parseDocument(schema, { ...request.query });
  } catch (error) {
    if (!(error instanceof OrreryError)) throw error;
    throw new OrreryError("invalid_parameter", `In the query string, ${error.message}`, { faults: error.faults });
  }
}

/** Names what the route does take. What is a parameter elsewhere is often a header here, such as the time to wait. */
function refuseUnknown(given: readonly string[], known: readonly string[], headers: readonly string[]): void {
  const unknown = given.filter((name) => !known.includes(name));
  const [first] = unknown;
  if (first === undefined) return;
  const meant = nearest(first, known);
  const question = meant === undefined ? "" : ` Did you mean "${meant}"?`;
  const parameters = known.length === 0 ? "This route has none" : `The parameters are ${known.join(", ")}`;
  const others = headers.length === 0 ? "" : `; its headers are ${headers.join(", ")}`;
  const shown = JSON.stringify(first.slice(0, 80));
  throw new OrreryError("invalid_parameter", `There is no query parameter ${shown}.${question} ${parameters}${others}.`, {
    faults: unknown.map((name) => ({ pointer: `/${pointerPart(name)}`, detail: "is not a parameter of this route" })),
  });
}

/** A parameter of the path. */
export function pathParameter(request: Request, name: string): string {
  const value = request.params[name];
  return typeof value === "string" ? value : "";
}

/** The JSON answer of a route. */
export function json(schema: z.ZodType, description: string, headers?: ZodOpenApiHeadersObject): ZodOpenApiResponseObject {
  return { description, content: { "application/json": { schema } }, ...(headers && { headers }) };
}
