// Writes docs/settings.md from the schema of the settings. A test fails when the page is behind: npm run settings
import { writeFileSync } from "node:fs";
import { z } from "zod";
import * as slices from "../src/config/schema.ts";

const TITLES: [title: string, slice: z.ZodObject][] = [
  ["Gateway", slices.httpSettings],
  ["Datasets by address", slices.datasetSettings],
  ["Webhooks", slices.webhookSettings],
  ["Narratives", slices.narrativeSettings],
  ["Artifact store and data", slices.storeSettings],
  ["Workers", slices.workerSettings],
  ["Embedded default", slices.embeddedSettings],
  ["All processes", slices.sharedSettings],
];

/** The page as it has to be. Defaults that depend on the machine are told in the description. */
export function settingsPage(): string {
  const sections = TITLES.map(([title, slice]) => {
    const rows = Object.entries(slice.shape).map(([name, schema]) => {
      const { default: value, description } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
      const shown = name === "ORRERY_THREADS" || value === undefined ? "" : `\`${JSON.stringify(value).replaceAll('"', "")}\``;
      return `| \`${name}\` | ${shown} | ${description ?? ""} |`;
    });
    return `## ${title}\n\n| variable | default | meaning |\n|---|---|---|\n${rows.join("\n")}\n`;
  });
  return `# Settings

Every process reads its settings from the environment, checks all of them at start and reports every fault at once. A
name that begins with \`ORRERY_\` and is not listed here is a fault too. The connection to Temporal takes the standard
\`TEMPORAL_*\` variables and profiles (\`TEMPORAL_ADDRESS\`, \`TEMPORAL_NAMESPACE\`, \`TEMPORAL_API_KEY\`, \`TEMPORAL_TLS…\`).

${sections.join("\n")}`;
}

if (import.meta.main) writeFileSync(new URL("../docs/settings.md", import.meta.url), settingsPage());
