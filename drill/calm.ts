import { drawn, endless, probe } from "./load.ts";
import { pause } from "./pause.ts";
import { bring, type Scene } from "./scene.ts";

/** Numbers for jobs of the calm, beyond those of the load. */
const CALM_JOBS = 2_000_000;

/** Longest time that a thread has been at work on a search before it is cancelled. */
const AT_WORK_MS = 600;

/**
 * Cancels sharded searches one after another, each at a drawn instant of its work, while no more than one small job is
 * sent beside it. How soon the threads are silent is then a figure of the service, and not of what goes on around it.
 */
export async function calm(scene: Scene, cancels: number): Promise<void> {
  const { seed, traffic } = scene;
  for (let index = 0; index < cancels; index += 1) {
    const beside = traffic.follow(probe(`drill-${seed}-calm-${index}`));
    const own = await bring(scene, { ...endless(seed, CALM_JOBS + index), ends: ["cancelled"] });
    await own.computing();
    await pause(AT_WORK_MS * drawn(seed, `calm/${index}`));
    await traffic.cancel(own.jobId, { calm: true });
    await Promise.all([own.ended, beside]);
  }
}
