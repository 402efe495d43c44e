import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Client } from "@temporalio/client";
import type { History } from "@temporalio/common/lib/proto-utils.js";
import { historyFromJSON } from "@temporalio/common/lib/proto-utils.js";
import { DefaultLogger, Runtime, Worker } from "@temporalio/worker";
import { WORKFLOWS } from "../src/contract/names.ts";

/** Histories of one workflow type that are replayed, of those that a drill leaves. */
const SAMPLE = 10;

const RECORDED = new URL("../test/replay/histories/", import.meta.url);

interface Course {
  workflowId: string;
  history: History;
}

/** A history, and why the workflows of this build do not fit it; null if they do. */
export interface Replay {
  workflow: string;
  id: string;
  misfit: string | null;
}

/** Replays histories through the workflows that workers load. */
export async function replayed(courses: readonly Course[]): Promise<Replay[]> {
  Runtime.install({ logger: new DefaultLogger("ERROR") });
  const workflowBundle = { codePath: fileURLToPath(new URL("../dist/workflows.bundle.js", import.meta.url)) };
  const types = new Map(courses.map(({ workflowId, history }) => [workflowId, typeOf(history)]));
  const replays: Replay[] = [];
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, courses))
    replays.push({ workflow: types.get(workflowId) ?? "", id: workflowId, misfit: error?.message ?? null });
  return replays;
}

/** Of every type of workflow that ran, the longest history, which is of what was struck most, and others down to the shortest. */
export async function sampleOf(client: Client): Promise<Course[]> {
  const courses: Course[] = [];
  for (const type of Object.values(WORKFLOWS)) {
    const all: { workflowId: string; runId: string; historyLength: number }[] = [];
    for await (const execution of client.workflow.list({ query: `WorkflowType = "${type}"`, pageSize: 1_000 })) all.push(execution);
    all.sort((one, other) => other.historyLength - one.historyLength);
    const step = Math.max(all.length / SAMPLE, 1);
    for (let at = 0; at < all.length; at += step) {
      const { workflowId, runId } = all[Math.floor(at)] as (typeof all)[number];
      courses.push({ workflowId, history: await client.workflow.getHandle(workflowId, runId).fetchHistory() });
    }
  }
  return courses;
}

/** Those that earlier versions left. */
export async function recorded(): Promise<Course[]> {
  const names = (await readdir(RECORDED)).filter((name) => name.endsWith(".json"));
  return Promise.all(
    names.map(async (name) => ({
      workflowId: name,
      history: historyFromJSON(JSON.parse(await readFile(new URL(name, RECORDED), "utf8"))),
    })),
  );
}

function typeOf({ events }: History): string {
  return events?.[0]?.workflowExecutionStartedEventAttributes?.workflowType?.name ?? "";
}
