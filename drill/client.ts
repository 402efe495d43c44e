import type { Artifact, Job, Member } from "../src/contract/job.ts";

/** Longest wait for one reply. */
const REPLY_MS = 10_000;

export interface Reply<T> {
  status: number;
  body: T;
}

/** A client of the public HTTP API, such as a user would write. Rejects where there is no reply. */
export interface Service {
  submit(kind: Job["kind"], body: object, key: string): Promise<Reply<Job & { code?: string }>>;
  job(id: string): Promise<Reply<Job>>;
  cancel(id: string): Promise<Reply<{ members: Member[] }>>;
  tree(id: string): Promise<Reply<{ members: Member[] }>>;
  artifacts(id: string): Promise<Reply<{ artifacts: Artifact[] }>>;
  /** Every page of a list. */
  all<T>(path: string, field: string): Promise<T[]>;
  bytes(path: string): Promise<{ status: number; bytes: Buffer }>;
}

export function serviceAt(url: string): Service {
  async function ask<T>(path: string, init: RequestInit = {}): Promise<Reply<T>> {
    const response = await fetch(`${url}${path}`, { ...init, signal: AbortSignal.timeout(REPLY_MS) });
    return { status: response.status, body: (await response.json()) as T };
  }
  return {
    submit: (kind, body, key) =>
      ask(`/v1/${kind}_async`, {
        method: "POST",
        headers: { "content-type": "application/json", "idempotency-key": key },
        body: JSON.stringify(body),
      }),
    job: (id) => ask(`/v1/jobs/${id}`),
    cancel: (id) => ask(`/v1/jobs/${id}/cancel`, { method: "POST" }),
    tree: (id) => ask(`/v1/jobs/${id}/tree`),
    artifacts: (id) => ask(`/v1/jobs/${id}/artifacts`),
    async all<T>(path: string, field: string) {
      const items: T[] = [];
      for (let token = ""; ; ) {
        const separator = path.includes("?") ? "&" : "?";
        const { status, body } = await ask<Record<string, unknown>>(
          `${path}${separator}page_size=100&page_token=${encodeURIComponent(token)}`,
        );
        if (status !== 200) throw new Error(`GET ${path} answers ${status}`);
        items.push(...(body[field] as T[]));
        token = body.next_page_token as string;
        if (token === "") return items;
      }
    },
    async bytes(path) {
      const response = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(REPLY_MS) });
      return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) };
    },
  };
}
