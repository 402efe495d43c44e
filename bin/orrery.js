#!/usr/bin/env node
// What npx runs. It is not part of the build, because npx remembers a command that it did not find.
import { existsSync } from "node:fs";

const main = new URL("../dist/cli/main.js", import.meta.url);
if (existsSync(main)) {
  await import(main);
} else {
  process.stderr.write("Orrery is not built yet. Build it with:  npm run build\n");
  process.exitCode = 1;
}
