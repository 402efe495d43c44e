import type { Kind } from "../contract/names.ts";
import { UsageError } from "./failure.ts";
import type { Upload } from "./gateway.ts";
import type { Session } from "./session.ts";
import { type SubmitOptions, submit } from "./submit.ts";

/** Options that say how a job is sent and shown, not what it does. */
const OUTER = ["key", "wait", "detach", "json", "save"];

/** Sends a document of the ancestor as it is. Throws for an option that would have to change it. */
export function submitConfig(session: Session, kind: Kind, config: Upload, options: SubmitOptions): Promise<number> {
  const [inner] = Object.entries(options).filter(
    ([name, value]) => !OUTER.includes(name) && (name === "reuse" ? !value : value !== undefined),
  );
  if (inner) {
    const [name] = inner;
    const flag = name === "reuse" ? "--no-reuse" : `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    throw new UsageError(`${flag} cannot change a document with tgefd_config_version, which is sent as it is. Edit the file instead.`);
  }
  return submit(session, kind, config, options);
}
