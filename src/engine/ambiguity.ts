import { columnExponents, type Expression, namesIn, partsOf } from "../contract/expression.ts";
import type { Law } from "../contract/result.ts";
import { atLeast, atMost, type Check } from "./checks.ts";
import type { Hypothesis } from "./fit.ts";
import { simplerNear } from "./refine.ts";
import type { Sample } from "./sample.ts";
import { TWIN_LIMIT } from "./twin.ts";

/** Smallest share of tables drawn from the law that must lead back to it. */
const RESELECTION_LIMIT = 0.5;

/**
 * Smallest lead in score over a rival that says something else: the likelier law is then 7 times as likely. Just below the
 * price of a function: over a narrow range every function is a line, and a line then leads by that price, give or take the noise.
 */
const LEAD_LIMIT = 3.9;
/**
 * With fewer rows than this for each constant, exponent, function and transform of a sum, the lead must be larger in
 * proportion, up to so many times: on few rows many a sum follows a curve that no law of the library has.
 */
const LEAD_ROWS = 16;
const MOST_LEADS = 5;

/**
 * A constant must be so many times the half width of its interval, in a law of one, two, three and more terms: of sums
 * that merely come near to a law outside the library, most have a term that barely stands out.
 */
const CONSTANT_LIMITS = [4, 6, 6, 8];

/** Rows with the same inputs say where the law is, not what it is: it needs so many more different ones than it has constants. */
const SPARE_POINTS = 2;
/** Through two values of an input any function of it goes; the third says which. */
const FEWEST_VALUES = 3;
/** Most rows that are looked at for that. */
const COUNTED_ROWS = 8_192;

/** A column whose square of the correlation with another input exceeds this says the same as that one: no law can tell them apart. */
const LIKENESS_LIMIT = 1 - 1e-9;

/** A sum with more than three constants and exponents needs so many rows for each: sums of five terms follow any smooth curve. */
const ROWS_PER_CONSTANT = 8;
const FEW_CONSTANTS = 3;

/** A simpler number than an exponent has to be so many half widths of the exponent's interval from what the rows say by themselves. */
const SIMPLER_LIMIT = 1;

/** What the way to a law says of others that could be meant. */
export interface Company {
  /** By how much the best rival that says something else scores worse; null without one. */
  lead: number | null;
  /** The largest square of the correlation of a column of the law with another input; null if there is no other. */
  likeness: number | null;
  /** How far the law is that says the same with other columns; see twin.ts; null without one. */
  twin: number | null;
  /** Share of tables drawn from the law that lead back to it; null if it was given. */
  reselection: number | null;
}

/** The tests of whether the data leave open which law it is, by the name of their margin; null where one does not apply. */
export function ambiguityChecks(
  hypothesis: Hypothesis,
  { lead, likeness, twin, reselection }: Company,
  law: Law,
  sample: Sample,
  searched: boolean,
): Record<string, Check | null> {
  const rows = rowsCheck(hypothesis, sample.table.rows);
  return {
    constants: constantsCheck(law),
    rows,
    // Told only where they decide: most tables have nothing of the kind.
    points: failed(searched ? pointsCheck(hypothesis, sample, rows?.limit ?? 0) : null),
    exponents: failed(exponentsCheck(hypothesis)),
    likeness: failed(likeness === null ? null : atMost(likeness, LIKENESS_LIMIT)),
    twin: twin === null ? null : atLeast(twin, TWIN_LIMIT),
    lead: lead === null ? null : atLeast(lead, leadLimit(hypothesis, sample.table.rows)),
    reselection: reselection === null ? null : atLeast(reselection, RESELECTION_LIMIT),
  };
}

function failed(check: Check | null): Check | null {
  return check?.holds ? null : check;
}

/** The least well determined constant, in half widths of its interval; null if the constants were given. */
function constantsCheck({ terms }: Law): Check | null {
  const sizes = terms.flatMap(({ coefficient, interval }) => (interval ? [(2 * Math.abs(coefficient)) / (interval[1] - interval[0])] : []));
  if (sizes.length === 0) return null;
  return atLeast(Math.min(...sizes), CONSTANT_LIMITS[Math.min(terms.length, CONSTANT_LIMITS.length) - 1] as number);
}

/**
 * How far the nearest number that is simpler than an exponent is from the middle of its interval, in half widths: 6.5 was
 * told for the sake of another exponent, but these rows allow 6. Null without such an exponent.
 */
function exponentsCheck({ terms, intervals = [] }: Hypothesis): Check | null {
  const distances = terms.flatMap((term, index) => {
    const own = columnExponents(term);
    return Object.entries(intervals[index] ?? {}).flatMap(([name, [low, high]]) => {
      const middle = (low + high) / 2;
      return simplerNear(own[name] ?? 0, middle).map((simpler) => Math.abs(simpler - middle) / ((high - low) / 2));
    });
  });
  return distances.length === 0 ? null : atLeast(Math.min(...distances), SIMPLER_LIMIT);
}

/** Rows for as many constants. A single term has nothing to combine: its exponents are tested by its fit. */
function rowsCheck({ given, terms, exponents }: Hypothesis, rows: number): Check | null {
  const size = given || terms.length === 1 ? 0 : terms.length + exponents;
  return size > FEW_CONSTANTS ? atLeast(rows, ROWS_PER_CONSTANT * size) : null;
}

/** Different rows of the columns of a law, and different values of each: the one of the two that lacks more. */
function pointsCheck({ terms, exponents }: Hypothesis, { table }: Sample, limit: number): Check {
  const columns = [...new Set(terms.flatMap((term) => namesIn(term, "column")))].map((name) => table.columns[name] as Float64Array);
  const rows = Math.min(table.rows, COUNTED_ROWS);
  const different = (of: readonly Float64Array[]) =>
    new Set(Array.from({ length: rows }, (_, row) => of.map((column) => column[row]).join())).size;
  const checks = [
    atLeast(different(columns), Math.max(terms.length + exponents + SPARE_POINTS, limit)),
    ...columns.map((column) => atLeast(different([column]), FEWEST_VALUES)),
  ];
  return checks.reduce((worst, check) => (check.value / check.limit < worst.value / worst.limit ? check : worst));
}

function leadLimit({ terms, exponents, model }: Hypothesis, rows: number): number {
  if (terms.length === 1) return LEAD_LIMIT;
  const size = terms.length + exponents + terms.filter(hasCall).length + (model.transform === "identity" ? 0 : 1);
  return LEAD_LIMIT * Math.min(MOST_LEADS, Math.max(1, (LEAD_ROWS * size) / rows));
}

function hasCall(expression: Expression): boolean {
  return expression.type === "call" || partsOf(expression).some(hasCall);
}
