import { once } from "node:events";
import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { claimPorts } from "../../src/dev/ports.ts";
import { freePort } from "../support/ports.ts";

const gateway = { what: "the gateway", host: "127.0.0.1", setting: "ORRERY_PORT", suspect: "another Orrery" };
const ui = { what: "the Web UI", host: "127.0.0.1", setting: "ORRERY_TEMPORAL_UI_PORT", suspect: "another Web UI" };

describe("ports", () => {
  test("that are free are taken as they are, and 0 becomes a free one", async () => {
    const port = await freePort();
    const [first, second] = await claimPorts([
      { ...gateway, port },
      { ...ui, port: 0 },
    ]);
    expect(first).toBe(port);
    expect(second).toBeGreaterThan(0);
  });

  test("that are taken are all named, with who probably holds them and the setting to change", async () => {
    const holders = [createServer().listen(0, "127.0.0.1"), createServer().listen(0, "127.0.0.1")];
    await Promise.all(holders.map((holder) => once(holder, "listening")));
    const [one = 0, two = 0] = holders.map((holder) => {
      const address = holder.address();
      return typeof address === "object" && address !== null ? address.port : 0;
    });
    const claim = claimPorts([
      { ...gateway, port: one },
      { ...ui, port: two },
    ]);
    await expect(claim).rejects.toThrow(
      `Port ${one} for the gateway is taken, probably by another Orrery. Stop it, or choose another port with ORRERY_PORT.\n` +
        `Port ${two} for the Web UI is taken, probably by another Web UI. Stop it, or choose another port with ORRERY_TEMPORAL_UI_PORT.`,
    );
    for (const holder of holders) holder.close();
  });

  test("that are set for two things are refused", async () => {
    const port = await freePort();
    const claim = claimPorts([
      { ...gateway, port },
      { ...ui, port },
    ]);
    await expect(claim).rejects.toThrow(`Port ${port} is set for two things; give the Web UI another one with ORRERY_TEMPORAL_UI_PORT.`);
  });
});
