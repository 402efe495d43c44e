/** Words that cannot name a column in an expression of Python. */
export const PYTHON_WORDS: readonly string[] = (
  "False None True and as assert async await break class continue def del elif else except finally for from global if import in is " +
  "lambda nonlocal not or pass raise return try while with yield __debug__"
).split(" ");

/** The same for JavaScript in strict mode, with what the expression itself uses. */
export const JAVASCRIPT_WORDS: readonly string[] = (
  "arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for " +
  "function if implements import in instanceof interface let new null package private protected public return static super switch this " +
  "throw true try typeof var void while with yield undefined NaN Infinity Math"
).split(" ");
