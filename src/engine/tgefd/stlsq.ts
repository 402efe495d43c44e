import type { Pace } from "../control.ts";
import type { Shape } from "./expression.ts";
import { type Grid, shapesOf, sizeOf } from "./grid.ts";
import type { Library } from "./library.ts";
import { factorise, type Panel, type Projection } from "./panel.ts";
import { type Solution, type Solver, solverOf } from "./solve.ts";

/** A fitted model. Models with the same columns and the same coefficients are one object. */
export interface Model {
  /** One for each feature, 0 if it was thresholded away. */
  coefficients: Float64Array;
  /** Length of the residual vector. */
  error: number;
  /** How many coefficients are not 0. */
  l0: number;
  /** Sum of their absolute values. */
  l1: number;
}

/** The models of a grid, in its order, as one entry of each array. */
export interface Landscape {
  p: Float64Array;
  q: Float64Array;
  lambda: Float64Array;
  error: Float64Array;
  l0: Float64Array;
  models: readonly Model[];
}

/** Sequentially thresholded least squares on the grids of one request. */
export interface Search {
  /** Fits one target: the landscape of each grid. What targets share is computed once. */
  fit(grid: Grid, target: Target): Landscape;
  /** Smallest |c - λ| / λ of any coefficient that was compared with a positive λ, Infinity if there was none. */
  margin(): number;
}

/** A right-hand side with what was solved for it so far. */
export interface Target {
  y: Float64Array;
  projections: Map<Panel, Projection>;
  solutions: Map<string, Solution>;
}

export const targetOf = (y: Float64Array): Target => ({ y, projections: new Map(), solutions: new Map() });

/** Thresholds after the first fit, of which each is followed by a fit of the rest. */
const ITERATIONS = 10;
/** Most columns in a panel if the features are fewer: a factorisation costs the square of their number. */
const PANEL_COLUMNS = 48;
/** Most numbers that the panels of a request hold at a time. */
const HELD_NUMBERS = 8_000_000;

export function searchOf(library: Library, pace: Pace): Search {
  /** Panels by the numbers of their columns, as long as they fit. */
  const panels = new Map<string, Held>();
  let held = 0;
  /** The parts of the last grid: all targets without refinement have the same. */
  let last: { grid: Grid; shapes: readonly Shape[]; parts: readonly Part[] } | null = null;
  let margin = Number.POSITIVE_INFINITY;

  const panelOf = (columns: readonly number[]): Held => {
    const key = columns.join();
    const known = panels.get(key);
    if (known) return known;
    const panel = factorise(
      columns.map((index) => library.columns[index] as Float64Array),
      pace,
    );
    const made: Held = { panel, places: new Map(columns.map((column, place) => [column, place])), solvers: new Map() };
    held += panel.rows * columns.length;
    if (held > HELD_NUMBERS) {
      panels.clear();
      held = panel.rows * columns.length;
    }
    panels.set(key, made);
    return made;
  };

  const partsAt = (grid: Grid) => {
    if (last?.grid === grid) return last;
    const shapes = shapesOf(grid);
    last = { grid, shapes, parts: partsOf(shapes.map((shape) => library.columnsAt(shape))) };
    return last;
  };

  return {
    fit(grid, target) {
      const size = sizeOf(grid);
      const { shapes, parts } = partsAt(grid);
      const landscape: Landscape & { models: Model[] } = {
        p: new Float64Array(size),
        q: new Float64Array(size),
        lambda: new Float64Array(size),
        error: new Float64Array(size),
        l0: new Float64Array(size),
        models: [],
      };
      for (const { columns, members } of parts) {
        const part = panelOf(columns);
        for (const { index, features } of members) {
          const { p, q } = shapes[index] as Shape;
          const full = nodeOf(features, part, target, pace);
          for (const lambda of grid.lambda) {
            const at = landscape.models.length;
            const model = threshold(full, lambda);
            landscape.models.push(model);
            landscape.p[at] = p;
            landscape.q[at] = q;
            landscape.lambda[at] = lambda;
            landscape.error[at] = model.error;
            landscape.l0[at] = model.l0;
          }
          pace.advance(grid.lambda.length);
        }
      }
      return landscape;
    },
    margin: () => margin,
  };

  function threshold(full: Node, lambda: number): Model {
    let node = full;
    for (let iteration = 0; iteration < ITERATIONS; iteration += 1) {
      const { sorted } = node;
      let below = 0;
      while (below < sorted.length && (sorted[below] as number) < lambda) below += 1;
      if (lambda > 0) {
        if (below > 0) margin = Math.min(margin, (lambda - (sorted[below - 1] as number)) / lambda);
        if (below < sorted.length) margin = Math.min(margin, ((sorted[below] as number) - lambda) / lambda);
      }
      if (below === 0) break;
      node = node.without(below);
    }
    return node.model;
  }
}

