import { fileURLToPath } from "node:url";
import { drawn, endless, hungry, lasting, poisonous } from "./load.ts";
import { ATTEMPTS } from "./oracle.ts";
import { bring, type Scene } from "./scene.ts";

/** Numbers for jobs of faults, beyond those of the load. */
const OWN_JOBS = 1_000_000;

const HOUR_MS = 3_600_000;

/** The least that a computing thread may be given, in MiB. The jobs of the load need less. */
const LITTLE_MEMORY_MB = 128;

/** Files of a worker's life among which the one is drawn at which it is killed: those of a few jobs. */
const FILES = 20;

/** How a worker ends that has handed back all its work. One that cannot in time gives up with code 1, and is like one that was killed. */
const ORDERLY = /by code 0$/;

const preload = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Ends a job that is at work, as an operator does who has no other way. */
export async function terminate(scene: Scene, index: number): Promise<string> {
  const own = await bring(scene, { ...endless(scene.seed, OWN_JOBS + index), ends: ["failed"] });
  await own.computing();
  await scene.stage.client.workflow.getHandle(own.jobId).terminate("drill");
  scene.ledger.write({ at: Date.now(), event: "terminated", job_id: own.jobId });
  await own.ended;
  return `${own.jobId} terminated while it was computed`;
}

/** A deploy, and four more, while one job is at work. */
export async function rolling(scene: Scene, index: number): Promise<string> {
  const own = await bring(scene, lasting(scene.seed, OWN_JOBS + index));
  const stopped: string[] = [];
  while (stopped.length < 5 && (await own.computing())) stopped.push(await scene.stage.strike("worker", "SIGTERM"));
  await own.ended;
  const { body } = await scene.service.tree(own.jobId);
  // Those of its shards included, of which its own body does not tell.
  const members = body.members.map(({ id, attempts }) => ({ id, attempts })).filter(({ attempts }) => attempts > 0);
  const gaveUp = stopped.filter((proof) => !ORDERLY.test(proof)).length;
  scene.ledger.write({ at: Date.now(), event: "restarted", job_id: own.jobId, gave_up: gaveUp, members });
  return `${stopped.join(", ")} while ${own.jobId} was computed`;
}

/** A job that takes its worker with it at every attempt. */
export async function poison(scene: Scene, index: number): Promise<string> {
  const own = await bring(scene, poisonous(scene.seed, OWN_JOBS + index));
  let ended = 0;
  while (ended < ATTEMPTS && (await own.computing())) {
    await scene.stage.strike("worker", "SIGKILL");
    ended += 1;
  }
  await own.ended;
  return `${own.jobId} ended ${ended} workers`;
}

/** A job that needs more memory than a computing thread has. */
export async function hunger(scene: Scene, index: number): Promise<string> {
  await scene.stage.strike("worker", "SIGTERM", { env: { ORRERY_THREAD_MEMORY_MB: String(LITTLE_MEMORY_MB) } });
  const own = await bring(scene, hungry(scene.seed, OWN_JOBS + index));
  await own.ended;
  await scene.stage.strike("worker", "SIGTERM");
  const { body } = await scene.service.job(own.jobId);
  return `${own.jobId} needed more than ${LITTLE_MEMORY_MB} MiB: ${body.status} with ${body.error?.code}`;
}

/** One job under three clocks: an hour ahead, an hour behind, and right. */
export async function wrongClock(scene: Scene, index: number): Promise<string> {
  const own = await bring(scene, lasting(scene.seed, OWN_JOBS + index));
  const shown: string[] = [];
  for (const hours of [1, -1, 0]) {
    await own.computing();
    await scene.stage.strike("worker", "SIGTERM", { preload: preload("clock.ts"), env: { DRILL_CLOCK_MS: String(hours * HOUR_MS) } });
    shown.push(`${Math.round((scene.stage.clockOf("worker") - Date.now()) / 1_000)} s`);
  }
  await own.ended;
  return `the worker's log was ${shown.join(", ")} ahead while ${own.jobId} was computed`;
}

/** A worker that is killed between the bytes of a file and its name, at a drawn file. */
export async function atRename({ stage, seed }: Scene, index: number): Promise<string> {
  const file = 1 + Math.floor(FILES * drawn(seed, `file/${index}`));
  await stage.strike("worker", "SIGTERM", { preload: preload("link.ts"), env: { DRILL_LINK: String(file) } });
  await stage.ended("worker");
  return `${await stage.strike("worker", "SIGKILL")} at its file ${file}`;
}
