import { once } from "node:events";
import { createServer, type Server } from "node:http";

export interface HealthProbes {
  /** The name of what fails, or `undefined` while the process can do its work. */
  failing(): string | undefined;
  /** Everything that an operator wants to see, as JSON. */
  detail(): object;
}

/** Serves `/live`, `/ready` and `/health` for a process that has no other HTTP port. Rejects with a sentence if the port is taken. */
export async function serveHealth(address: { host: string; port: number }, probes: HealthProbes): Promise<Server> {
  const server = createServer((request, response) => {
    const failing = probes.failing();
    const replies: Record<string, [number, object]> = {
      "/live": [200, { status: "alive" }],
      "/ready": failing === undefined ? [200, { status: "ready" }] : [503, { status: "not_ready", failing }],
      "/health": [
        200,
        { status: failing === undefined ? "ready" : "not_ready", ...(failing !== undefined && { failing }), ...probes.detail() },
      ],
    };
    const [status, body] = replies[request.url ?? ""] ?? [404, { status: "not_found", routes: Object.keys(replies) }];
    response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" }).end(JSON.stringify(body));
  });
  server.requestTimeout = 5_000;
  server.listen(address.port, address.host);
  try {
    await once(server, "listening");
  } catch (cause) {
    throw new Error(
      `Port ${address.port} of ${address.host} is taken, probably by another worker; choose another with ORRERY_WORKER_PORT (0 takes a free one).`,
      { cause },
    );
  }
  return server;
}