interface Held {
  panel: Panel;
  /** Where a column of the library stands in the panel. */
  places: Map<number, number>;
  solvers: Map<string, Solver>;
}

/** One set of remaining features at one shape. */
interface Node {
  model: Model;
  /** Magnitudes of the remaining coefficients, ascending. */
  sorted: Float64Array;
  /** The node without the `count` smallest coefficients. */
  without(count: number): Node;
}

/** `features` holds the library's column of each feature. */
function nodeOf(features: readonly number[], part: Held, target: Target, pace: Pace): Node {
  const projection = projectionOf(part.panel, target);
  const make = (active: readonly number[]): Node => {
    const { coefficients: found, error } = solve(active.map((index) => features[index] as number));
    const coefficients = new Float64Array(features.length);
    let l0 = 0;
    let l1 = 0;
    active.forEach((feature, place) => {
      const coefficient = found[place] as number;
      coefficients[feature] = coefficient;
      if (coefficient !== 0) l0 += 1;
      l1 += Math.abs(coefficient);
    });
    const sorted = found.map(Math.abs).sort();
    const children: Node[] = [];
    return {
      model: { coefficients, error, l0, l1 },
      sorted,
      without(count) {
        const known = children[count];
        if (known) return known;
        const most = sorted[count - 1] as number;
        const child = make(active.filter((feature) => Math.abs(coefficients[feature] as number) > most));
        children[count] = child;
        return child;
      },
    };
  };
  const solve = (columns: readonly number[]): Solution => {
    // The same columns have the same solution to the bit wherever they occur: equal errors are ties of the ranking.
    const key = columns.join();
    const known = target.solutions.get(key);
    if (known) return known;
    const solver =
      part.solvers.get(key) ??
      solverOf(
        part.panel,
        columns.map((column) => part.places.get(column) as number),
      );
    part.solvers.set(key, solver);
    const solution = solver.solve(projection);
    target.solutions.set(key, solution);
    pace.work(40 * columns.length * columns.length * part.panel.height);
    return solution;
  };
  return make(features.map((_, index) => index));
}

function projectionOf(panel: Panel, target: Target): Projection {
  const known = target.projections.get(panel);
  if (known) return known;
  const projection = panel.project(target.y);
  target.projections.set(panel, projection);
  return projection;
}

interface Part {
  /** The distinct columns of its members, ascending. */
  columns: number[];
  members: { index: number; features: number[] }[];
}

/** Shapes in their order, in groups with few distinct columns. */
function partsOf(shapes: readonly number[][]): Part[] {
  const parts: Part[] = [];
  let columns = new Set<number>();
  let members: Part["members"] = [];
  const close = () => {
    if (members.length > 0) parts.push({ columns: [...columns].sort((a, b) => a - b), members });
    columns = new Set();
    members = [];
  };
  shapes.forEach((features, index) => {
    const grown = new Set([...columns, ...features]);
    if (grown.size > PANEL_COLUMNS && members.length > 0) close();
    for (const column of features) columns.add(column);
    members.push({ index, features });
  });
  close();
  return parts;
}
