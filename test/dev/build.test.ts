import { appendFile, copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startChild } from "../support/child.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
let folder: string;

/** A project of two files that is built by the real build. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "orrery-test-"));
  for (const path of ["src/workflows", "src/cli", "tools", "bin"]) await mkdir(join(folder, path), { recursive: true });
  for (const file of ["package.json", "package-lock.json", "tsconfig.json", "src/tsconfig.json", "tools/build.ts", "bin/orrery.js"]) {
    await copyFile(join(root, file), join(folder, file));
  }
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "src/workflows/index.ts"), "export async function nothing(): Promise<void> {}\n");
  await writeFile(join(folder, "src/cli/main.ts"), "const one: number = 1;\nprocess.stdout.write(String(one));\n");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function build() {
  const child = startChild(process.execPath, [join(folder, "tools/build.ts")]);
  return { code: await child.exited, output: child.output() };
}

/** As npx does it. */
async function orrery() {
  const child = startChild(join(folder, "bin/orrery.js"), []);
  return { code: await child.exited, output: child.output() };
}

const command = () => readFile(join(folder, "dist/cli/main.js"), "utf8");
const leftovers = async () => (await readdir(folder)).filter((name) => name.startsWith("dist."));

describe("npm run build", () => {
  test("makes the compiled sources, the workflow bundle and what the command runs, which asks for the build until then", async () => {
    expect(await orrery()).toEqual({ code: 1, output: "Orrery is not built yet. Build it with:  npm run build\n" });
    expect(await build()).toEqual({ code: 0, output: expect.stringMatching(/^built dist in \d+\.\d s\n$/) });
    expect(await orrery()).toEqual({ code: 0, output: "1" });
    expect(await readFile(join(folder, "dist/workflows.bundle.js"), "utf8")).toContain("nothing");
  });

  test("does nothing when nothing changed", async () => {
    expect(await build()).toEqual({ code: 0, output: "dist is up to date\n" });
  });

  test("can run twice at once", async () => {
    await appendFile(join(folder, "src/cli/main.ts"), "export const two: number = 2;\n");
    const both = await Promise.all([build(), build()]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(await command()).toContain("two = 2");
    expect(await readdir(join(folder, "dist"))).toContain("workflows.bundle.js");
    expect(await leftovers()).toEqual([]);
  });

  test("keeps the last good build when the sources do not compile, and says where", async () => {
    await appendFile(join(folder, "src/cli/main.ts"), "export const three: number = 'three';\n");
    const { code, output } = await build();
    expect(code).toBe(1);
    expect(output).toContain("src/cli/main.ts(4,14)");
    expect(output).toContain("The build failed: the sources do not compile");
    expect(await command()).not.toContain("three");
    expect(await leftovers()).toEqual([]);
  });
});
