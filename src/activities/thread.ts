import { getPriority, setPriority } from "node:os";
import { workerData } from "piscina";
import { headerOf } from "../contract/dataset.ts";
import { OrreryError } from "../contract/errors.ts";
import { planDiscover, planEvaluate } from "../contract/plan.ts";
import { planTgefd } from "../contract/tgefd-plan.ts";
import { evaluateLaw } from "../engine/evaluate.ts";
import { judge } from "../engine/judge.ts";
import { drawPlots } from "../engine/plot/plots.ts";
import { addSums, buildProblem, drawOrders, layGround, problemOf } from "../engine/problem.ts";
import { reproduce } from "../engine/reproduction.ts";
import { mergeFound, searchCells } from "../engine/search.ts";
import { Words } from "./control.ts";
import { shared } from "./shared.ts";
import type { Judgement, Reply, Unit, Yield } from "./task.ts";

class Aborted extends Error {}

const { niceness } = workerData as { niceness: number };
// On Linux a thread has a priority of its own, and 0 names the calling one; elsewhere it would name the process. Nobody but
// root may take more than the process was given.
if (process.platform === "linux" && niceness > getPriority(0)) setPriority(0, niceness);

/** Entry of a computing thread. Reports progress, and reads the abort flag, at every step that the engine reports. */
export default function run({ unit, buffer }: { unit: Unit; buffer: SharedArrayBuffer }): Reply {
  const words = new Words(buffer);
  const control = {
    advance(fits: number) {
      words.advance(fits);
      if (words.aborted) throw new Aborted();
    },
  };
  try {
    return { state: "done", value: perform(unit, control) };
  } catch (error) {
    if (error instanceof Aborted) return { state: "aborted" };
    if (error instanceof OrreryError) return { state: "failed", code: error.code, message: error.message, faults: error.faults };
    const stack = error instanceof Error ? error.stack : String(error);
    return { state: "failed", code: "internal_error", message: "The engine failed.", faults: [], ...(stack && { stack }) };
  }
}

function perform(unit: Unit, control: { advance(fits: number): void }): Yield[keyof Yield] {
  switch (unit.op) {
    case "evaluate": {
      const { request, table, hash, predict } = unit;
      const plan = planEvaluate(request, headerOf(table), predict && headerOf(predict));
      return drawn(evaluateLaw(request, plan, table, `sha256:${hash}`, control, predict));
    }
    case "discover": {
      const plan = planDiscover(unit.request, headerOf(unit.table));
      const problem = buildProblem(unit.request, plan, unit.table, control);
      return drawn(judge(problem, searchCells(problem, { from: 0, to: plan.cells }, control), `sha256:${unit.hash}`, control));
    }
    case "tgefd": {
      const { request, kind, table, hash, config } = unit;
      const names = { kind, dataset: `sha256:${hash}`, config };
      return drawn(reproduce(request, planTgefd(request, headerOf(table), kind), table, names, control));
    }
    case "lay":
      return shared(layGround(unit.request, unit.table, control));
    case "draw":
      drawOrders(unit.request, unit.ground, unit.part, control);
      return null;
  }
  const plan = planDiscover(unit.request, unit.ground.header);
  if (unit.op === "add") {
    addSums(unit.request, plan, unit.ground, unit.part, control);
    return null;
  }
  const problem = problemOf(unit.request, plan, unit.ground);
  if (unit.op === "cells") return searchCells(problem, unit.cells, control, unit.known);
  return drawn(judge(problem, mergeFound(unit.found), `sha256:${unit.hash}`, control));
}

function drawn(judgement: Omit<Judgement, "plots">): Judgement {
  return { ...judgement, plots: drawPlots(judgement.evidence) };
}
