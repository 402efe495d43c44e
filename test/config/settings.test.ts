import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { settingsPage } from "../../tools/settings.ts";

test("docs/settings.md is what the schema says; write it anew with: npm run settings", () => {
  expect(readFileSync(new URL("../../docs/settings.md", import.meta.url), "utf8")).toBe(settingsPage());
});
