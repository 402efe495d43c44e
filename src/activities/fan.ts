import { type CellRange, subsetsWithin } from "../contract/grid.ts";
import type { DiscoverPlan } from "../contract/plan.ts";
import type { DiscoverRequest } from "../contract/request.ts";
import { cutCells } from "../contract/route.ts";
import type { Groundwork, Part } from "../engine/problem.ts";
import { type Limits, limitsIn, lower, mergeFound, type ShardFound } from "../engine/search.ts";
import { type Grounds, groundKey, type Making } from "./grounds.ts";
import type { Findings, Task, Unit, Yield } from "./task.ts";

/** Fits of one piece of a search: some tenths of a second, after which its thread is free for another job. */
const PIECE_FITS = 2e7;
const SMALLEST_PIECE_FITS = 2e6;
/** A search of fewer fits and less time than this is done on one thread: to share it would cost more than it saves. */
const SMALL = { fits: 4e6, seconds: 0.3 } as const;
/** Multiply-adds of the sums for one thread, at least. */
const SMALLEST_SUMS = 2e7;
/** Rows of orders for one thread, at least: 25 ms. */
const SMALLEST_ORDERS = 2e5;

/** The threads that a task can have at a time. */
export interface Hands {
  count: number;
  /** Does one unit of the task on one of them. */
  perform<U extends Unit>(unit: U): Promise<Yield[U["op"]]>;
  /** Stops all units of the task. */
  halt(): void;
  /** Aborts when the task is to stop. */
  signal: AbortSignal;
}

/** Does a task: a large search in pieces on all threads, everything else on one. */
export async function perform(task: Task, hands: Hands, grounds: Grounds): Promise<Findings[Task["op"]]> {
  switch (task.op) {
    case "search": {
      const { request, plan, cells } = task;
      return lend(task, hands, grounds, true, (ground) => searchPieces(request, plan, ground, cells, hands));
    }
    case "discover": {
      const { plan, ...unit } = task;
      if (plan.fits < SMALL.fits && plan.seconds < SMALL.seconds) return hands.perform(unit);
      const { request, hash } = unit;
      const cells = { from: 0, to: plan.cells };
      return lend(task, hands, grounds, true, async (ground) => {
        const found = await searchPieces(request, plan, ground, cells, hands);
        return hands.perform({ op: "conclude", request, ground, hash, found: [found] });
      });
    }
    case "judge": {
      const { request, hash, found } = task;
      return lend(task, hands, grounds, false, (ground) => hands.perform({ op: "conclude", request, ground, hash, found }));
    }
    default:
      return hands.perform(task);
  }
}

function lend<T>(
  { request, table, hash }: Exclude<Task, { op: "evaluate" | "tgefd" }>,
  hands: Hands,
  grounds: Grounds,
  sums: boolean,
  use: (ground: Groundwork) => Promise<T>,
): Promise<T> {
  const making: Making = {
    lay: () => hands.perform({ op: "lay", request, table }),
    async add(ground) {
      // The orders are for the sums alone: who only concludes a search does without both.
      const drawn = ground.orders.reduce((total, { length }) => total + length, 0);
      await inParts(drawn / SMALLEST_ORDERS, hands, (part) => hands.perform({ op: "draw", request, ground, part }));
      await inParts(sumsOf(ground) / SMALLEST_SUMS, hands, (part) => hands.perform({ op: "add", request, ground, part }));
    },
  };
  return grounds.lend(groundKey(request, hash), { making, sums, signal: hands.signal }, use);
}

/** Multiply-adds of all sums. */
function sumsOf({ grams, layout, sample }: Groundwork): number {
  return sample.table.rows * grams.reduce((total, { sides }) => total + sides * layout.columns + layout.left.length, 0);
}

/**
 * Searches some cells on all threads. Each piece starts from the scores that others have reached. What is found does not
 * depend on how many threads there are or which of them is first, because joining pieces is exact.
 */
async function searchPieces(
  request: DiscoverRequest,
  plan: DiscoverPlan,
  ground: Groundwork,
  cells: CellRange,
  hands: Hands,
): Promise<ShardFound> {
  const fits = plan.targets * subsetsWithin(plan.grids, cells);
  const size = Math.min(PIECE_FITS, Math.max(SMALLEST_PIECE_FITS, fits / (2 * hands.count)));
  const pieces = cutCells(plan, cells, Math.ceil(fits / size));
  let known: Limits | undefined;
  const found = await inParallel(pieces.length, hands, async (index) => {
    const piece = await hands.perform({ op: "cells", request, ground, cells: pieces[index] as CellRange, known });
    const reached = limitsIn(piece);
    if (known) lower(reached, known);
    known = reached;
    return piece;
  });
  return mergeFound(found);
}

/** Does work in equal parts, a thread for each: at most `most` of them. */
async function inParts(most: number, hands: Hands, work: (part: Part) => Promise<unknown>): Promise<void> {
  const of = Math.max(1, Math.min(hands.count, Math.floor(most)));
  await inParallel(of, hands, (index) => work({ index, of }));
}

/** Does the units of a task in order, as many at a time as there are threads. The first failure stops the others, and is thrown once they have. */
async function inParallel<T>(units: number, hands: Hands, work: (index: number) => Promise<T>): Promise<T[]> {
  const done: T[] = [];
  let next = 0;
  let failure: { error: unknown } | undefined;
  const hand = async () => {
    while (next < units && !failure) {
      const index = next;
      next += 1;
      try {
        done[index] = await work(index);
      } catch (error) {
        failure ??= { error };
        hands.halt();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(units, hands.count) }, hand));
  if (failure) throw failure.error;
  return done;
}
