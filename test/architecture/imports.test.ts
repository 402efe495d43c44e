import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { WORKFLOWS } from "../../src/contract/names.ts";

const root = fileURLToPath(new URL("../../src", import.meta.url));

interface Import {
  from: string;
  /** A path below src, or the name of a package or built-in. */
  to: string;
  typeOnly: boolean;
}

const sources = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));

/** Every import and re-export of a file, dynamic ones too. The formatter keeps statements in the shape that this reads. */
function importsOf(from: string): Import[] {
  const text = readFileSync(join(root, from), "utf8").replaceAll(/\/\*[\s\S]*?\*\//g, "");
  const statements = [...text.matchAll(/^(?:import|export)\s+(type\s+)?(?:([^;"]*?)\s+from\s+)?"([^"]+)"/gm)].map(
    ([, type, names, to]) => ({
      to: to ?? "",
      typeOnly: type !== undefined || /^\{(\s*type\s+\w+( as \w+)?,?)+\s*\}$/.test(names ?? ""),
    }),
  );
  const dynamic = [...text.matchAll(/\bimport\(\s*"([^"]+)"\s*\)/g)].map(([, to]) => ({ to: to ?? "", typeOnly: false }));
  return [...statements, ...dynamic].map(({ to, typeOnly }) => ({
    from,
    to: to.startsWith(".") ? relative(root, resolve(root, dirname(from), to)) : to,
    typeOnly,
  }));
}

const imports = sources.flatMap(importsOf);
const folderOf = (path: string) => (path.includes("/") ? path.slice(0, path.indexOf("/")) : path);
const isOwn = (to: string) => to.endsWith(".ts");
const isBuiltin = (to: string) => to.startsWith("node:");

/** The composition roots: they wire everything and are imported by nobody. */
const ROOTS = ["worker.ts", "api/server.ts", "cli/main.ts", "dev/main.ts", "dev/setup.ts", "clean/main.ts"];

interface Rule {
  /** Folders whose values may be imported, beside the folder itself. */
  values: string[];
  /** Folders whose types may be imported. */
  types: string[];
  packages: RegExp;
  builtins: RegExp;
}

const NONE = /^$/;
const ANY = /./;
const RULES: Record<string, Rule> = {
  contract: { values: [], types: [], packages: /^zod$/, builtins: NONE },
  engine: { values: ["contract"], types: ["contract"], packages: NONE, builtins: NONE },
  workflows: { values: ["contract"], types: ["contract", "activities"], packages: /^@temporalio\/(workflow|common)$/, builtins: NONE },
  datasets: {
    values: ["contract"],
    types: ["contract", "outbound", "storage"],
    packages: /^(csv-parse|hyparquet|hyparquet-compressors|ipaddr\.js|undici|zod)$/,
    builtins: ANY,
  },
  webhooks: { values: ["contract", "datasets"], types: ["outbound"], packages: /^(standardwebhooks|undici)$/, builtins: /^node:dns$/ },
  narrative: { values: ["contract"], types: ["outbound"], packages: /^(undici|zod)$/, builtins: NONE },
  activities: {
    values: ["contract", "datasets", "engine", "narrative"],
    types: ["outbound", "storage", "telemetry", "webhooks"],
    packages: /^(@temporalio\/(activity|client|common)|piscina|canonicalize)$/,
    builtins: /^node:(crypto|os)$/,
  },
  storage: {
    values: ["contract"],
    types: ["contract", "outbound", "storage"],
    packages: /^(@aws-sdk\/client-s3|@google-cloud\/storage|undici)$/,
    builtins: ANY,
  },
  outbound: { values: ["contract"], types: ["contract"], packages: /^cockatiel$/, builtins: NONE },
  telemetry: { values: ["contract"], types: ["contract"], packages: /^(pino|close-with-grace)$/, builtins: ANY },
  config: { values: ["contract"], types: ["contract"], packages: /^(zod|@temporalio\/envconfig)$/, builtins: ANY },
  api: {
    values: ["contract", "datasets", "webhooks"],
    types: ["workflows", "outbound", "storage", "telemetry"],
    packages: /^(express|helmet|canonicalize|better-sse|zod|zod-openapi|swagger-ui-dist|yaml|@temporalio\/(client|common|proto))(\/.*)?$/,
    builtins: /^node:(crypto|stream|events|fs|path|url|module|http|util|timers)(\/promises)?$/,
  },
  clean: { values: ["contract"], types: ["storage"], packages: /^@temporalio\/client$/, builtins: /^node:crypto$/ },
  cli: { values: ["contract"], types: ["contract"], packages: /^(zod|commander|eventsource-parser(\/stream)?)$/, builtins: ANY },
  dev: { values: ["contract", "config"], types: ["contract", "config"], packages: /^@temporalio\/(client|common|proto)$/, builtins: ANY },
};

describe("who may import whom", () => {
  for (const [folder, rule] of Object.entries(RULES)) {
    test(`${folder} keeps to its row of the import table`, () => {
      const breaches = imports
        .filter(({ from }) => folderOf(from) === folder && !ROOTS.includes(from))
        .filter(({ to, typeOnly }) => {
          if (isOwn(to))
            return folderOf(to) !== folder && !rule.values.includes(folderOf(to)) && !(typeOnly && rule.types.includes(folderOf(to)));
          return !(isBuiltin(to) ? rule.builtins : rule.packages).test(to);
        })
        .map(({ from, to }) => `${from} imports ${to}`);
      expect(breaches).toEqual([]);
    });
  }

  test("every folder has a row", () => {
    expect([...new Set(sources.filter((path) => path.includes("/")).map(folderOf))].sort()).toEqual(Object.keys(RULES).sort());
  });

  test("names and errors import nothing", () => {
    expect(imports.filter(({ from }) => ["contract/names.ts", "contract/errors.ts"].includes(from))).toEqual([]);
  });

  test("a composition root is imported by nobody", () => {
    expect(imports.filter(({ to }) => ROOTS.includes(to))).toEqual([]);
  });

  test("workflows reach no Node built-in, no zod and no file but their own, names and errors", () => {
    const seen = new Set<string>();
    const outside = new Set<string>();
    const walk = (path: string) => {
      if (seen.has(path)) return;
      seen.add(path);
      for (const { to, typeOnly } of importsOf(path)) {
        if (typeOnly) continue;
        if (isOwn(to)) walk(to);
        else outside.add(to);
      }
    };
    walk("workflows/index.ts");
    expect([...outside].sort()).toEqual(["@temporalio/common", "@temporalio/workflow"]);
    expect([...seen].filter((path) => folderOf(path) !== "workflows").sort()).toEqual(["contract/errors.ts", "contract/names.ts"]);
  });

  test("no value import closes a cycle", () => {
    const edges = Map.groupBy(
      imports.filter(({ to, typeOnly }) => isOwn(to) && !typeOnly),
      ({ from }) => from,
    );
    const done = new Set<string>();
    const cycles: string[] = [];
    const walk = (path: string, trail: string[]) => {
      if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(" → "));
      if (done.has(path) || trail.includes(path)) return;
      for (const { to } of edges.get(path) ?? []) walk(to, [...trail, path]);
      done.add(path);
    };
    for (const source of sources) walk(source, []);
    expect(cycles).toEqual([]);
  });
});

describe("the house", () => {
  test("only config reads the environment, and the roots that hand it to child processes", () => {
    const readers = sources.filter((path) => /\bprocess\.env\b/.test(readFileSync(join(root, path), "utf8")));
    expect(readers.filter((path) => folderOf(path) !== "config" && folderOf(path) !== "dev" && !ROOTS.includes(path))).toEqual([]);
  });

  test("the engine has no clock and no randomness of its own", () => {
    const users = sources.filter(
      (path) =>
        folderOf(path) === "engine" &&
        /\b(Date\b|performance\b|Math\.random|process\.|crypto\.)/.test(readFileSync(join(root, path), "utf8")),
    );
    expect(users).toEqual([]);
  });

  test("no file is longer than 400 lines", () => {
    const long = sources.filter((path) => readFileSync(join(root, path), "utf8").split("\n").length > 401);
    expect(long).toEqual([]);
  });

  test("workflows/index.ts exports exactly the registered workflow types", () => {
    const text = readFileSync(join(root, "workflows/index.ts"), "utf8");
    const exported = [...text.matchAll(/export \{ (\w+) \}/g)].map(([, name]) => name);
    expect(new Set(exported)).toEqual(new Set(Object.values(WORKFLOWS)));
  });
});
