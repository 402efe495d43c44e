import { fileURLToPath } from "node:url";
import { buildWithGo, type GoBuild, NoGo } from "./go.ts";
import { StartError } from "./start-error.ts";

/** The module whose go.mod and go.sum pin the CLI, the server inside it and everything below. */
const MODULE = fileURLToPath(new URL("../../tools/temporal", import.meta.url));
const PACKAGE = "github.com/temporalio/cli/cmd/temporal";

export type CompileOptions = Pick<GoBuild, "to" | "report" | "env" | "signal">;

/**
 * Builds the Temporal CLI from the pinned Go module: three to six minutes on two cores the first time. Throws a
 * `StartError` with the next steps if there is no Go or the build fails.
 */
export async function compileTemporal(options: CompileOptions): Promise<void> {
  try {
    await buildWithGo({ ...options, module: MODULE, packages: [PACKAGE], name: "the Temporal server", total: "1,800" });
  } catch (error) {
    options.signal?.throwIfAborted();
    const reason = error instanceof NoGo ? "Go is not installed to build one." : error instanceof Error ? error.message : String(error);
    throw new StartError(sentence(reason), { cause: error });
  }
}

function sentence(reason: string): string {
  return [
    `There is no Temporal server to start: none is on PATH or in the cache, the download did not work, and ${reason}`,
    "Do one of these:",
    "  - install Go 1.26 or later (https://go.dev/dl), and start again",
    "  - install the Temporal CLI (https://docs.temporal.io/cli), and start again",
    "  - set TEMPORAL_ADDRESS to a Temporal server that runs",
  ].join("\n");
}
