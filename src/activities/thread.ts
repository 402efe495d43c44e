import { headerOf } from "../contract/dataset.ts";
import { OrreryError } from "../contract/errors.ts";
import { planDiscover, planEvaluate } from "../contract/plan.ts";
import { evaluateLaw } from "../engine/evaluate.ts";
import { judge } from "../engine/judge.ts";
import { drawPlots } from "../engine/plot/plots.ts";
import { buildProblem } from "../engine/problem.ts";
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
    const { request, table, hash, predict } = task;
    const plan = planEvaluate(request, headerOf(table), predict && headerOf(predict));
    return drawn(evaluateLaw(request, plan, table, `sha256:${hash}`, control, predict));
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

function drawn(judgement: Omit<Judgement, "plots">): Judgement {
  return { ...judgement, plots: drawPlots(judgement.evidence) };
}
