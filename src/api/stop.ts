import { once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";

/**
 * Watches the connections of a server from now on, and returns what stops it: nobody may connect any more, silent
 * connections end at once and the others with the reply that is under way. Left alone, a connection would keep the server
 * open for as long as its client may reuse it.
 */
export function stopperOf(server: Server): () => Promise<void> {
  const connections = new Map<IncomingMessage["socket"], Set<ServerResponse>>();
  let stopping = false;

  server.on("connection", (socket) => {
    connections.set(socket, new Set());
    socket.once("close", () => connections.delete(socket));
  });
  // Before the application, which may answer at once.
  server.prependListener("request", ({ socket }, response) => {
    const open = connections.get(socket);
    open?.add(response);
    if (stopping) last(response);
    response.once("close", () => {
      open?.delete(response);
      if (stopping && open?.size === 0) socket.destroySoon();
    });
  });

  return async () => {
    stopping = true;
    const closed = once(server, "close");
    server.close();
    for (const [socket, open] of connections) {
      if (open.size === 0) socket.destroy();
      for (const response of open) last(response);
    }
    await closed;
  };
}

/** Tells the client not to reuse the connection, while there is time. */
function last(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader("Connection", "close");
}
