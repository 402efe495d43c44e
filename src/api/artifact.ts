import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type ErrorCode, OrreryError } from "../contract/errors.ts";
import type { StoredArtifact } from "../contract/flow.ts";
import { type Artifact, artifactList } from "../contract/job.ts";
import type { Store } from "../storage/store.ts";
import { brokenOff, verified } from "./file.ts";
import { type Call, json, type Operation, operation, pathParameter } from "./operation.ts";
import { knows } from "./preference.ts";

const PASSIVE = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/** Some files at one moment. */
export interface Files {
  /** Whose they are. */
  owner: string;
  files: readonly StoredArtifact[];
  /** What to do about one that is lost. */
  advice: string;
}

/** What has files. */
export interface Owner {
  tag: Operation["tag"];
  /** Its part of the names of the operations. */
  name: string;
  /** Its path, with `{id}`. */
  path: string;
  /** What a person calls it. */
  noun: string;
  /** Which files it has. */
  description: string;
  /** The problem of an id that is none. */
  missing: ErrorCode;
  filesOf: (id: string, tenant: string) => Promise<Files>;
}

/** The routes of the files of something: the list of them, and each. */
export function artifactRoutes(store: Store, { tag, name, path, noun, description, missing, filesOf }: Owner): Operation[] {
  const filesFor = ({ request, tenant }: Call<unknown>) => filesOf(pathParameter(request, "id"), tenant);
  return [
    operation({
      id: `list${name}Artifacts`,
      method: "get",
      path: `${path}/artifacts`,
      tag,
      summary: `List the files of ${noun}.`,
      responses: { 200: json(artifactList, description) },
      problems: [missing, "temporal_unavailable"],
      async handle(call) {
        const artifacts = (await filesFor(call)).files.map(artifactOf);
        call.response.set("Cache-Control", "private, no-cache").json({ artifacts, next_page_token: "" });
      },
    }),
    operation({
      id: `get${name}Artifact`,
      method: "get",
      path: `${path}/artifacts/{name}`,
      tag,
      summary: `Download a file of ${noun}.`,
      responses: {
        200: { description: "The file. Its ETag is its SHA-256.", content: { "*/*": {} } },
        304: { description: "The client has it." },
      },
      problems: [missing, "artifact_not_found", "artifact_corrupt", "store_unavailable", "temporal_unavailable"],
      async handle(call) {
        const { owner, files, advice } = await filesFor(call);
        const asked = pathParameter(call.request, "name");
        const artifact = files.find((candidate) => candidate.name === asked);
        if (artifact) return send(call, store, artifact, advice);
        const list = `${path.replace("{id}", pathParameter(call.request, "id"))}/artifacts`;
        const shown = JSON.stringify(asked.slice(0, 80));
        throw new OrreryError("artifact_not_found", `${owner} has no artifact ${shown}; GET ${list} lists them.`);
      },
    }),
  ];
}

/** A file as clients know it. Where the store keeps it is not told. */
export function artifactOf({ name, content_type, bytes, sha256 }: StoredArtifact): Artifact {
  return { name, content_type, bytes, sha256 };
}

/** Answers with a file, or with 304 if the client has it. Throws `artifact_corrupt` or `store_unavailable` while nothing is sent. */
async function send({ request, response }: Call<unknown>, store: Store, artifact: StoredArtifact, advice: string): Promise<void> {
  const tag = `"${artifact.sha256}"`;
  // The name is that of one run; the bytes under its tag never change. A picture opened by itself must run nothing.
  response.set("ETag", tag).set("Cache-Control", "private, no-cache").set("Content-Security-Policy", PASSIVE);
  if (knows(request, tag)) {
    response.status(304).end();
    return;
  }
  // The framework's own setter would add a character set to what the file's maker wrote.
  response.setHeader("Content-Type", artifact.content_type);
  response.set("Content-Length", String(artifact.bytes));
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  const file = await begun(store, artifact, advice).catch((error: unknown) => {
    for (const header of ["Content-Length", "ETag"]) response.removeHeader(header);
    throw error;
  });
  await pipeline(file, response).catch((error: unknown) => {
    // The reply is cut off either way. A client that hung up is no fault of the server, a store that broke off is.
    if (error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE") return;
    throw brokenOff(error, artifact.name);
  });
}

/** The file from its first chunk on, so that what is wrong until then can be said in a reply. */
async function begun(store: Store, artifact: StoredArtifact, advice: string): Promise<Readable> {
  const stored = await store.stream(artifact.key);
  if (stored) return verified(stored, artifact, advice);
  throw new OrreryError("artifact_corrupt", `The file ${artifact.name} is missing in the store; ${advice}.`);
}
