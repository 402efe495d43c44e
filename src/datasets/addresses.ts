import { lookup as resolve } from "node:dns";
import type { LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";
import { Agent, buildConnector } from "undici";
import type { OrreryError } from "../contract/errors.ts";

/**
 * The guard against requests that a client forges through the server: they may reach public addresses only. A name is judged by every address that it resolves to, and the connection goes to one of those that were judged, so
 * a name that answers differently the next time gains nothing. An address in the URI is judged before the connection.
 */

/** How far requests may reach. */
export interface Reach {
  /** Networks in CIDR form, addresses and names of hosts that may be reached although they are private. */
  allow: readonly string[];
  /** What is thrown for a host that is private and not allowed. */
  refusal: (host: string) => OrreryError;
}

/** Longest time for a connection with its TLS handshake. */
const CONNECT_MS = 10_000;

/** Longest silence of a server that was reached. */
const SILENCE_MS = 15_000;

/** Address space that is handed out to the public internet. Whatever else there is in IPv6 is for other purposes. */
const GLOBAL_IPV6 = ipaddr.parseCIDR("2000::/3");

/** Whether an address may be reached. `allow` has networks, addresses and names that may be although they are private. */
export function isPublic(address: string, allow: readonly string[]): boolean {
  if (!ipaddr.isValid(address)) return false;
  // Mapped IPv4 is judged as what it stands for; 6to4 and NAT64 are no unicast ranges here, whatever they carry.
  const ip = ipaddr.process(address);
  if (allow.some((entry) => isWithin(ip, entry))) return true;
  if (ip.range() !== "unicast") return false;
  return ip.kind() === "ipv4" || (ip as ipaddr.IPv6).match(GLOBAL_IPV6);
}

function isWithin(ip: ipaddr.IPv4 | ipaddr.IPv6, entry: string): boolean {
  const network = ipaddr.isValidCIDR(entry) ? ipaddr.parseCIDR(entry) : ipaddr.isValid(entry) ? hostNetwork(entry) : undefined;
  if (network === undefined || network[0].kind() !== ip.kind()) return false;
  return (ip as ipaddr.IPv4).match(network as [ipaddr.IPv4, number]);
}

function hostNetwork(address: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  const ip = ipaddr.process(address);
  return [ip, ip.kind() === "ipv4" ? 32 : 128];
}

/** The host of a URL as a name or an address without brackets. */
export function bareHost(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
}

/** Throws the refusal for a host that needs no look-up to be known as private. */
export function refusePrivate(hostname: string, { allow, refusal }: Reach): void {
  const host = bareHost(hostname);
  if (allow.includes(host)) return;
  if (ipaddr.isValid(host) ? !isPublic(host, allow) : host === "localhost" || host.endsWith(".localhost")) throw refusal(shown(host));
}

function shown(hostname: string): string {
  return bareHost(hostname).slice(0, 100);
}

/** An agent for one request, which connects to public addresses only. `lookup` answers as `dns.lookup` with `all` does. */
export function guardedAgent(reach: Reach, lookup: typeof resolve = resolve): Agent {
  const { allow, refusal } = reach;
  const judged: LookupFunction = (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      const addresses = found as unknown as { address: string; family: number }[];
      if (error) return callback(error, "");
      const named = allow.includes(bareHost(hostname));
      if (addresses.length === 0 || !addresses.every(({ address }) => named || isPublic(address, allow)))
        return callback(refusal(shown(hostname)), "");
      const [first] = addresses as [{ address: string; family: number }];
      if (options.all) return callback(null, addresses);
      callback(null, first.address, first.family);
    });
  };
  const connect = buildConnector({ timeout: CONNECT_MS, lookup: judged, allowH2: false, maxCachedSessions: 0 });
  return new Agent({
    connect(options, callback) {
      try {
        // An address is connected to without a look-up.
        refusePrivate(options.hostname, reach);
      } catch (error) {
        return callback(error as Error, null);
      }
      connect(options, (...[error, socket]) => {
        if (error) return callback(error, null);
        const named = allow.includes(bareHost(options.hostname));
        if (named || isPublic(socket.remoteAddress ?? "", allow)) return callback(null, socket);
        socket.destroy();
        callback(refusal(shown(options.hostname)), null);
      });
    },
    headersTimeout: SILENCE_MS,
    bodyTimeout: SILENCE_MS,
    maxHeaderSize: 16_384,
  });
}
