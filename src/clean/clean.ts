import type { Entry, Store } from "../storage/store.ts";
import { type Names, namesIn } from "./names.ts";

/**
 * Second parts of the keys that can be cleaned up, in the order in which they are: a summary that stays answers later jobs,
 * so the files that it names stay with it. Whatever else is in the store, such as the audit log, is left alone.
 */
const SUMMARIES = "summaries";
const ROUNDS = [[SUMMARIES], ["artifacts", "damaged", "datasets", "errors", "shards"]];

/** Entries that are looked at together, and deletions that run at the same time. */
const PAGE = 10_000;
const PARALLEL = 16;

export interface Count {
  files: number;
  bytes: number;
}

export interface Cleaned {
  /** Files that stay: named by a job or dead letter, or too young. */
  kept: Count;
  /** By area, what nobody names, with `partial` for what killed puts left behind: deleted, or in a dry run only counted. */
  removed: Record<string, Count>;
}

export interface CleanOptions {
  store: Store;
  names: Names;
  /** Only what was stored and used before is removed. */
  before: Date;
  dryRun: boolean;
}

/**
 * Removes what is named by nobody and was last used before `before`. Its age is looked at once more when it goes: what jobs
 * name that are not known yet was marked as used before they named it. Takes the same memory however much there is.
 */
export async function clean({ store, names, before, dryRun }: CleanOptions): Promise<Cleaned> {
  const cleaned: Cleaned = { kept: { files: 0, bytes: 0 }, removed: {} };

  async function remove(entry: Entry, area: string): Promise<void> {
    // What was used since it was listed stays.
    if (!dryRun && !(await store.delete(entry.key, before))) return keep(entry);
    cleaned.removed[area] ??= { files: 0, bytes: 0 };
    count(cleaned.removed[area], entry);
  }

  async function removeAll(entries: Entry[], areaOf: (entry: Entry) => string): Promise<void> {
    for (let from = 0; from < entries.length; from += PARALLEL)
      await Promise.all(entries.slice(from, from + PARALLEL).map((entry) => remove(entry, areaOf(entry))));
  }

  async function keep(entry: Entry): Promise<void> {
    count(cleaned.kept, entry);
    if (areaIn(entry.key) !== SUMMARIES) return;
    const summary = Buffer.from((await store.get(entry.key)) ?? []).toString("utf8");
    for (const name of namesIn(summary)) names.add(name);
  }

  for (const areas of ROUNDS) {
    for await (const page of pagesOf(store, false)) {
      const entries = page.filter(({ key }) => areas.includes(areaIn(key)));
      const isLeft = (entry: Entry) => entry.modified < before && !isNamed(entry.key, names);
      const left = new Set(entries.filter(isLeft));
      for (const entry of entries) if (!left.has(entry)) await keep(entry);
      await removeAll([...left], ({ key }) => areaIn(key));
    }
  }
  for await (const page of pagesOf(store, true)) {
    await removeAll(
      page.filter(({ modified }) => modified < before),
      () => "partial",
    );
  }
  return cleaned;
}

async function* pagesOf(store: Store, partial: boolean): AsyncGenerator<Entry[]> {
  let page = await store.list("", { limit: PAGE, partial });
  while (page.length > 0) {
    yield page;
    page = await store.list("", { limit: PAGE, partial, after: page.at(-1)?.key ?? "" });
  }
}

function areaIn(key: string): string {
  return key.split("/")[1] ?? "";
}

/** What was set aside has the name of what took its place, and is nobody's. */
function isNamed(key: string, names: Names): boolean {
  return areaIn(key) !== "damaged" && namesIn(key).some((name) => names.has(name));
}

function count(to: Count, { bytes }: Entry): void {
  to.files += 1;
  to.bytes += bytes;
}
