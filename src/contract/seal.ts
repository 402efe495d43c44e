/**
 * A stored text with the checksum of its bytes in front, for files whose key is not the hash of what they hold. It
 * tells damage; it is no protection against a forger.
 */

const MAGIC = "crc32:";
const LEAD = MAGIC.length + 9;

export function seal(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  const sealed = new Uint8Array(LEAD + bytes.length);
  sealed.set(new TextEncoder().encode(`${MAGIC}${checksum(bytes)}\n`));
  sealed.set(bytes, LEAD);
  return sealed;
}

/** The text, or `undefined` if the bytes are not what was sealed. */
export function unseal(bytes: Uint8Array): string | undefined {
  const decoder = new TextDecoder();
  const body = bytes.subarray(LEAD);
  return decoder.decode(bytes.subarray(0, LEAD)) === `${MAGIC}${checksum(body)}\n` ? decoder.decode(body) : undefined;
}

/** Reflected polynomial of CRC-32 (ISO/IEC 8802-3). */
const POLYNOMIAL = 0xedb88320;
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
  return value;
});

/** Eight hexadecimal digits. */
function checksum(bytes: Uint8Array): string {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (TABLE[(crc ^ byte) & 0xff] as number);
  return ((crc ^ 0xffffffff) >>> 0).toString(16).padStart(8, "0");
}
