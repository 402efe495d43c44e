import { isIPv4 } from "node:net";
import { join } from "node:path";
import { type ClientConnectConfig, loadClientConnectConfig } from "@temporalio/envconfig";
import { z } from "zod";
import { nearest } from "../contract/nearest.ts";
import { type Settings, settings } from "./schema.ts";

/** One or more settings are wrong. The message lists every fault, one a line. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

/**
 * Reads the settings of this process. Throws a `ConfigError` that names every fault at once: bad values, unknown
 * `ORRERY_*` names (with the nearest known one) and combinations that cannot be served.
 */
export function loadSettings(env: NodeJS.ProcessEnv = process.env): Settings {
  const faults: string[] = [];
  const known = Object.keys(settings.shape);
  for (const name of Object.keys(env)) {
    if (name.startsWith("ORRERY_") && !known.includes(name)) {
      const meant = nearest(name, known);
      faults.push(`${name} is not a setting${meant ? `; did you mean ${meant}?` : "; docs/settings.md lists them all"}`);
    }
  }
  const given = Object.fromEntries(known.flatMap((name) => (env[name] === undefined || env[name] === "" ? [] : [[name, env[name]]])));
  const parsed = settings.safeParse(given);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const name = issue.path.join(".");
      // A fault may end up in a log, and a secret must not.
      faults.push(`${name}=${/_(SECRET|KEY)$/.test(name) ? "…" : (env[name] ?? "")}: ${wanted(issue)}`);
    }
  } else if (parsed.data.ORRERY_AUTH === "none" && !parsed.data.ORRERY_TRUSTED_NETWORK && !isLoopback(parsed.data.ORRERY_HOST)) {
    faults.push(
      `ORRERY_HOST=${parsed.data.ORRERY_HOST}: without credentials (ORRERY_AUTH=none) only a loopback address such as 127.0.0.1 is allowed; set ORRERY_TRUSTED_NETWORK=true if only a network that you trust reaches it`,
    );
  }
  if (parsed.success && parsed.data.ORRERY_STORE !== "fs" && parsed.data.ORRERY_STORE_BUCKET === undefined) {
    faults.push(`ORRERY_STORE=${parsed.data.ORRERY_STORE}: ORRERY_STORE_BUCKET has to name its bucket`);
  }
  if (parsed.success && (parsed.data.ORRERY_NARRATIVE_URL === undefined) !== (parsed.data.ORRERY_NARRATIVE_MODEL === undefined)) {
    faults.push("ORRERY_NARRATIVE_URL and ORRERY_NARRATIVE_MODEL: one is set without the other; set both, or neither");
  }
  if (faults.length > 0 || !parsed.success) throw new ConfigError(`Settings are wrong:\n  ${faults.join("\n  ")}`);
  return Object.freeze(parsed.data);
}

/** What a setting wants instead of the value that it has. */
function wanted({ code, path, message, ...issue }: z.core.$ZodIssue): string {
  const schema = Object.entries(settings.shape).find(([name]) => name === path[0])?.[1];
  const inner = schema instanceof z.ZodDefault ? schema.unwrap() : schema;
  if (inner instanceof z.ZodNumber) return `give a whole number from ${inner.minValue} to ${inner.maxValue}`;
  if (code === "invalid_value" && "values" in issue) return `give ${issue.values.map(String).join(" or ")}`;
  return code === "invalid_format" && "format" in issue && issue.format === "url"
    ? "give an address, such as http://127.0.0.1:8080"
    : message;
}

/** The standard TEMPORAL_* variables and profiles. `explicit` tells whether they name a server; if not, the embedded one is meant. */
export interface TemporalTarget {
  explicit: boolean;
  namespace: string;
  connection: NonNullable<ClientConnectConfig["connectionOptions"]> & { address: string };
}

export function loadTemporal(own: Settings): TemporalTarget {
  const { namespace, connectionOptions } = loadClientConnectConfig();
  const address = connectionOptions.address;
  return {
    explicit: address !== undefined,
    namespace: namespace ?? "default",
    connection: { ...connectionOptions, address: address ?? `127.0.0.1:${own.ORRERY_TEMPORAL_PORT}` },
  };
}

/** The artifact store that the settings describe. */
export function storeOptions(own: Settings) {
  const { ORRERY_STORE: kind, ORRERY_STORE_BUCKET: bucket = "", ORRERY_STORE_PREFIX: prefix } = own;
  if (kind === "fs") return { kind, folder: join(own.ORRERY_DATA_DIR, "artifacts"), sync: own.ORRERY_STORE_SYNC };
  const endpoint = own.ORRERY_STORE_ENDPOINT;
  const region = own.ORRERY_STORE_REGION;
  return { kind, bucket, prefix, ...(endpoint !== undefined && { endpoint }), ...(region !== undefined && { region }) };
}

/** What datasets may be fetched from, beside the public internet. */
export function uriRules(own: Settings) {
  const { ORRERY_STORE: kind, ORRERY_STORE_BUCKET: bucket = "", ORRERY_STORE_PREFIX: prefix, ORRERY_URI_ALLOW: allow } = own;
  const scheme = kind === "s3" ? "s3" : "gs";
  const buckets = kind === "fs" ? [] : [bucket, ...own.ORRERY_URI_BUCKETS].map((name) => `${scheme}://${name}`);
  return { allow, buckets, prefix };
}

/** What webhooks may be sent to, and whether any can be signed. */
export function callbackRules(own: Settings) {
  return { signed: own.ORRERY_WEBHOOK_SECRET !== undefined, allow: own.ORRERY_WEBHOOK_ALLOW };
}

/** What puts results in words, if the settings name an endpoint. */
export function narrativeEndpoint(own: Settings) {
  const { ORRERY_NARRATIVE_URL: url, ORRERY_NARRATIVE_MODEL: model, ORRERY_NARRATIVE_KEY: key } = own;
  return url === undefined || model === undefined ? undefined : { url, model, key };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}
