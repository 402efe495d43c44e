import { type Circuit, type CircuitOptions, type CircuitReport, createCircuit } from "./circuit.ts";

/** The circuits of a process, one for each target that it calls. */
export interface Circuits {
  /** The circuit to a target, such as `store` or `https://data.example.org`, made with `options` when it is first asked for. */
  to(target: string, options: Omit<CircuitOptions, "onChange">): Circuit;
  states(): CircuitReport[];
}

/** Requests name hosts without end. Past this many, that which was used longest ago is forgotten, and begins closed anew. */
const MOST = 1_000;

/** `onChange` is told when one opens, tries and closes. */
export function createCircuits(onChange?: (report: CircuitReport) => void): Circuits {
  const circuits = new Map<string, Circuit>();
  return {
    to(target, options) {
      const circuit = circuits.get(target) ?? createCircuit(target, { ...options, ...(onChange && { onChange }) });
      circuits.delete(target);
      circuits.set(target, circuit);
      const [oldest] = circuits.keys();
      if (circuits.size > MOST && oldest !== undefined) circuits.delete(oldest);
      return circuit;
    },
    states: () => [...circuits.values()].map((circuit) => circuit.state()),
  };
}
