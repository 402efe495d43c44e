/** Orrery cannot start for a reason that a person can mend. The message says what happened and what to do next. */
export class StartError extends Error {
  override name = "StartError";
}
