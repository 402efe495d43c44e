import { type Connection, ScheduleAlreadyRunning, ScheduleClient, ScheduleOverlapPolicy } from "@temporalio/client";
import { QUEUES, SWEEP_SCHEDULE, WORKFLOWS } from "../contract/names.ts";

/** Makes the schedule of the sweep unless it is there. Without a worker one sweep waits, and the others are skipped. */
export async function scheduleSweep(connection: Connection, namespace: string): Promise<void> {
  const client = new ScheduleClient({ connection, namespace });
  try {
    await client.create({
      scheduleId: SWEEP_SCHEDULE,
      spec: { intervals: [{ every: "1 minute" }] },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: "1 minute" },
      action: { type: "startWorkflow", workflowType: WORKFLOWS.sweep, workflowId: SWEEP_SCHEDULE, taskQueue: QUEUES.control },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}
