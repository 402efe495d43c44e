import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { type FileServer, serveFiles } from "./file-server.ts";

export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A real https server that keeps what is posted to it. `answer` is told how often its path was posted to, this time included. */
export async function receive(
  answer: (path: string, times: number, response: ServerResponse) => void,
): Promise<{ server: FileServer; received: (path: string) => Received[] }> {
  const all: Received[] = [];
  const received = (path: string) => all.filter((one) => one.path === path);
  const server = await serveFiles((path, response, request) => {
    void text(request).then((body) => {
      all.push({ path, headers: request.headers, body });
      answer(path, received(path).length, response);
    });
  });
  return { server, received };
}
