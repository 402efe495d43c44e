// Dies of itself: writes down when it began, and exits with code 7 after the milliseconds that it is given.
import { appendFileSync } from "node:fs";

const [file = "", life] = process.argv.slice(2);
appendFileSync(file, `${Date.now()}\n`);
setTimeout(() => {
  process.stderr.write("nothing goes on for ever\n");
  process.exit(7);
}, Number(life));
