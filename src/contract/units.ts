/**
 * The exponent of each base dimension, none of them 0. Base dimensions are the seven of the SI, by name, and every unit
 * that is not known, in quotes: "sheep" is a dimension of its own.
 */
export type Dimension = ReadonlyMap<string, number>;

export const PURE: Dimension = new Map();

/** Exponents that differ by less are equal: 3 times 0.1 is 0.3. */
const TOLERANCE = 1e-9;

/** Longest text that is read as a unit; requests keep to it. */
const MAX_LENGTH = 64;

/**
 * The dimension of a unit: "m/s^2", "kg m² s⁻²", "kg m2 s-2", "1/nm", "kcal/d", "AU", "inHg", "%". Factors stand side by
 * side or are joined by "*", "·", "." or "-"; "/" and "per" divide by the next factor alone. Only the dimension counts:
 * km, mi and pc are the same.
 *
 * Never fails: what is no known unit, or cannot be read at all, is a base dimension of its own.
 */
export function dimensionOf(unit: string): Dimension {
  // The compatibility form makes digits of superscripts and one letter of the two for micro, ohm and angstrom.
  const text = unit.normalize("NFKC").replaceAll("−", "-").trim();
  return (text.length <= MAX_LENGTH ? parsed(text) : undefined) ?? new Map([[JSON.stringify(text), 1]]);
}

export function isPure(dimension: Dimension): boolean {
  return dimension.size === 0;
}

export function isSame(left: Dimension, right: Dimension): boolean {
  return isPure(times(left, right, -1));
}

/** left · right^exponent. */
export function times(left: Dimension, right: Dimension, exponent: number): Dimension {
  const joined = new Map(left);
  for (const [base, value] of right) {
    const total = (joined.get(base) ?? 0) + value * exponent;
    if (Math.abs(total) < TOLERANCE) joined.delete(base);
    else joined.set(base, total);
  }
  return joined;
}

/** "length time^-2"; "a pure number" for none. */
export function described(dimension: Dimension): string {
  const parts = [...dimension].sort(([a], [b]) => (a < b ? -1 : 1));
  return parts.map(([base, value]) => (value === 1 ? base : `${base}^${Number(value.toPrecision(6))}`)).join(" ") || "a pure number";
}

const NUMBER = /\d+(?:\.\d+)?(?:e[+-]?\d+)?/iy;
const WORD = /[\p{L}°%‰′'"#$€_]+/uy;
/** Raised, or right behind a word, as in "m2" and "s-1". */
const EXPONENT =
  /\s*(?:\^|\*\*)\s*(?:\(\s*(?<top>[+-]?\d+(?:\.\d+)?)\s*(?:\/\s*(?<bottom>\d+))?\s*\)|(?<raised>[+-]?\d+(?:\.\d+)?))|(?<behind>[+-]?\d+)/y;

function parsed(text: string): Dimension | undefined {
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    at += match?.[0].length ?? 0;
    return match;
  };

  function factor(): Dimension | undefined {
    if (take(NUMBER)) {
      take(EXPONENT);
      return PURE;
    }
    const word = take(WORD)?.[0];
    const inner = word !== undefined ? ofWord(word) : take(/[([]/y) && product();
    if (!inner || (word === undefined && !take(/\s*[)\]]/y))) return undefined;
    const { top, bottom, raised, behind } = take(EXPONENT)?.groups ?? {};
    const exponent = Number(top ?? raised ?? behind ?? 1) / Number(bottom ?? 1);
    return Number.isFinite(exponent) ? times(PURE, inner, exponent) : undefined;
  }

  function product(): Dimension | undefined {
    take(/\s*/y);
    let all = factor();
    while (all) {
      const divided = take(/\s*(?:\/|per(?!\p{L}))\s*/uy);
      if (!divided) take(/\s*[*·⋅×.-]\s*|\s+/y);
      if (!divided && (at === text.length || /[)\]]/.test(text.charAt(at)))) return all;
      const next = factor();
      all = next && times(all, next, divided ? -1 : 1);
    }
    return undefined;
  }

  if (text === "" || text === "-") return PURE;
  const whole = product();
  return at === text.length ? whole : undefined;
}

const SHORT_PREFIX = /^(?:da|[QRYZEPTGMkhdcmμunpfazyrq])(?=.)/u;
const LONG_PREFIX = /^(?:tera|giga|mega|kilo|hecto|deci|centi|milli|micro|nano|pico)/;

function ofWord(word: string): Dimension {
  const name = word.toLowerCase();
  const known =
    SYMBOLS.get(word) ??
    PREFIXED.get(word) ??
    PREFIXED.get(word.replace(SHORT_PREFIX, "")) ??
    NAMES.get(name) ??
    [/s$/, /es$/, LONG_PREFIX].map((part) => NAMES.get(name.replace(part, ""))).find((found) => found) ??
    NAMES.get(name.replace(LONG_PREFIX, "").replace(/s$/, ""));
  return known ?? new Map([[JSON.stringify(word), 1]]);
}

