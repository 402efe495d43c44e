import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ERRORS, type ErrorCode } from "../../src/contract/errors.ts";

const FOLDER = new URL("../../docs/errors/", import.meta.url);
const HEADINGS = ["What happened", "What to do", "HTTP status", "Retryable"];
/** A page is read by someone in a hurry. */
const MAX_LINES = 25;

const codes = Object.keys(ERRORS) as ErrorCode[];
const pages = readdirSync(FOLDER).filter((name) => name.endsWith(".md"));

test("every code has a page, and every page a code", () => {
  const names = pages.map((name) => name.replace(/\.md$/, ""));
  const missing = codes.filter((code) => !names.includes(code)).map((code) => `docs/errors/${code}.md is missing`);
  const stray = names
    .filter((name) => !Object.hasOwn(ERRORS, name))
    .map((name) => `docs/errors/${name}.md has no code in contract/errors.ts`);
  expect([...missing, ...stray]).toEqual([]);
});

test("codes are words in snake_case and titles are sentences", () => {
  for (const code of codes) {
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(ERRORS[code].title).toMatch(/^[A-Z].*\.$/);
  }
});

// A code without a page is reported by the first test, once and by name.
test.each(codes.filter((code) => pages.includes(`${code}.md`)))("the page of %s says what the registry says", (code) => {
  const text = readFileSync(new URL(`${code}.md`, FOLDER), "utf8");
  const [head = "", ...parts] = text.split(/^## /m);
  expect(head).toBe(`# ${code}\n\n${ERRORS[code].title}\n\n`);

  const sections = new Map(parts.map((part) => [part.slice(0, part.indexOf("\n")), part.slice(part.indexOf("\n")).trim()]));
  expect([...sections.keys()]).toEqual(HEADINGS);
  for (const body of sections.values()) expect(body.length).toBeGreaterThan(3);
  expect(sections.get("What to do")).toMatch(/^- /);
  expect(sections.get("HTTP status")).toMatch(new RegExp(`^${ERRORS[code].status}[.,]`));
  expect(sections.get("Retryable")).toMatch(ERRORS[code].retryable ? /^Yes\b/ : /^No\b/);
  expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(MAX_LINES);
});
