import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cacheDirectory, cachedPath, findTemporal } from "../../src/dev/binary.ts";
import { freePort } from "../support/ports.ts";

let folder: string;
let said: string[];
const report = (line: string) => void said.push(line);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "orrery-test-"));
  said = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** An executable that calls itself a Temporal CLI with the given server. */
async function fakeTemporal(path: string, server: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\necho "temporal version 1.0.0 (Server ${server}, UI 2.50.1)"\n`);
  await chmod(path, 0o755);
}

/** A PATH with the programs that unpacking needs and without temporal and go. */
async function barePath(): Promise<NodeJS.ProcessEnv> {
  const path = join(folder, "bin");
  await mkdir(path, { recursive: true });
  for (const name of ["sh", "tar", "gzip"]) {
    const real = execFileSync("which", [name], { encoding: "utf8" }).trim();
    await writeFile(join(path, name), `#!/bin/sh\nexec ${real} "$@"\n`);
    await chmod(join(path, name), 0o755);
  }
  return { PATH: path };
}

async function refusedAddress(): Promise<string> {
  return `http://127.0.0.1:${await freePort()}/archive`;
}

/** Serves an archive with the given server in it; returns its address and the number of downloads. */
async function serveArchive(server: string) {
  await fakeTemporal(join(folder, "packed", "temporal"), server);
  const archive = execFileSync("tar", ["-czf", "-", "-C", join(folder, "packed"), "temporal"]);
  let downloads = 0;
  const http = createServer((_request, reply) => {
    downloads += 1;
    reply.end(archive);
  });
  const port = await freePort();
  await new Promise<void>((resolve) => http.listen(port, "127.0.0.1", resolve));
  return { address: `http://127.0.0.1:${port}/archive`, downloads: () => downloads, close: () => http.close() };
}

describe("the Temporal binary", () => {
  test("is taken from PATH when its server is recent enough", async () => {
    const env = await barePath();
    await fakeTemporal(join(folder, "bin", "temporal"), "1.31.0");
    expect(await findTemporal({ cacheDir: folder, report, env })).toBe("temporal");
    expect(said).toEqual([]);
  });

  test("is not taken from PATH when its server is too old, and this is said", async () => {
    const env = await barePath();
    await fakeTemporal(join(folder, "bin", "temporal"), "1.29.1");
    await fakeTemporal(cachedPath(folder), "1.32.1");
    expect(await findTemporal({ cacheDir: folder, report, env })).toBe(cachedPath(folder));
    expect(said).toEqual([expect.stringContaining("server 1.29.1; 1.31 or later is needed")]);
  });

  test("is taken from the cache without a word", async () => {
    await fakeTemporal(cachedPath(folder), "1.32.1");
    expect(await findTemporal({ cacheDir: folder, report, env: await barePath(), archive: await refusedAddress() })).toBe(
      cachedPath(folder),
    );
    expect(said).toEqual([]);
  });

  test("is downloaded once, also by two that race", async () => {
    const archive = await serveArchive("1.32.0");
    const env = await barePath();
    const options = { cacheDir: folder, report, env, archive: archive.address };
    try {
      const both = await Promise.all([findTemporal(options), findTemporal(options)]);
      expect(both).toEqual([cachedPath(folder), cachedPath(folder)]);
      const before = archive.downloads();
      expect(await findTemporal(options)).toBe(cachedPath(folder));
      expect(archive.downloads()).toBe(before);
      expect(await readdir(dirname(cachedPath(folder)))).toEqual(["temporal"]);
    } finally {
      archive.close();
    }
  });

  test("is refused when the download brings a server that is too old", async () => {
    const archive = await serveArchive("1.20.0");
    try {
      const found = findTemporal({ cacheDir: folder, report, env: await barePath(), archive: archive.address });
      await expect(found).rejects.toThrow("does not run here; remove");
      expect(await readdir(dirname(cachedPath(folder)))).toEqual([]);
    } finally {
      archive.close();
    }
  });

  test("ends in the next steps when nothing can be downloaded and there is no Go", async () => {
    const archive = await refusedAddress();
    const found = findTemporal({ cacheDir: folder, report, env: await barePath(), archive });
    await expect(found).rejects.toThrow(
      /Go is not installed[\s\S]*install Go 1\.26[\s\S]*install the Temporal CLI[\s\S]*set TEMPORAL_ADDRESS/,
    );
    expect(said).toEqual([expect.stringMatching(/^Temporal could not be downloaded from 127\.0\.0\.1:\d+: .*ECONNREFUSED/)]);
  });
});

test("the cache is in the user's cache directory", () => {
  expect(cacheDirectory({ XDG_CACHE_HOME: "/somewhere" })).toBe("/somewhere/orrery");
  expect(cacheDirectory({})).toMatch(/\.cache\/orrery$/);
});
