/** How the engine reports work and learns that it must stop. */
export interface Control {
  /**
   * Called every few milliseconds of work with the fits done since the last call (0 between fits). It throws to abort;
   * the engine never catches what it throws.
   */
  advance(fits: number): void;
}
