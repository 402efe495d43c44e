// Completes package-lock.json with the optional platform packages that npm leaves out.
//
// A registry that does not carry the binaries of foreign platforms answers 404 for them; npm then drops them from the
// lock and `npm ci` calls the same lock out of sync (npm/cli#9846). Each platform package is pinned exactly by its
// parent, so its entry can be written from the parent alone. Run after every change of dependencies:
//   npm install && npm run lockfile
// `--check` writes nothing and exits 1 if an entry is missing.
import { readFileSync, writeFileSync } from "node:fs";

interface LockEntry {
  version?: string;
  optional?: boolean;
  dev?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

const LOCK = new URL("../package-lock.json", import.meta.url);
const SYSTEMS = ["darwin", "linux", "win32", "android", "freebsd", "openbsd", "netbsd", "sunos", "aix", "openharmony"];
const PROCESSORS = ["arm64", "x64", "ia32", "arm", "ppc64", "riscv64", "s390x", "loong64", "mips64el", "wasm32"];
const EXACT = /^\d+\.\d+\.\d+(-[\w.]+)?$/;

/** The platform that a package is for, read from its name: `@swc/core-linux-x64-gnu` is linux, x64, glibc. */
function platformOf(name: string): Pick<LockEntry, "os" | "cpu" | "libc"> {
  const words = name.split(/[/-]/);
  const os = SYSTEMS.find((system) => words.includes(system) || (system === "win32" && words.includes("windows")));
  const cpu = PROCESSORS.find((processor) => words.includes(processor));
  const libc = words.some((word) => word.startsWith("musl")) ? "musl" : words.some((word) => word.startsWith("gnu")) ? "glibc" : undefined;
  return {
    ...(cpu && { cpu: [cpu] }),
    ...(os === "linux" && libc && { libc: [libc] }),
    ...(os && { os: [os] }),
  };
}

const lock = JSON.parse(readFileSync(LOCK, "utf8")) as { packages: Record<string, LockEntry> };
const added: string[] = [];
for (const parent of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const path = `node_modules/${name}`;
    if (lock.packages[path] || !EXACT.test(version)) continue;
    const platform = platformOf(name);
    if (!platform.os && !platform.cpu) continue;
    lock.packages[path] = { version, ...platform, ...(parent.dev && { dev: true }), optional: true };
    added.push(`${name}@${version}`);
  }
}

if (added.length === 0) {
  process.stdout.write("package-lock.json is complete\n");
} else if (process.argv.includes("--check")) {
  process.stderr.write(`package-lock.json lacks ${added.length} platform packages; run: npm run lockfile\n${added.join("\n")}\n`);
  process.exitCode = 1;
} else {
  const root = lock.packages[""];
  const sorted = Object.fromEntries(
    Object.entries(lock.packages)
      .filter(([path]) => path !== "")
      .sort(([a], [b]) => a.localeCompare(b, "en")),
  );
  lock.packages = { ...(root && { "": root }), ...sorted };
  writeFileSync(LOCK, `${JSON.stringify(lock, null, 2)}\n`);
  process.stdout.write(`added ${added.length} platform packages to package-lock.json\n`);
}
