import type { Table } from "../contract/dataset.ts";
import type { ErrorCode, Fault } from "../contract/errors.ts";
import type { Kind } from "../contract/names.ts";
import type { DiscoverRequest, EvaluateRequest } from "../contract/request.ts";
import type { Evidence, Result } from "../contract/result.ts";
import type { TgefdRequest } from "../contract/tgefd-request.ts";
import type { ShardFound } from "../engine/search.ts";

/** What a computing thread is asked to do. Plain data; the table's columns are copied in. */
export type Task =
  | { op: "evaluate"; request: EvaluateRequest; table: Table; hash: string }
  | { op: "discover"; request: DiscoverRequest; table: Table; hash: string }
  | { op: "search"; request: DiscoverRequest; table: Table; cells: { from: number; to: number } }
  | { op: "judge"; request: DiscoverRequest; table: Table; hash: string; found: ShardFound[] }
  | { op: "tgefd"; request: TgefdRequest; kind: Kind; table: Table; hash: string; config: string };

/** What a thread finds, by the task's `op`. */
export interface Findings {
  evaluate: Judgement;
  discover: Judgement;
  search: ShardFound;
  judge: Judgement;
  tgefd: Judgement;
}

export interface Judgement {
  result: Result;
  evidence: Evidence;
  plot: string;
}

/** A thread's reply. Errors are sent as data: a clone of an Error keeps neither its code nor its faults. */
export type Reply =
  | { state: "done"; value: Findings[keyof Findings] }
  | { state: "aborted" }
  | { state: "failed"; code: ErrorCode; message: string; faults: readonly Fault[]; stack?: string };

/** Three words that the main thread and a computing thread share. */
export class Control {
  readonly buffer: SharedArrayBuffer;
  private readonly words: BigInt64Array;

  constructor(buffer = new SharedArrayBuffer(24)) {
    this.buffer = buffer;
    this.words = new BigInt64Array(buffer);
  }

  /** Fits of the plan that are behind us: done, or found to be needless. */
  get fits(): number {
    return Number(Atomics.load(this.words, 0));
  }

  /** A sign of life: only the computing thread advances it, in phases without fits too. */
  get steps(): bigint {
    return Atomics.load(this.words, 1);
  }

  advance(fits: number): void {
    Atomics.add(this.words, 0, BigInt(fits));
    Atomics.add(this.words, 1, 1n);
  }

  get aborted(): boolean {
    return Atomics.load(this.words, 2) !== 0n;
  }

  abort(): void {
    Atomics.store(this.words, 2, 1n);
  }
}
