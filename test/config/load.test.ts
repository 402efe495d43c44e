import { describe, expect, test } from "vitest";
import { loadSettings } from "../../src/config/load.ts";

describe("settings", () => {
  test("have a default each", () => {
    expect(loadSettings({})).toMatchObject({
      ORRERY_HOST: "127.0.0.1",
      ORRERY_PORT: 8080,
      ORRERY_DATA_DIR: ".orrery",
      ORRERY_EMBEDDED_SYNC: "normal",
    });
  });

  test("are read from text", () => {
    expect(loadSettings({ ORRERY_PORT: "9000", ORRERY_STORE_REUSE: "false" })).toMatchObject({
      ORRERY_PORT: 9000,
      ORRERY_STORE_REUSE: false,
    });
  });

  test("report every fault at once, with the nearest name for an unknown one", () => {
    expect(() => loadSettings({ ORRERY_PORT: "seventy", ORRERY_PROT: "1", ORRERY_LOG_LEVEL: "loud" })).toThrow(
      /ORRERY_PROT is not a setting; did you mean ORRERY_PORT\?[\s\S]*ORRERY_PORT=seventy[\s\S]*ORRERY_LOG_LEVEL=loud/,
    );
  });

  test.each([
    ["ORRERY_PORT", "abc", "ORRERY_PORT=abc: give a whole number from 0 to 65535"],
    ["ORRERY_PORT", "70000", "ORRERY_PORT=70000: give a whole number from 0 to 65535"],
    ["ORRERY_THREADS", "1.5", "ORRERY_THREADS=1.5: give a whole number from 1 to 256"],
    ["ORRERY_LOG_LEVEL", "loud", "ORRERY_LOG_LEVEL=loud: give trace or debug or info or warn or error or silent"],
    ["ORRERY_URL", "here", "ORRERY_URL=here: give an address, such as http://127.0.0.1:8080"],
  ])("say what %s=%s should be", (name, value, sentence) => {
    expect(() => loadSettings({ [name]: value })).toThrow(sentence);
  });

  test.each(["0.0.0.0", "10.0.0.1", "::", "example.org"])("refuse %s without credentials", (host) => {
    expect(() => loadSettings({ ORRERY_HOST: host })).toThrow("only a loopback address");
  });

  test("allow any address without credentials on a network that is said to be trusted", () => {
    expect(loadSettings({ ORRERY_HOST: "0.0.0.0", ORRERY_TRUSTED_NETWORK: "true" }).ORRERY_HOST).toBe("0.0.0.0");
  });
});
