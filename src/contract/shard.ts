import type { CellRange } from "./grid.ts";
import { ENGINE_VERSION } from "./names.ts";
import type { DiscoverRequest } from "./request.ts";

/**
 * Everything that determines what the search of some cells finds. The result is stored under the hash of its canonical form
 * (RFC 8785). The budget, priority and reuse of a request are no part of it.
 */
export function shardIdentity({ dataset, target, inputs, hypothesis, noise, decision, seed }: DiscoverRequest, cells: CellRange): object {
  return { engine: ENGINE_VERSION, dataset, target, inputs, hypothesis, noise, decision, seed, cells };
}
