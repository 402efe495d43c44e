// Preloaded into a process (node --import), it kills the process where it is about to give the DRILL_LINK-th file of the store
// its name, which the store does by a link.
import promises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

const { link } = promises;
let left = Number(process.env.DRILL_LINK);

promises.link = (from, to) => {
  left -= 1;
  if (left === 0) process.kill(process.pid, "SIGKILL");
  return link(from, to);
};
syncBuiltinESMExports();
