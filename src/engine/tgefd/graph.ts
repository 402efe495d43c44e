/** A growing graph as rows of bits; a point counts as adjacent to itself. */
export interface Graph {
  /** 32-bit words in a row. */
  words: number;
  rows: Int32Array;
}

export function graphOf(count: number): Graph {
  const words = (count + 31) >>> 5;
  const graph = { words, rows: new Int32Array(count * words) };
  for (let point = 0; point < count; point += 1) connect(graph, point, point);
  return graph;
}

export function connect({ words, rows }: Graph, i: number, j: number): void {
  const left = i * words + (j >>> 5);
  const right = j * words + (i >>> 5);
  rows[left] = (rows[left] as number) | (1 << (j & 31));
  rows[right] = (rows[right] as number) | (1 << (i & 31));
}

/** Whether the point k is adjacent to both i and j and to every point that is. */
export function dominates({ words, rows }: Graph, k: number, i: number, j: number): boolean {
  const left = i * words;
  const right = j * words;
  const over = k * words;
  if (((((rows[left + (k >>> 5)] as number) & (rows[right + (k >>> 5)] as number)) >>> (k & 31)) & 1) === 0) return false;
  for (let word = 0; word < words; word += 1) {
    if (((rows[left + word] as number) & (rows[right + word] as number) & ~(rows[over + word] as number)) !== 0) return false;
  }
  return true;
}

/** Whether a point is adjacent to both i and j, which are not adjacent themselves. */
export function linked({ words, rows }: Graph, i: number, j: number): boolean {
  const left = i * words;
  const right = j * words;
  for (let word = 0; word < words; word += 1) if (((rows[left + word] as number) & (rows[right + word] as number)) !== 0) return true;
  return false;
}

/** Writes the points adjacent to both i and j, which are not adjacent themselves, into `link`; whether there are any. */
export function linkOf({ words, rows }: Graph, i: number, j: number, link: Int32Array): boolean {
  const left = i * words;
  const right = j * words;
  let any = 0;
  for (let word = 0; word < words; word += 1) {
    const bits = (rows[left + word] as number) & (rows[right + word] as number);
    link[word] = bits;
    any |= bits;
  }
  return any !== 0;
}

/** A point of each component of the graph on the points in `link`, which is used up. `rest` has its length. */
export function componentsWithin(graph: Graph, link: Int32Array, rest: Int32Array): number[] {
  const { words, rows } = graph;
  const seeds: number[] = [];
  for (let start = 0; start < words; ) {
    const bits = link[start] as number;
    if (bits === 0) {
      start += 1;
      continue;
    }
    const seed = start * 32 + 31 - Math.clz32(bits & -bits);
    seeds.push(seed);
    let left = 0;
    for (let word = start; word < words; word += 1) {
      const beyond = (link[word] as number) & ~(rows[seed * words + word] as number);
      rest[word] = beyond;
      left |= beyond;
    }
    if (left === 0) return seeds;
    absorb(graph, link, rest, start);
    for (let word = start; word < words; word += 1) link[word] = rest[word] as number;
  }
  return seeds;
}

/** Takes points out of `rest` that are adjacent to a point of `link` outside `rest`, until there are none. */
function absorb({ words, rows }: Graph, link: Int32Array, rest: Int32Array, start: number): void {
  for (let moved = true; moved; ) {
    moved = false;
    for (let word = start; word < words; word += 1) {
      for (let bits = rest[word] as number; bits !== 0; ) {
        const bit = bits & -bits;
        const row = (word * 32 + 31 - Math.clz32(bit)) * words;
        let touches = 0;
        for (let at = start; at < words && touches === 0; at += 1)
          touches = (link[at] as number) & ~(rest[at] as number) & (rows[row + at] as number);
        bits ^= bit;
        if (touches === 0) continue;
        moved = true;
        for (let at = start; at < words; at += 1) rest[at] = (rest[at] as number) & ~(rows[row + at] as number);
        bits &= rest[word] as number;
      }
    }
  }
}
