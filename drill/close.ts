import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { WORKFLOWS } from "../src/contract/names.ts";
import type { Service } from "./client.ts";
import type { Closed, State } from "./oracle.ts";
import type { Stage } from "./stage.ts";

/** Calls to the service that run side by side. */
const PARALLEL = 12;

const HASH = /^[0-9a-f]{64}$/;

/** Reads what the service says of the jobs, their files and the dead letters, and of an own system what lies beneath. */
export async function stateOf(service: Service, jobIds: readonly string[], stage?: Stage): Promise<State> {
  const jobs = await inParallel(jobIds, async (id) => {
    const { status, body } = await service.job(id);
    return status === 200 ? [body] : [];
  });
  const artifacts = await artifactsOf(service, jobs.flat());
  const asked = new Set(jobIds);
  const letters = await service.all<{ job_id: string; run: number }>("/v1/dead-letters", "dead_letters");
  return {
    jobs: jobs.flat(),
    // A deployment has dead letters of its own.
    deadLetters: stage ? letters : letters.filter(({ job_id }) => asked.has(job_id)),
    artifacts,
    damaged: stage ? await damagedIn(stage.store.folder) : [],
    ...(stage && { runs: await runsIn(stage) }),
  };
}

async function artifactsOf(service: Service, jobs: readonly Closed[]): Promise<State["artifacts"]> {
  const read = new Map<string, Promise<string | null>>();
  const lists = await inParallel(jobs, async ({ job_id }) => {
    const { body } = await service.artifacts(job_id);
    return Promise.all(
      body.artifacts.map(async ({ name, sha256 }) => {
        // Many jobs share a file, which is downloaded once.
        const reading = read.get(sha256) ?? hashOf(service, `/v1/jobs/${job_id}/artifacts/${name}`);
        read.set(sha256, reading);
        return { job_id, name, listed: sha256, read: await reading };
      }),
    );
  });
  return lists.flat();
}

async function hashOf(service: Service, path: string): Promise<string | null> {
  const { status, bytes } = await service.bytes(path);
  return status === 200 ? sha256(bytes) : null;
}

/** Files whose name is a hash that their bytes do not have. */
async function damagedIn(folder: string): Promise<string[]> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const named = files.filter((file) => file.isFile() && HASH.test(file.name) && basename(file.parentPath) === "artifacts");
  const wrong = await inParallel(named, async ({ parentPath, name }) => {
    const path = join(parentPath, name);
    return sha256(await readFile(path)) === name ? [] : [`${basename(dirname(parentPath))}/artifacts/${name}`];
  });
  return wrong.flat();
}

async function runsIn({ client }: Stage): Promise<Map<string, number>> {
  const types = [WORKFLOWS.discover, WORKFLOWS.evaluate, WORKFLOWS.tgefd].map((type) => `"${type}"`).join(", ");
  const runs = new Map<string, number>();
  for await (const { workflowId } of client.workflow.list({ query: `WorkflowType IN (${types})`, pageSize: 1_000 })) {
    runs.set(workflowId, (runs.get(workflowId) ?? 0) + 1);
  }
  return runs;
}

async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += PARALLEL) {
    results.push(...(await Promise.all(items.slice(from, from + PARALLEL).map(work))));
  }
  return results;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
