import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Copy, DockerfileParser, type Instruction } from "dockerfile-ast";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const dockerfile = DockerfileParser.parse(readFileSync(`${root}Dockerfile`, "utf8"));
const instructions = dockerfile.getInstructions();
const lastStage = instructions.slice(instructions.findLastIndex((instruction) => instruction.getKeyword() === "FROM"));

const all = (keyword: string, of: Instruction[] = instructions) => of.filter((instruction) => instruction.getKeyword() === keyword);
const textOf = (instruction: Instruction | undefined) => instruction?.getArgumentsContent() ?? "";
const program = (name: string) => existsSync(`${root}${name.replace(/^dist/, "src").replace(/\.js$/, ".ts")}`);

describe("Dockerfile", () => {
  test("builds every stage on one exact version of Node 24", () => {
    const [image] = all("ARG").map(textOf);
    expect(image).toMatch(/^NODE_IMAGE=node:24\.\d+\.\d+-bookworm-slim(@sha256:[0-9a-f]{64})?$/);
    for (const from of dockerfile.getFROMs()) expect(from.getImage()).toBe(`\${NODE_IMAGE}`);
    expect(all("FROM").length).toBeGreaterThan(1);
  });

  test("runs as a user without rights and with an id that no host user has", () => {
    const [user] = all("USER", lastStage).map(textOf);
    const [uid, gid] = (user ?? "").split(":").map(Number);
    expect(uid).toBeGreaterThanOrEqual(10_000);
    expect(gid).toBeGreaterThanOrEqual(10_000);
  });

  test("copies only what exists, or what an earlier stage made", () => {
    const stages = dockerfile.getFROMs().map((from) => from.getBuildStage());
    for (const copy of dockerfile.getCOPYs() as Copy[]) {
      const sources = copy
        .getArguments()
        .slice(0, -1)
        .map((argument) => argument.getValue());
      const from = copy.getFromFlag()?.getValue();
      if (from) expect(stages).toContain(from);
      else for (const source of sources) expect(existsSync(`${root}${source}`), source).toBe(true);
    }
  });

  test("sends every copied file to the build, and neither the history nor local data", () => {
    const rules = readFileSync(`${root}.dockerignore`, "utf8").split("\n");
    expect(rules).toContain("*");
    for (const copy of (dockerfile.getCOPYs() as Copy[]).filter((one) => !one.getFromFlag())) {
      for (const argument of copy.getArguments().slice(0, -1)) expect(rules).toContain(`!${argument.getValue().replace(/^\.\//, "")}`);
    }
  });

  test("starts programs that the build makes, without a shell in between", () => {
    for (const keyword of ["ENTRYPOINT", "CMD"]) {
      const command: unknown = JSON.parse(textOf(all(keyword, lastStage)[0]));
      expect(Array.isArray(command), keyword).toBe(true);
    }
    const [entry] = JSON.parse(textOf(all("CMD", lastStage)[0])) as string[];
    expect(program(entry ?? ""), entry).toBe(true);
  });

  test("has a health check that runs without a shell", () => {
    expect(textOf(all("HEALTHCHECK", lastStage)[0])).toMatch(/CMD \["node", "-e", /);
  });

  test("holds no secret", () => {
    for (const instruction of [...all("ENV"), ...all("ARG")]) expect(textOf(instruction)).not.toMatch(/PASSWORD|SECRET|TOKEN|API_KEY/);
  });

  test("leaves out development packages and the native core of other platforms", () => {
    const runs = all("RUN").map(textOf).join("\n");
    expect(runs).toContain("npm ci --omit=dev");
    expect(runs).toMatch(/core-bridge\/releases[\s\S]*-exec rm -rf/);
  });
});
