import { seal, unseal } from "../contract/seal.ts";
import type { ShardFound } from "../engine/search.ts";
import { canonical } from "./content.ts";

/** What a shard found, as it is stored: sealed canonical JSON, the landscape in base 64 of its little-endian 32-bit floats. */
export function encodeFound(found: ShardFound): Buffer {
  const landscape = found.landscape.map(({ from, values }) => {
    const bytes = Buffer.alloc(values.length * Float32Array.BYTES_PER_ELEMENT);
    for (const [index, value] of values.entries()) bytes.writeFloatLE(value, index * Float32Array.BYTES_PER_ELEMENT);
    return { from, values: bytes.toString("base64") };
  });
  return Buffer.from(seal(canonical({ ...found, landscape })));
}

/** Reads files without a seal too: those that the history of an older job names by their hash. */
export function decodeFound(stored: Uint8Array): ShardFound {
  const found = JSON.parse(unseal(stored) ?? Buffer.from(stored).toString()) as Omit<ShardFound, "landscape"> & {
    landscape: { from: number; values: string }[];
  };
  const landscape = found.landscape.map(({ from, values }) => {
    const bytes = Buffer.from(values, "base64");
    const count = bytes.length / Float32Array.BYTES_PER_ELEMENT;
    return { from, values: Float32Array.from({ length: count }, (_, index) => bytes.readFloatLE(index * Float32Array.BYTES_PER_ELEMENT)) };
  });
  return { ...found, landscape };
}
