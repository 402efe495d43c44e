import { type Fault, OrreryError } from "../contract/errors.ts";
import { type Reach, refusePrivate } from "./addresses.ts";

/** What an operator lets datasets be fetched from, beside the public internet. */
export interface UriRules {
  /** Networks in CIDR form, addresses and names of hosts that may be reached although they are private. */
  allow: readonly string[];
  /** Buckets of the configured object store, as `s3://bucket` or `gs://bucket`. Empty where there is none. */
  buckets: readonly string[];
  /** Beginning of the keys under which the store keeps what is Orrery's own. */
  prefix: string;
}

export const NO_RULES: UriRules = { allow: [], buckets: [], prefix: "" };

/** A URI that may be fetched as far as its text tells. Throws `invalid_request` and `dataset_uri_not_allowed`. */
export function parseUri(text: string, rules: UriRules): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const shown = JSON.stringify(text.slice(0, 100));
  if (!url) throw wrong("invalid_request", `The URI ${shown} is not one; send an address such as https://example.org/table.csv.`);
  if (url.username !== "" || url.password !== "") {
    // Not shown: it is a secret.
    throw wrong(
      "dataset_uri_not_allowed",
      "The URI has a user name or a password in it; publish the file under an address without, or upload it.",
    );
  }
  if (url.protocol === "https:") {
    refusePrivate(url.hostname, reachOf(rules));
    return url;
  }
  if (url.protocol === "s3:" || url.protocol === "gs:") {
    refuseBucket(url, rules);
    return url;
  }
  throw wrong(
    "dataset_uri_not_allowed",
    `The URI ${shown} begins with ${url.protocol}; only https:, s3: and gs: are fetched. Upload the table instead.`,
  );
}

/** How far the fetch of a dataset may reach. */
export function reachOf({ allow }: UriRules): Reach {
  return {
    allow,
    refusal: (host) =>
      new OrreryError(
        "dataset_uri_not_allowed",
        `The host ${host} is not on the public internet, and ORRERY_URI_ALLOW does not name it; upload the table instead, or ask the operator to allow it.`,
        { faults: [{ pointer: "/dataset/uri", detail: "names a private address" }] },
      ),
  };
}

/** Bucket and key of an object's URI. */
export function objectOf(url: URL): { bucket: string; key: string } {
  return { bucket: url.host, key: decodeURIComponent(url.pathname.slice(1)) };
}

function refuseBucket(url: URL, { buckets, prefix }: UriRules): void {
  const address = `${url.protocol}//${url.host}`;
  if (!buckets.includes(address)) {
    const known = buckets.length === 0 ? "this server reads from no bucket" : `this server reads from ${buckets.join(", ")}`;
    throw wrong(
      "dataset_uri_not_allowed",
      `The bucket ${address.slice(0, 100)} is not open to datasets; ${known}. Upload the table, or ask the operator to add the bucket to ORRERY_URI_BUCKETS.`,
    );
  }
  let key: string;
  try {
    ({ key } = objectOf(url));
  } catch {
    throw wrong("invalid_request", "The URI has a % that begins no character; write it as %25.");
  }
  if (key === "" || key.endsWith("/"))
    throw wrong("invalid_request", "The URI names a bucket or a folder, not an object; send s3://bucket/folder/table.csv.");
  // What is stored there belongs to tenants, who reach it by its id.
  if (key === prefix || key.startsWith(`${prefix}/`) || prefix === "") {
    throw wrong(
      "dataset_uri_not_allowed",
      `The key begins with ${JSON.stringify(prefix)}, where this server keeps its own files; use dataset_id for a stored dataset.`,
    );
  }
}

function wrong(code: "invalid_request" | "dataset_uri_not_allowed", message: string): OrreryError {
  const faults: Fault[] = [
    { pointer: "/dataset/uri", detail: code === "invalid_request" ? "must be the address of a file" : "may not be fetched" },
  ];
  return new OrreryError(code, message, { faults });
}
