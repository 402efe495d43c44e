import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { z } from "zod";
import { ERRORS, isErrorCode, OrreryError } from "../../../contract/errors.ts";
import { json, type Operation, operation, pathParameter } from "../../operation.ts";
import type { Services } from "../../services.ts";

/** The viewer's files that the page needs, from its package. Nothing comes from another server. */
const ASSETS: Record<string, string> = {
  "swagger-ui.css": "text/css",
  "swagger-ui-bundle.js": "text/javascript",
  "favicon-32x32.png": "image/png",
};
const assetFolder = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Orrery API</title>
<link rel="icon" href="/docs/assets/favicon-32x32.png">
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
</head>
<body>
<div id="api"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/assets/start.js"></script>
</body>
</html>
`;
const START = `SwaggerUIBundle({ url: "/openapi.json", dom_id: "#api", deepLinking: true, validatorUrl: null });\n`;

/** Titles and codes hold no character that HTML reads. */
const ERROR_INDEX = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Orrery error codes</title>
</head>
<body>
<h1>Error codes</h1>
<ul>
${Object.entries(ERRORS)
  .map(([code, { status, title }]) => `<li><a href="/docs/errors/${code}">${code}</a> (${status}): ${title}</li>`)
  .join("\n")}
</ul>
</body>
</html>
`;

/** The viewer is large and changes with the package only. */
const ASSET_CACHE = "public, max-age=86400";

/** `GET /docs`, the pages of the error codes, and the way to all of them from `/`. */
export function documentation({ options }: Services): Operation[] {
  const shared = { method: "get", tag: "Documentation" } as const;
  const index = {
    name: "Orrery",
    version: options.version,
    links: {
      docs: "/docs",
      errors: "/docs/errors",
      openapi: "/openapi.json",
      jobs: "/v1/jobs",
      health: "/health",
      ready: "/ready",
      live: "/live",
    },
  };
  return [
    operation({
      ...shared,
      id: "getIndex",
      path: "/",
      summary: "Where everything is.",
      responses: {
        200: json(
          z.object({ name: z.string(), version: z.string(), links: z.record(z.string(), z.string()) }).meta({ id: "Index" }),
          "Links.",
        ),
      },
      problems: [],
      handle({ response }) {
        response.json(index);
      },
    }),
    operation({
      ...shared,
      id: "getDocs",
      path: "/docs",
      summary: "This document as a page. Works offline.",
      responses: { 200: { description: "The page.", content: { "text/html": {} } } },
      problems: [],
      handle({ response }) {
        response.type("html").send(PAGE);
      },
    }),
    operation({
      ...shared,
      id: "getDocsAsset",
      path: "/docs/assets/{file}",
      summary: "A file of the page.",
      responses: { 200: { description: "The file.", content: { "*/*": {} } } },
      problems: ["route_not_found"],
      async handle({ request, response }) {
        const file = pathParameter(request, "file");
        const type = Object.hasOwn(ASSETS, file) ? ASSETS[file] : undefined;
        response.set("Cache-Control", ASSET_CACHE);
        if (file === "start.js") {
          response.type("text/javascript").send(START);
          return;
        }
        if (type === undefined)
          throw new OrreryError("route_not_found", `The page has no file ${JSON.stringify(file.slice(0, 80))}; open /docs.`);
        response.type(type).send(await readFile(join(assetFolder, file)));
      },
    }),
    operation({
      ...shared,
      id: "listErrorPages",
      path: "/docs/errors",
      summary: "Every error code, with the way to its page.",
      responses: { 200: { description: "The page.", content: { "text/html": {} } } },
      problems: [],
      handle({ response }) {
        response.type("html").send(ERROR_INDEX);
      },
    }),
    operation({
      ...shared,
      id: "getErrorPage",
      path: "/docs/errors/{code}",
      summary: "What an error code means and what to do.",
      responses: { 200: { description: "The page, in Markdown.", content: { "text/markdown": {} } } },
      problems: ["route_not_found"],
      async handle({ request, response }) {
        const code = pathParameter(request, "code");
        const text = isErrorCode(code) ? await readFile(join(options.errorPages, `${code}.md`)).catch(() => undefined) : undefined;
        if (!text)
          throw new OrreryError(
            "route_not_found",
            `There is no page for ${JSON.stringify(code.slice(0, 80))}; GET /docs/errors lists every code.`,
          );
        response.type("text/markdown").send(text);
      },
    }),
  ];
}
