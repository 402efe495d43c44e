import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    globalSetup: "test/support/global-setup.ts",
    include: ["test/**/*.test.ts"],
    // The Temporal runtime is a singleton of a process, so each file has a process of its own.
    pool: "forks",
    // Each file may start a worker, a gateway and a server of its own; two cores carry two of those.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
