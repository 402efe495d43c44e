import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

export interface Question {
  path: string;
  headers: IncomingHttpHeaders;
  body: { model: string; messages: { role: string; content: string }[] };
}

export interface ChatServer {
  /** Address of the API, as ORRERY_NARRATIVE_URL takes it. */
  url: string;
  asked: Question[];
  close(): Promise<void>;
}

/** A real server that speaks the chat completions of OpenAI. */
export async function serveChat(answer: (question: Question, response: ServerResponse) => void): Promise<ChatServer> {
  const asked: Question[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const question = { path: request.url ?? "", headers: request.headers, body: JSON.parse(body) as Question["body"] };
      asked.push(question);
      answer(question, response);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    url: `http://127.0.0.1:${address.port}/v1`,
    asked,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** A completion with one choice. */
export function say(response: ServerResponse, content: string, finish_reason = "stop"): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(
    JSON.stringify({ id: "1", object: "chat.completion", choices: [{ index: 0, message: { role: "assistant", content }, finish_reason }] }),
  );
}
