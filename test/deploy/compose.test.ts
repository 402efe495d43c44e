import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { loadSettings } from "../../src/config/load.ts";
import { POOLS } from "../../src/contract/names.ts";
import { CLUSTER_SETTINGS, EMBEDDED_SETTINGS } from "../../src/dev/temporal.ts";

interface Service {
  image: string;
  command?: string[];
  environment?: Record<string, string | number>;
  healthcheck?: { test?: string[]; disable?: boolean };
  restart?: string;
  ports?: string[];
  volumes?: string[];
  depends_on?: Record<string, { condition: string }>;
}

const root = fileURLToPath(new URL("../../", import.meta.url));
const text = readFileSync(`${root}docker-compose.temporal.yml`, "utf8");
const { services, volumes } = parse(text, { merge: true }) as { services: Record<string, Service>; volumes: Record<string, null> };
const dynamic = parse(readFileSync(`${root}deploy/temporal/dynamicconfig.yaml`, "utf8")) as Record<string, { value: unknown }[]>;

/** Services that do one thing and end. */
const ONE_SHOT = ["schema", "setup"];
const own = Object.entries(services).filter(([, service]) => service.image.startsWith("orrery:"));

describe("docker-compose.temporal.yml", () => {
  test("has a database, a schema job, a server, a set-up job, a gateway, a worker for each pool and the Web UI", () => {
    const workers = POOLS.map((pool) => `worker-${pool}`);
    expect(Object.keys(services).sort()).toEqual(["postgresql", "schema", "temporal", "setup", "gateway", "ui", ...workers].sort());
    for (const pool of POOLS) expect(services[`worker-${pool}`]?.command).toEqual(["dist/worker.js", "--pool", pool]);
  });

  test("checks the health of every service that stays, and starts it again", () => {
    for (const [name, service] of Object.entries(services)) {
      if (ONE_SHOT.includes(name)) {
        expect(service.restart, name).toMatch(/^on-failure:\d+$/);
      } else {
        expect(service.healthcheck?.test?.[0], name).toBe("CMD");
        expect(service.restart, name).toBe("unless-stopped");
      }
    }
  });

  test("waits for what it needs: a job to be done, a service to be healthy", () => {
    for (const [name, service] of Object.entries(services)) {
      for (const [needed, { condition }] of Object.entries(service.depends_on ?? {})) {
        expect(Object.keys(services)).toContain(needed);
        expect(condition, `${name} on ${needed}`).toBe(ONE_SHOT.includes(needed) ? "service_completed_successfully" : "service_healthy");
      }
    }
  });

  test("pins every image to a version", () => {
    for (const [name, { image }] of Object.entries(services)) {
      if (image.startsWith("orrery:")) continue;
      expect(image, name).toMatch(/^[\w./-]+:\d+\.\d+(\.\d+)?(-\w+)?$/);
    }
    expect(services.schema?.image.split(":")[1]).toBe(services.temporal?.image.split(":")[1]);
  });

  test("publishes ports on loopback only", () => {
    const ports = Object.values(services).flatMap((service) => service.ports ?? []);
    expect(ports).not.toEqual([]);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  test("holds no secret: every password is a required variable", () => {
    const secrets = Object.values(services).flatMap(({ environment }) =>
      Object.entries(environment ?? {}).filter(([name]) => /PASSWORD|PWD|SECRET|TOKEN|API_KEY/.test(name)),
    );
    expect(secrets).toHaveLength(3);
    for (const [name, value] of secrets) expect(value, name).toMatch(/^\$\{POSTGRES_PASSWORD:\?.+\}$/);
  });

  test("gives the server the settings that Orrery rests on", () => {
    const values = Object.fromEntries(Object.entries(dynamic).map(([name, rows]) => [name, rows.map(({ value }) => value)]));
    expect(values).toEqual(Object.fromEntries(Object.entries(CLUSTER_SETTINGS).map(([name, value]) => [name, [value]])));
    expect(Object.keys(CLUSTER_SETTINGS)).toEqual(expect.arrayContaining(Object.keys(EMBEDDED_SETTINGS)));
    const path = services.temporal?.environment?.DYNAMIC_CONFIG_FILE_PATH;
    expect(services.temporal?.volumes).toContain(`./deploy/temporal/dynamicconfig.yaml:${path}:ro`);
  });

  test("gives Orrery's processes settings that they accept", () => {
    expect(own.map(([name]) => name)).toHaveLength(5);
    for (const [name, { environment = {} }] of own) {
      const settings = Object.entries(environment).map(([key, value]) => [key, String(value).replace(/^\$\{\w+:-(.*)\}$/, "$1")]);
      expect(() => loadSettings(Object.fromEntries(settings)), name).not.toThrow();
      expect(environment.TEMPORAL_ADDRESS, name).toBe("temporal:7233");
    }
  });

  test("runs programs that the build makes and mounts files that exist", () => {
    for (const [name, { command }] of own) {
      const program = command?.[0] ?? "dist/api/server.js";
      expect(existsSync(`${root}${program.replace(/^dist/, "src").replace(/\.js$/, ".ts")}`), name).toBe(true);
    }
    for (const mount of Object.values(services).flatMap((service) => service.volumes ?? [])) {
      const [source = ""] = mount.split(":");
      if (source.startsWith(".")) expect(existsSync(`${root}${source}`), mount).toBe(true);
      else expect(Object.keys(volumes), mount).toContain(source);
    }
  });
});
