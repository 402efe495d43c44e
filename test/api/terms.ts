/** Different terms in one column, each about as long as a term may be. */
export function longTerms(count: number, column: string): string[] {
  return Array.from({ length: count }, (_, index) => `${"1*".repeat(990)}${column}^${0.25 * (index + 1)}`);
}
