// Preloaded into a process (node --import), it moves what the process takes for the time of day by DRILL_CLOCK_MS milliseconds,
// as a wrong clock of its machine would. What is not moved: timers and performance.now(), which a wrong clock does not move
// either; and the native core of the Temporal SDK and Node's own modules, which read the clock of the machine.
const offset = Number(process.env.DRILL_CLOCK_MS);
const { now } = Date;

Date.now = () => now() + offset;
globalThis.Date = new Proxy(Date, {
  construct: (target, given: [], asked) => Reflect.construct(target, given.length === 0 ? [target.now()] : given, asked) as object,
});
