import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { fileURLToPath } from "node:url";

/** Its own authority, for localhost, 127.0.0.1, 127.0.0.2 and names below data.test. */
export const CERTIFICATE = fileURLToPath(new URL("certificate.pem", import.meta.url));

export interface FileServer {
  port: number;
  /** Paths that were asked for. */
  asked: string[];
  close(): Promise<void>;
}

/** A real https server on every loopback address. */
export async function serveFiles(answer: (path: string, response: ServerResponse, request: IncomingMessage) => void): Promise<FileServer> {
  const asked: string[] = [];
  const key = readFileSync(new URL("key.pem", import.meta.url));
  const server = createServer({ key, cert: readFileSync(CERTIFICATE) }, (request, response) => {
    const path = request.url ?? "";
    asked.push(path);
    answer(path, response, request);
  });
  server.listen(0, "0.0.0.0");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    port: address.port,
    asked,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Lets this process trust the server's certificate, as NODE_EXTRA_CA_CERTS does for one that starts. */
export function trustFiles(): void {
  setDefaultCACertificates([...getCACertificates("default"), readFileSync(CERTIFICATE, "utf8")]);
}
