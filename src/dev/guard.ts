import { spawn } from "node:child_process";

/** Waits for the end of its input, which comes when the parent is gone, and then asks the process to stop. */
const SCRIPT = 'read -r _; kill -TERM "$1"';

/**
 * Stops a process when this one dies, even by SIGKILL, which leaves no time to do it itself. A process that cannot
 * watch its parent, such as a Temporal server, would live on and hold its port and database. Returns a function that
 * lifts the guard; call it when the process has ended, before its id can be used again.
 */
export function guard(pid: number): () => void {
  // Windows has no such shell; there only an orderly stop reaches the server.
  if (process.platform === "win32") return () => undefined;
  // A session of its own: Ctrl-C at the terminal must not end the guard before the system has stopped.
  const shell = spawn("/bin/sh", ["-c", SCRIPT, "guard", String(pid)], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
  shell.on("error", () => undefined);
  shell.stdin.on("error", () => undefined);
  shell.unref();
  return () => {
    shell.kill("SIGKILL");
    shell.stdin.destroy();
  };
}
