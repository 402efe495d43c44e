import { longLine, MAX_LINE } from "./csv.ts";

const LF = 10;

/** The lines of a text, without their breaks. Throws `dataset_too_large` for a line that no row needs, before it is whole. */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  let length = 0;
  let line = 1;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, from)) {
      const part = chunk.subarray(from, end);
      yield rest.length === 0 ? part : Buffer.concat([...rest, part]);
      rest = [];
      length = 0;
      line += 1;
      from = end + 1;
    }
    if (from === chunk.length) continue;
    rest.push(chunk.subarray(from));
    length += chunk.length - from;
    if (length > MAX_LINE) throw longLine(line);
  }
  if (rest.length > 0) yield Buffer.concat(rest);
}
