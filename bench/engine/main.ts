import { type Goal, printGoals } from "./goals.ts";
import { readOptions } from "./options.ts";
import { measureNegatives } from "./parts/negatives.ts";
import { measureRecovery } from "./parts/recovery.ts";
import { measureTables } from "./parts/tables.ts";

const options = readOptions(process.argv.slice(2));

const parts: Record<string, () => Promise<{ goals: Goal[] }> | { goals: Goal[] }> = {
  recovery: () => measureRecovery(options),
  negatives: () => measureNegatives(options),
  tables: measureTables,
};

const asked = options.parts.length > 0 ? options.parts : Object.keys(parts);
const goals: Goal[] = [];
for (const part of asked) {
  const measure = parts[part];
  if (!measure) throw new Error(`no part ${part}; there are ${Object.keys(parts).join(", ")}`);
  goals.push(...(await measure()).goals);
}
printGoals(goals);
