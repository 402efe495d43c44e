import { createHash } from "node:crypto";

/** Hashes and job ids, which are what keys and histories have in common. */
const NAME = /[0-9a-f]{64}|(?:discover|evaluate)-[0-9a-z-]{1,64}/g;

export function namesIn(text: string): string[] {
  return text.match(NAME) ?? [];
}

export interface Names {
  add(name: string): void;
  /** Never false for a name that was added. Of ten million, it takes one in 600 others for one of them. */
  has(name: string): boolean;
}

/** Bits of the filter (16 MiB), and how many stand for a name. */
const BITS = 2 ** 27;
const PLACES = 8;

/** A set of names that takes the same memory however many there are: a Bloom filter (Bloom 1970, doi:10.1145/362686.362692). */
export function createNames(): Names {
  const filter = new Uint8Array(BITS / 8);
  const placesOf = (name: string) => {
    const hash = createHash("sha256").update(name).digest();
    return Array.from({ length: PLACES }, (_, place) => hash.readUInt32LE(4 * place) % BITS);
  };
  return {
    add(name) {
      for (const place of placesOf(name)) filter[place >> 3] = (filter[place >> 3] ?? 0) | (1 << (place & 7));
    },
    has: (name) => placesOf(name).every((place) => ((filter[place >> 3] ?? 0) & (1 << (place & 7))) !== 0),
  };
}
