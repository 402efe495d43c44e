import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createCircuits } from "../../src/outbound/circuits.ts";
import { parseCallback } from "../../src/webhooks/callback.ts";
import { createSend } from "../../src/webhooks/send.ts";
import { type FileServer, trustFiles } from "../support/file-server.ts";
import { type Received, receive } from "../support/receiver.ts";

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=";
const { signal } = new AbortController();

let server: FileServer;
let received: (path: string) => Received[];
beforeAll(async () => {
  trustFiles();
  ({ server, received } = await receive((_path, _times, response) => {
    response.writeHead(200);
    // An answer without an end.
    const write = () => {
      if (!response.destroyed) response.write("x".repeat(65_536), write);
    };
    write();
  }));
});
afterAll(() => server.close());

/** Answers every look-up with one address, as a name server of an attacker may. */
const resolvingTo = (address: string) =>
  ((_name: string, _options: object, callback: (...args: unknown[]) => void) => {
    callback(null, [{ address, family: 4 }]);
  }) as unknown as typeof import("node:dns").lookup;

describe("a message", () => {
  test("is sent to a host that is allowed by name, and an endless answer is not read", async () => {
    const send = createSend({
      circuits: createCircuits(),
      secret,
      allow: ["data.test", "hooks.data.test"],
      lookup: resolvingTo("127.0.0.1"),
    });
    await expect(send({ id: "one", url: `https://hooks.data.test:${server.port}/named`, body: "{}" }, signal)).resolves.toBe(200);
    expect(received("/named")).toHaveLength(1);
  });

  test("is not sent to a public name that resolves to a private address", async () => {
    const send = createSend({ circuits: createCircuits(), secret, allow: [], lookup: resolvingTo("127.0.0.1") });
    await expect(send({ id: "two", url: `https://hooks.data.test:${server.port}/inside`, body: "{}" }, signal)).rejects.toMatchObject({
      code: "callback_url_not_allowed",
    });
    expect(received("/inside")).toEqual([]);
  });

  test("to nobody who listens can be sent again", async () => {
    const send = createSend({ circuits: createCircuits(), secret, allow: ["127.0.0.1"] });
    await expect(send({ id: "three", url: "https://127.0.0.1:9/none", body: "{}" }, signal)).rejects.toMatchObject({
      code: "webhook_undelivered",
    });
  });

  test("is not tried while its receiver is left alone, and others are", async () => {
    const send = createSend({ circuits: createCircuits(), secret, allow: ["127.0.0.1", "127.0.0.2"] });
    const dead = () => send({ id: "five", url: "https://127.0.0.2:9/none", body: "{}" }, signal);
    for (let time = 0; time < 5; time += 1)
      await expect(dead()).rejects.toMatchObject({ message: expect.stringContaining("cannot be reached") });
    await expect(dead()).rejects.toMatchObject({ code: "webhook_undelivered", retryAt: expect.any(Date) });
    await expect(send({ id: "six", url: `https://127.0.0.1:${server.port}/other`, body: "{}" }, signal)).resolves.toBe(200);
  });

  test("is not sent without a key to sign it", async () => {
    const send = createSend({ circuits: createCircuits(), secret: undefined, allow: ["127.0.0.1"] });
    await expect(send({ id: "four", url: `https://127.0.0.1:${server.port}/unsigned`, body: "{}" }, signal)).rejects.toMatchObject({
      code: "webhooks_not_configured",
    });
  });
});

describe("an address for webhooks", () => {
  const rules = { signed: true, allow: ["10.1.0.0/16", "hooks.internal"] };

  test.each(["https://example.org/hook?token=1", "https://hooks.internal/", "http://hooks.internal:8080/", "http://10.1.2.3/"])(
    "%s passes",
    (text) => {
      expect(parseCallback(text, rules).href).toBe(text);
    },
  );

  test.each([
    "http://example.org/",
    "http://8.8.8.8/",
    "https://10.2.0.1/",
    "https://[::1]/",
    "https://169.254.169.254/",
    "ftp://hooks.internal/",
  ])("%s is refused", (text) => {
    expect(() => parseCallback(text, rules)).toThrow(expect.objectContaining({ code: "callback_url_not_allowed" }));
  });

  test("needs a server that has a key", () => {
    expect(() => parseCallback("https://example.org/", { ...rules, signed: false })).toThrow(
      /ask the operator to set ORRERY_WEBHOOK_SECRET/,
    );
  });
});
