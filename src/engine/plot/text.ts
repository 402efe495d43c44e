const MINUS = "\u2212";
/** Width of a character over the size of its font, wide enough for the usual sans-serif fonts; and that of Chinese and the like. */
const ADVANCE = 0.6;
const WIDE_ADVANCE = 1;
const FIRST_WIDE = 0x1100;

/** An estimate, in pixels: there is no font to ask. */
export function widthOf(text: string, size: number): number {
  return Array.from(text).reduce((sum, character) => sum + advanceOf(character) * size, 0);
}

function advanceOf(character: string): number {
  return (character.codePointAt(0) ?? 0) < FIRST_WIDE ? ADVANCE : WIDE_ADVANCE;
}

/** Text for a document, any character allowed. */
export function escaped(text: string): string {
  // XML has no way to write most control characters; a column can be named by them all the same.
  const clean = text.replaceAll(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, "\u{FFFD}");
  return clean.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** The text itself if it fits a width in pixels, else its beginning and an ellipsis. */
export function shortened(text: string, width: number, size: number): string {
  return widthOf(text, size) <= width ? text : `${beginning(text, width - size, size).trimEnd()}…`;
}

/** As many characters as fit. */
function beginning(text: string, width: number, size: number): string {
  let end = 0;
  let used = 0;
  for (const character of text) {
    used += advanceOf(character) * size;
    if (used > width) break;
    end += character.length;
  }
  return text.slice(0, end);
}

/** The text in lines of at most a width in pixels, broken at spaces; what `most` lines do not hold is left out. */
export function wrapped(text: string, width: number, size: number, most: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (lines.length < most - 1 && widthOf(rest, size) > width) {
    const at = beginning(rest, width, size).lastIndexOf(" ");
    if (at <= 0) break;
    lines.push(rest.slice(0, at));
    rest = rest.slice(at + 1);
  }
  return [...lines, shortened(rest, width, size)];
}

/** A formula as escaped text with raised exponents: a^1.5, n^-2, x^(-0.5), (1 + x)^p. */
export function typeset(formula: string): string {
  return formula
    .split(/(\^(?:-?[\w.]+|\([^()]*\)))/u)
    .map((part, index) => {
      if (part === "") return "";
      if (index % 2 === 1) {
        const exponent = part.slice(1).replace(/^\((.*)\)$/u, "$1");
        return `<tspan class="raised" dy="-0.4em">${signed(escaped(exponent))}</tspan>`;
      }
      const plain = escaped(part).replaceAll(/(?<=^|[\s(])-/g, MINUS);
      return index === 0 ? plain : `<tspan dy="0.3em">${plain}</tspan>`;
    })
    .join("");
}

export function labelled(name: string, unit: string | null): string {
  return unit ? `${name} (${unit})` : name;
}

/** A number as tick labels and legends show it: 0.02, 1,500, 3×10⁷. */
export function figure(value: number, digits = 6): string {
  const size = Math.abs(value);
  if (value !== 0 && (size >= 1e6 || size < 1e-3)) {
    const [mantissa = "", exponent = ""] = Number(value.toPrecision(digits)).toExponential().split("e");
    const power = `10${String(Number(exponent)).replaceAll(/./g, (digit) => RAISED[digit] ?? digit)}`;
    return signed(mantissa === "1" ? power : mantissa === "-1" ? `-${power}` : `${mantissa}\u00D7${power}`);
  }
  return signed(grouped(String(Number(value.toPrecision(digits)))));
}

const RAISED: Record<string, string> = {
  "-": "⁻",
  0: "⁰",
  1: "¹",
  2: "²",
  3: "³",
  4: "⁴",
  5: "⁵",
  6: "⁶",
  7: "⁷",
  8: "⁸",
  9: "⁹",
};

/** Thousands apart; years and other numbers of four digits too, as an axis seldom mixes them. */
export function grouped(plain: string): string {
  const [whole = "", fraction] = plain.split(".");
  const apart = whole.replace(/\B(?=(?:\d{3})+$)/g, ",");
  return fraction === undefined ? apart : `${apart}.${fraction}`;
}

export function signed(number: string): string {
  return number.replace(/^-/, MINUS);
}
