import type { Table } from "../contract/dataset.ts";
import type { ErrorCode, Fault } from "../contract/errors.ts";
import type { CellRange } from "../contract/grid.ts";
import type { Kind } from "../contract/names.ts";
import type { DiscoverPlan } from "../contract/plan.ts";
import type { DiscoverRequest, EvaluateRequest } from "../contract/request.ts";
import type { Evidence, Result } from "../contract/result.ts";
import type { TgefdRequest } from "../contract/tgefd-request.ts";
import type { Plot } from "../engine/plot/plots.ts";
import type { Groundwork, Part } from "../engine/problem.ts";
import type { Limits, ShardFound } from "../engine/search.ts";

/** What an activity asks to be computed. `hash` is that of the table. */
export type Task =
  | { op: "evaluate"; request: EvaluateRequest; table: Table; hash: string; predict: Table | undefined }
  | { op: "discover"; request: DiscoverRequest; plan: DiscoverPlan; table: Table; hash: string }
  | { op: "search"; request: DiscoverRequest; plan: DiscoverPlan; table: Table; hash: string; cells: CellRange }
  | { op: "judge"; request: DiscoverRequest; table: Table; hash: string; found: ShardFound[] }
  | { op: "tgefd"; request: TgefdRequest; kind: Kind; table: Table; hash: string; config: string };

/** What is found, by the task's `op`. */
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
  plots: Plot[];
  /** CSV, of an evaluate job that was asked for it. */
  predictions?: string;
}

/** A step of a search. Groundwork and what refers to it lie in shared memory. */
export type Step =
  | { op: "lay"; request: DiscoverRequest; table: Table }
  | { op: "draw"; request: DiscoverRequest; ground: Groundwork; part: Part }
  | { op: "add"; request: DiscoverRequest; ground: Groundwork; part: Part }
  | { op: "cells"; request: DiscoverRequest; ground: Groundwork; cells: CellRange; known: Limits | undefined }
  | { op: "conclude"; request: DiscoverRequest; ground: Groundwork; hash: string; found: ShardFound[] };

/** What a computing thread does at a time: a whole task or a step of a search. Plain data; what is not shared is copied in. */
export type Unit = Exclude<Task, { op: "discover" | "search" | "judge" }> | Omit<Extract<Task, { op: "discover" }>, "plan"> | Step;

/** What a thread finds, by the unit's `op`. */
export interface Yield extends Omit<Findings, "search" | "judge"> {
  lay: Groundwork;
  draw: null;
  add: null;
  cells: ShardFound;
  conclude: Judgement;
}

/** A thread's reply. Errors are sent as data: a clone of an Error keeps neither its code nor its faults. */
export type Reply =
  | { state: "done"; value: Yield[keyof Yield] }
  | { state: "aborted" }
  | { state: "failed"; code: ErrorCode; message: string; faults: readonly Fault[]; stack?: string };
