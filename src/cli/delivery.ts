import type { Job } from "../contract/job.ts";

/** How the receiver of a job's end was told of it, in a line. */
export function deliveryOf({ state, attempts, last_status: status, detail }: NonNullable<Job["webhook"]>): string {
  const tries = attempts === 0 ? [] : [`${attempts} ${attempts === 1 ? "attempt" : "attempts"}`];
  const answer = status === null ? [] : [`last answer ${status}`];
  return [state.replace("_", " "), ...tries, ...answer, ...(detail === null ? [] : [detail])].join(", ");
}
