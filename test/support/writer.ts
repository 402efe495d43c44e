// A process that stores artifacts one after another, and says of each that it is stored: `stored <key>`, or `refused <code>`.
// Arguments: the folder of the store; `put`, or `tear` for a writer that keeps to none of the rules, as the scan must see;
// the first bytes of its files, of which it has as many as the last argument says (default: no end).
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { OrreryError } from "../../src/contract/errors.ts";
import { artifactKey } from "../../src/contract/keys.ts";
import { createFsStore } from "../../src/storage/fs.ts";

const [folder = "", how = "put", seed = "", files = "Infinity"] = process.argv.slice(2);
const store = createFsStore(folder, { sync: seed.length % 2 === 0 });

async function tear(key: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(join(folder, key)), { recursive: true });
  await writeFile(join(folder, key), bytes);
}

for (let serial = 0; serial < Number(files); serial += 1) {
  // Small ones and large ones by turns, as a job has them.
  const bytes = Buffer.alloc(serial % 2 === 0 ? 4_000_000 : 700, `${seed}-${serial}-`);
  const key = artifactKey("t", createHash("sha256").update(bytes).digest("hex"));
  try {
    await (how === "tear" ? tear(key, bytes) : store.putIfAbsent(key, bytes));
    process.stdout.write(`stored ${key}\n`);
  } catch (error) {
    process.stdout.write(`refused ${error instanceof OrreryError ? error.code : String(error)}\n`);
  }
}
