import { describe, expect, test } from "vitest";
import { isPublic } from "../../src/datasets/addresses.ts";
import { NO_RULES, parseUri } from "../../src/datasets/uri.ts";

describe("an address", () => {
  test.each(["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8"])("%s is public", (address) => {
    expect(isPublic(address, [])).toBe(true);
  });

  test.each([
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.192",
    "192.168.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:0:10.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1",
    "2002:a00:1::",
    "2001::1",
    "2001:db8::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "",
    "localhost",
  ])("%j is not public", (address) => {
    expect(isPublic(address, [])).toBe(false);
  });

  test("that an operator allows may be reached, by its network or itself, and no other", () => {
    const allow = ["10.1.0.0/16", "fd00::/8", "192.168.7.7", "files.internal"];
    for (const address of ["10.1.2.3", "::ffff:10.1.2.3", "fd12::1", "192.168.7.7"]) expect(isPublic(address, allow)).toBe(true);
    for (const address of ["10.2.0.1", "fe80::1", "192.168.7.8", "127.0.0.1"]) expect(isPublic(address, allow)).toBe(false);
  });
});

describe("a URI", () => {
  test.each([
    ["https://127.0.0.1/t.csv", "dataset_uri_not_allowed", /The host 127\.0\.0\.1 is not on the public internet/],
    ["https://2130706433/t.csv", "dataset_uri_not_allowed", /127\.0\.0\.1/],
    ["https://0x7f.1/t.csv", "dataset_uri_not_allowed", /127\.0\.0\.1/],
    ["https://0177.0.0.1/t.csv", "dataset_uri_not_allowed", /127\.0\.0\.1/],
    ["https://127.1/t.csv", "dataset_uri_not_allowed", /127\.0\.0\.1/],
    ["https://①②⑦.0.0.1/t.csv", "dataset_uri_not_allowed", /127\.0\.0\.1/],
    ["https://[::1]/t.csv", "dataset_uri_not_allowed", /::1/],
    ["https://[::ffff:10.0.0.1]/t.csv", "dataset_uri_not_allowed", /ffff/],
    ["https://169.254.169.254/latest/meta-data", "dataset_uri_not_allowed", /169\.254/],
    ["https://localhost:8080/t.csv", "dataset_uri_not_allowed", /localhost/],
    ["https://LOCALHOST./t.csv", "dataset_uri_not_allowed", /localhost/],
    ["https://a.localhost/t.csv", "dataset_uri_not_allowed", /localhost/],
    ["http://example.org/t.csv", "dataset_uri_not_allowed", /begins with http:; only https:, s3: and gs:/],
    ["file:///etc/passwd", "dataset_uri_not_allowed", /begins with file:/],
    ["data:text/csv,a", "dataset_uri_not_allowed", /begins with data:/],
    ["https://me:secret@example.org/t.csv", "dataset_uri_not_allowed", /^(?!.*secret).*a password/],
    ["s3://bucket/t.csv", "dataset_uri_not_allowed", /s3:\/\/bucket is not open to datasets; this server reads from no bucket/],
    ["table.csv", "invalid_request", /"table\.csv" is not one/],
    ["", "invalid_request", /is not one/],
  ])("%s is refused", (uri, code, message) => {
    expect(() => parseUri(uri, NO_RULES)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });

  test("of a public host, or an allowed one, passes", () => {
    expect(parseUri("https://example.org:8443/t.csv?x=1#y", NO_RULES).host).toBe("example.org:8443");
    const rules = { ...NO_RULES, allow: ["localhost", "10.0.0.0/8"] };
    for (const uri of ["https://localhost/t", "https://10.9.9.9/t"]) expect(parseUri(uri, rules).pathname).toBe("/t");
  });
});

describe("an object's URI", () => {
  const rules = { allow: [], buckets: ["s3://lab", "s3://shared"], prefix: "orrery" };

  test.each([
    ["s3://other/t.csv", "dataset_uri_not_allowed", /reads from s3:\/\/lab, s3:\/\/shared/],
    ["gs://lab/t.csv", "dataset_uri_not_allowed", /gs:\/\/lab is not open/],
    ["s3://lab/orrery/acme/datasets/0", "dataset_uri_not_allowed", /keeps its own files; use dataset_id/],
    ["s3://lab/x/../orrery/acme", "dataset_uri_not_allowed", /keeps its own files/],
    ["s3://lab/%6frrery/acme", "dataset_uri_not_allowed", /keeps its own files/],
    ["s3://lab", "invalid_request", /a bucket or a folder/],
    ["s3://lab/folder/", "invalid_request", /a bucket or a folder/],
    ["s3://lab/100%.csv", "invalid_request", /write it as %25/],
  ])("%s is refused", (uri, code, message) => {
    expect(() => parseUri(uri, rules)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });

  test("of an open bucket passes, and of none while the store has no prefix of its own", () => {
    expect(parseUri("s3://lab/orrery-data/t.csv", rules).host).toBe("lab");
    expect(() => parseUri("s3://lab/t.csv", { ...rules, prefix: "" })).toThrow(/keeps its own files/);
  });
});
