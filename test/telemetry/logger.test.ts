import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { startChild } from "../support/child.ts";

const logger = fileURLToPath(new URL("../../src/telemetry/logger.ts", import.meta.url));

test.each(["cause", "error", "err"])("the %s of a line has its text, and nothing of what hangs on it", async (name) => {
  const script = `
    import { createLogger } from ${JSON.stringify(logger)};
    createLogger({ level: "info", process: "worker" }).warn({ ${name}: Object.assign(new Error("EIO"), { config: { key: "planted" } }), token: "planted" }, "late");`;
  const child = startChild(process.execPath, ["--input-type=module", "-e", script]);
  await child.exited;
  expect(child.output()).not.toContain("planted");
  expect(JSON.parse(child.output())).toMatchObject({
    msg: "late",
    token: "[redacted]",
    [name]: { message: "EIO", stack: expect.any(String) },
  });
});
