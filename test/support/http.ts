import type { Job } from "../../src/contract/job.ts";
import { TERMINAL } from "../../src/contract/names.ts";
import { until } from "./child.ts";

/** What the gateway answered. `body` is typed by the caller: a test states what it expects. */
export interface Reply<T> {
  status: number;
  headers: Headers;
  body: T;
}

export async function call<T = Job>(
  method: string,
  url: string,
  options: { body?: unknown; headers?: Record<string, string> } = {},
): Promise<Reply<T>> {
  const response = await fetch(url, {
    method,
    headers: { ...(options.body !== undefined && { "content-type": "application/json" }), ...options.headers },
    ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
    signal: AbortSignal.timeout(70_000),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: (text === "" ? undefined : JSON.parse(text)) as T };
}

/** Waits until the job is in a terminal state, by long polls of the public API. Survives a gateway that is away. */
export async function finished(url: string, jobId: string): Promise<Job> {
  return until(
    `the end of ${jobId}`,
    async () => {
      const reply = await call(`GET`, `${url}/v1/jobs/${jobId}?include_result=true`, { headers: { prefer: "wait=5" } }).catch(
        () => undefined,
      );
      return reply?.status === 200 && TERMINAL.includes(reply.body.status) ? reply.body : undefined;
    },
    55_000,
  );
}
