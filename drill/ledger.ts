import { appendFileSync, closeSync, openSync } from "node:fs";
import type { Job } from "../src/contract/job.ts";
import type { Intent } from "./load.ts";

/** What the client of the service saw, in the order in which it saw it. */
export type Entry =
  | {
      at: number;
      event: "accepted";
      key: string;
      job_id: string;
      ends: Intent["ends"];
      /** The error with which it must end, where there is but one. */
      code: Intent["code"] | null;
      request: string;
      /** The request was a document of the ancestor. */
      ancestor: boolean;
    }
  | { at: number; event: "refused"; key: string; status: number; code: string }
  | { at: number; event: "unanswered"; key: string; error: string }
  | { at: number; event: "seen"; job_id: string; status: Job["status"]; run: number }
  /**
   * `silent_ms`: from the request to the first look that found no thread at work; null if a fault was in the way.
   * `computing`: whether one was when the receipt came. `calm`: before the faults began.
   */
  | { at: number; event: "cancelled"; job_id: string; receipt: string; silent_ms: number | null; computing: boolean; calm: boolean }
  | { at: number; event: "terminated"; job_id: string }
  /**
   * `members`: the attempts of each part of a job whose worker was stopped in order and started again, and again.
   * `gave_up`: the workers among them that did not hand back their work in time.
   */
  | { at: number; event: "restarted"; job_id: string; gave_up: number; members: { id: string; attempts: number }[] }
  /** A look at an open job during a fault, or in peace. `status` is null where no reply came. */
  | { at: number; event: "read"; during: string; job_id: string; status: number | null; ms: number }
  /** `from`: when it began; it was over, and the service was back, at `at`. */
  | { at: number; event: "fault"; name: string; from: number; open: number; proof: string; recovered_ms: number };

/** An append-only file outside the service: the drill compares what the service says at the end with this, and with nothing else. */
export class Ledger {
  readonly entries: Entry[] = [];
  private readonly file: number;

  constructor(path: string) {
    this.file = openSync(path, "wx");
  }

  write(entry: Entry): void {
    this.entries.push(entry);
    appendFileSync(this.file, `${JSON.stringify(entry)}\n`);
  }

  of<E extends Entry["event"]>(event: E): Extract<Entry, { event: E }>[] {
    return this.entries.filter((entry): entry is Extract<Entry, { event: E }> => entry.event === event);
  }

  close(): void {
    closeSync(this.file);
  }
}
