import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { loadSettings } from "../../src/config/load.ts";
import { cacheDirectory, findTemporal } from "../../src/dev/binary.ts";
import { createReport } from "../../src/dev/report.ts";
import { findObjectServers } from "./objects.ts";
import { startTemporal } from "./temporal.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Path of the Temporal CLI. */
    temporalBinary: string;
    /** Directory with servers of S3 and Cloud Storage, where they could be built. */
    objectServers: string | undefined;
    /** Address of a server that all files share; each test uses tenants and ids of its own. */
    temporalAddress: string;
    /** Address of the shared server's Web UI. */
    temporalUi: string;
  }
}

/** One real Temporal server for the whole run. Tests that kill a server start one of their own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cacheDir = loadSettings().ORRERY_CACHE_DIR ?? cacheDirectory(process.env);
  const report = createReport(process.stderr);
  const [binary, objectServers] = await Promise.all([findTemporal({ cacheDir, report }), findObjectServers(cacheDir, report)]);
  const folder = await mkdtemp(join(tmpdir(), "orrery-test-"));
  const server = await startTemporal({ binary, folder });
  project.provide("temporalBinary", binary);
  project.provide("objectServers", objectServers);
  project.provide("temporalAddress", server.address);
  project.provide("temporalUi", server.uiUrl);
  return async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
