import type { Service } from "./client.ts";
import type { Ledger } from "./ledger.ts";
import { endless, lasting, poisonous } from "./load.ts";
import { ATTEMPTS } from "./oracle.ts";
import { pause, type Stage } from "./stage.ts";
import type { Traffic } from "./traffic.ts";

/** What a fault acts on. */
export interface Scene {
  stage: Stage;
  service: Service;
  traffic: Traffic;
  ledger: Ledger;
  seed: number;
}

export interface Fault {
  name: string;
  /** The guarantee that it threatens most. */
  guarantee: string;
  /** Does it, and resolves to the proof that it happened. `index` numbers the jobs that a fault brings itself. */
  act(scene: Scene, index: number): Promise<string>;
}

/** A worker counts as lost after six seconds without a heartbeat. */
const PAST_HEARTBEAT_MS = 9_000;

/** Numbers for jobs of faults, beyond those of the load. */
const OWN_JOBS = 1_000_000;

/** Jobs are struck where it hurts: in the middle of their work. */
export async function untilComputing({ stage }: Scene, jobId: string): Promise<void> {
  while (!((await stage.computing()) ?? []).includes(jobId)) await pause(20);
}

export async function acceptedId(scene: Scene, key: string): Promise<string> {
  for (;;) {
    const entry = scene.ledger.of("accepted").find((each) => each.key === key);
    if (entry) return entry.job_id;
    await pause(20);
  }
}

/** The common ones come often, the last two once in a while, because each takes half a minute. */
export const FAULTS: readonly Fault[] = [
  { name: "kill the worker", guarantee: "G1", act: ({ stage }) => stage.strike("worker", "SIGKILL") },
  { name: "kill the gateway", guarantee: "G1", act: ({ stage }) => stage.strike("gateway", "SIGKILL") },
  { name: "kill Temporal", guarantee: "G1", act: ({ stage }) => stage.strike("temporal", "SIGKILL") },
  { name: "kill everything at once", guarantee: "G1", act: ({ stage }) => stage.strikeAll() },
  { name: "freeze Temporal", guarantee: "G10", act: ({ stage }) => stage.freeze("temporal", 3_000) },
  { name: "freeze the gateway", guarantee: "G10", act: ({ stage }) => stage.freeze("gateway", 3_000) },
  { name: "take the store away", guarantee: "G7", act: ({ stage }) => stage.withoutStore(2_000) },
  { name: "stop the worker in order", guarantee: "G3", act: ({ stage }) => stage.strike("worker", "SIGTERM") },
  { name: "terminate a job", guarantee: "G6", act: terminate },
  { name: "freeze a worker past its heartbeats", guarantee: "G2", act: ({ stage }) => stage.zombie(PAST_HEARTBEAT_MS) },
];

export const LONG_FAULTS: readonly Fault[] = [
  { name: "five rolling restarts in one job", guarantee: "G3", act: rolling },
  { name: "a job that ends every worker", guarantee: "G6", act: poison },
];

async function terminate(scene: Scene, index: number): Promise<string> {
  const intent = { ...endless(scene.seed, OWN_JOBS + index), ends: ["failed"] as const };
  const following = scene.traffic.follow(intent);
  const jobId = await acceptedId(scene, intent.key);
  await untilComputing(scene, jobId);
  await scene.stage.client.workflow.getHandle(jobId).terminate("drill");
  scene.ledger.write({ at: Date.now(), event: "terminated", job_id: jobId });
  await following;
  return `${jobId} terminated while it was computed`;
}

async function rolling(scene: Scene, index: number): Promise<string> {
  const intent = lasting(scene.seed, OWN_JOBS + index);
  const following = scene.traffic.follow(intent);
  const jobId = await acceptedId(scene, intent.key);
  const proofs: string[] = [];
  for (let round = 0; round < 5; round += 1) {
    await untilComputing(scene, jobId);
    proofs.push(await scene.stage.strike("worker", "SIGTERM"));
  }
  await following;
  const attempts = await attemptsOf(scene, jobId);
  scene.ledger.write({ at: Date.now(), event: "restarted", job_id: jobId, attempts });
  return `${proofs.length} restarts while ${jobId} was computed; it took ${attempts} attempts`;
}

/** The most attempts of any activity of the job, those of its shards included, of which its own body does not tell. */
async function attemptsOf({ service }: Scene, jobId: string): Promise<number> {
  const { body } = await service.tree(jobId);
  return Math.max(...body.members.map(({ attempts }) => attempts));
}

async function poison(scene: Scene, index: number): Promise<string> {
  const intent = poisonous(scene.seed, OWN_JOBS + index);
  const following = scene.traffic.follow(intent);
  const jobId = await acceptedId(scene, intent.key);
  for (let round = 0; round < ATTEMPTS; round += 1) {
    await untilComputing(scene, jobId);
    await scene.stage.strike("worker", "SIGKILL");
  }
  await following;
  return `${jobId} ended ${ATTEMPTS} workers`;
}
