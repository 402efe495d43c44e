import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

// `npm run bench -- engine [part …] [options]`: each subject has a folder of its own.
const SUBJECTS = ["engine"];
const [subject = "", ...rest] = process.argv.slice(2);
if (!SUBJECTS.includes(subject)) throw new Error(`say what to measure: ${SUBJECTS.join(", ")}`);
const { status } = spawnSync(process.execPath, [fileURLToPath(new URL(`./${subject}/main.ts`, import.meta.url)), ...rest], {
  stdio: "inherit",
});
process.exitCode = status ?? 1;