const BASES = ["length", "mass", "time", "current", "temperature", "amount", "luminosity"];

/** Exponents of the base dimensions, in their order, and the units that have them. */
function table(rows: readonly [exponents: readonly number[], units: string][]): ReadonlyMap<string, Dimension> {
  return new Map(
    rows.flatMap(([exponents, units]) => {
      const dimension = new Map(exponents.flatMap((exponent, index) => (exponent === 0 ? [] : [[BASES[index] ?? "", exponent]])));
      return units.split(" ").map((unit) => [unit, dimension] as const);
    }),
  );
}

/** Symbols that take the prefixes of the SI. */
const PREFIXED = table([
  [[1], "m pc ly AU"],
  [[0, 1], "g t u Da"],
  [[0, 0, 1], "s yr a"],
  [[0, 0, 0, 1], "A"],
  [[0, 0, 0, 0, 1], "K"],
  [[0, 0, 0, 0, 0, 1], "mol"],
  [[0, 0, 0, 0, 0, 0, 1], "cd lm"],
  [[-2, 0, 0, 0, 0, 0, 1], "lx"],
  [[0, 0, -1], "Hz Bq Ci"],
  [[1, 1, -2], "N dyn"],
  [[2, 1, -2], "J eV cal Wh erg"],
  [[2, 1, -3], "W VA"],
  [[-1, 1, -2], "Pa bar Torr"],
  [[2, 1, -3, -1], "V"],
  [[2, 1, -3, -2], "Ω ohm Ohm"],
  [[-2, -1, 3, 2], "S"],
  [[-2, -1, 4, 2], "F"],
  [[0, 0, 1, 1], "C Ah"],
  [[0, 1, -2, -1], "T G"],
  [[2, 1, -2, -1], "Wb"],
  [[2, 1, -2, -2], "H"],
  [[2, 0, -2], "Gy Sv"],
  [[0, 0, -1, 0, 0, 1], "kat"],
  [[3], "L l"],
  [[-3, 0, 0, 0, 0, 1], "M"],
  [[], "rad sr"],
]);

/** Symbols that stand for themselves, also where a prefix and another symbol could be read. */
const SYMBOLS = table([
  [[1], "au ua Å in ft yd mi nmi NM μ"],
  [[0, 1], "kg lb lbs oz amu"],
  [[0, 0, 1], "min h hr d y sec"],
  [[0, 0, 0, 0, 1], "°C °F °K degC degF"],
  [[1, 0, -1], "mph kn kph"],
  [[0, 0, -1], "rpm bpm"],
  [[1, 1, -2], "lbf kgf"],
  [[2, 1, -3], "hp"],
  [[2, 1, -2], "Cal Btu BTU"],
  [[-1, 1, -2], "atm psi mmHg cmHg inHg torr"],
  [[2], "ha"],
  [[3], "gal"],
  [[], "° deg ′ ′′ ' '' \" arcmin arcsec mas % ‰ ppm ppb dB"],
]);

/** Names in small letters, of one thing; they are also known with an "s" or "es", and after the names of prefixes. */
const NAMES = table([
  [[1], "metre meter angstrom micron inch feet foot yard mile fathom parsec lightyear"],
  [[0, 1], "gram tonne ton pound ounce"],
  [[0, 0, 1], "second sec minute hour hr day week month year century"],
  [[0, 0, 0, 1], "ampere amp"],
  [[0, 0, 0, 0, 1], "kelvin celsius fahrenheit"],
  [[0, 0, 0, 0, 0, 1], "mole"],
  [[0, 0, 0, 0, 0, 0, 1], "candela lumen"],
  [[0, 0, -1], "hertz becquerel"],
  [[1, 1, -2], "newton"],
  [[2, 1, -2], "joule calorie"],
  [[2, 1, -3], "watt horsepower"],
  [[-1, 1, -2], "pascal atmosphere"],
  [[2, 1, -3, -1], "volt"],
  [[-2, -1, 3, 2], "siemens"],
  [[-2, -1, 4, 2], "farad"],
  [[0, 0, 1, 1], "coulomb"],
  [[0, 1, -2, -1], "tesla gauss"],
  [[2, 1, -2, -1], "weber"],
  [[2, 1, -2, -2], "henry"],
  [[2, 0, -2], "gray sievert"],
  [[1, 0, -1], "knot"],
  [[2], "acre hectare"],
  [[3], "litre liter gallon"],
  [[], "radian degree steradian percent cycle turn unitless dimensionless none ratio"],
]);
