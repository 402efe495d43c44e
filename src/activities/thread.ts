import { headerOf } from "../contract/dataset.ts";
import { OrreryError } from "../contract/errors.ts";
import { planDiscover, planEvaluate } from "../contract/plan.ts";
import { planTgefd } from "../contract/tgefd-plan.ts";
import { evaluateLaw } from "../engine/evaluate.ts";
import { judge } from "../engine/judge.ts";
import { drawPlot } from "../engine/plot.ts";
import { buildProblem } from "../engine/problem.ts";
import { reproduce } from "../engine/reproduction.ts";
import { mergeFound, searchCells } from "../engine/search.ts";
import { Control, type Findings, type Judgement, type Reply, type Task } from "./task.ts";

class Aborted extends Error {}

/** Entry of a computing thread. Reports progress, and reads the abort flag, at every step that the engine reports. */
export default function run({ task, buffer }: { task: Task; buffer: SharedArrayBuffer }): Reply {
  const shared = new Control(buffer);
  const control = {
    advance(fits: number) {
      shared.advance(fits);
      if (shared.aborted) throw new Aborted();
    },
  };
  try {
    return { state: "done", value: perform(task, control) };
  } catch (error) {
    if (error instanceof Aborted) return { state: "aborted" };
    if (error instanceof OrreryError) return { state: "failed", code: error.code, message: error.message, faults: error.faults };
    const stack = error instanceof Error ? error.stack : String(error);
    return { state: "failed", code: "internal_error", message: "The engine failed.", faults: [], ...(stack && { stack }) };
  }
}

function perform(task: Task, control: { advance(fits: number): void }): Findings[keyof Findings] {
  if (task.op === "evaluate") {
    return drawn(evaluateLaw(task.request, planEvaluate(task.request, headerOf(task.table)), task.table, `sha256:${task.hash}`, control));
  }
  if (task.op === "tgefd") {
    const { request, kind, table, hash, config } = task;
    const names = { kind, dataset: `sha256:${hash}`, config };
    return drawn(reproduce(request, planTgefd(request, headerOf(table), kind), table, names, control));
  }
  const plan = planDiscover(task.request, headerOf(task.table));
  const problem = buildProblem(task.request, plan, task.table, control);
  switch (task.op) {
    case "search":
      return searchCells(problem, task.cells, control);
    case "discover":
      return drawn(judge(problem, searchCells(problem, { from: 0, to: plan.cells }, control), `sha256:${task.hash}`, control));
    case "judge":
      return drawn(judge(problem, mergeFound(task.found), `sha256:${task.hash}`, control));
  }
}

function drawn(judgement: Omit<Judgement, "plot">): Judgement {
  const { law, candidate } = judgement.result;
  return { ...judgement, plot: drawPlot(judgement.evidence, (law ?? candidate)?.text ?? "") };
}
