import { atRename, hunger, poison, rolling, terminate, wrongClock } from "./ordeals.ts";
import type { Scene } from "./scene.ts";
import type { Stage } from "./stage.ts";

export interface Fault {
  name: string;
  /** The guarantee that it threatens most. */
  guarantee: string;
  /** Does it, and resolves to the proof that it happened. `index` numbers the jobs that a fault brings itself. */
  act(scene: Scene, index: number): Promise<string>;
}

/** A worker counts as lost after six seconds without a heartbeat. */
const PAST_HEARTBEAT_MS = 9_000;

const FAULTS: readonly Fault[] = [
  { name: "kill the worker", guarantee: "G1", act: ({ stage }) => stage.strike("worker", "SIGKILL") },
  { name: "kill the gateway", guarantee: "G1", act: ({ stage }) => stage.strike("gateway", "SIGKILL") },
  { name: "kill Temporal", guarantee: "G1", act: ({ stage }) => stage.strike("temporal", "SIGKILL") },
  { name: "kill everything at once", guarantee: "G1", act: ({ stage }) => stage.strikeAll() },
  { name: "freeze Temporal", guarantee: "G10", act: ({ stage }) => stage.freeze("temporal", 3_000) },
  { name: "freeze the gateway", guarantee: "G10", act: ({ stage }) => stage.freeze("gateway", 3_000) },
  { name: "stop the worker in order", guarantee: "G3", act: ({ stage }) => stage.strike("worker", "SIGTERM") },
  { name: "terminate a job", guarantee: "G6", act: terminate },
  { name: "freeze a worker past its heartbeats", guarantee: "G2", act: ({ stage }) => stage.zombie(PAST_HEARTBEAT_MS) },
];

/** Each takes half a minute. */
const LONG_FAULTS: readonly Fault[] = [
  { name: "five rolling restarts in one job", guarantee: "G3", act: rolling },
  { name: "a worker's clock jumps", guarantee: "G5", act: wrongClock },
  { name: "a job that needs too much memory", guarantee: "G6", act: hunger },
  { name: "a job that ends every worker", guarantee: "G6", act: poison },
];

/** Faults of a stage: the common ones, which come often, and those that come once, because each takes half a minute. */
export function faultsOf({ store }: Stage): { common: readonly Fault[]; long: readonly Fault[] } {
  const troubles = store.troubles.map((trouble) => ({ name: trouble.name, guarantee: "G7", act: () => trouble.strike() }));
  const renames = store.renames ? [{ name: "kill the worker at a file's name", guarantee: "G7", act: atRename }] : [];
  return { common: [...FAULTS, ...troubles, ...renames], long: LONG_FAULTS };
}
