/** A number with `digits` significant digits: plain between 0.0001 and 10 million, else with an exponent. */
export function figure(value: number, digits = 5): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e7 || size < 1e-4) return value.toExponential(digits - 1).replace(/\.?0+e/, "e");
  return String(Number(value.toPrecision(Math.max(digits, Math.ceil(Math.log10(size))))));
}

/** An estimate and its interval to the same decimal: the one in which half the interval has two digits. */
export function estimate(value: number, [low, high]: readonly [number, number]): { value: string; interval: string } {
  const half = (high - low) / 2;
  const size = Math.max(Math.abs(value), Math.abs(low), Math.abs(high));
  if (!(half > 0) || size >= 1e7 || half < 1e-8) {
    // Doubles have no more than 15 digits.
    const digits = half > 0 ? Math.min(15, Math.max(8, 2 + Math.ceil(Math.log10(size / half)))) : 8;
    return { value: figure(value, digits), interval: `${figure(low, digits)} to ${figure(high, digits)}` };
  }
  const decimals = Math.max(0, 1 - Math.floor(Math.log10(half)));
  const show = (number: number) => number.toFixed(decimals);
  return { value: show(value), interval: `${show(low)} to ${show(high)}` };
}

/** A span for people: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`. */
export function span(seconds: number): string {
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`;
}

/** A quantity's name with its unit, as on an axis. */
export function labelled(name: string, unit: string | null | undefined): string {
  return unit ? `${name} (${unit})` : name;
}
