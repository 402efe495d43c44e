import { join } from "node:path";
import { calm } from "./calm.ts";
import { type Service, serviceAt } from "./client.ts";
import { stateOf } from "./close.ts";
import { type Fault, faultsOf } from "./faults.ts";
import { recorded, replayed, sampleOf } from "./histories.ts";
import { Ledger } from "./ledger.ts";
import { drawn, intentOf, probe } from "./load.ts";
import { type Findings, judge, type State } from "./oracle.ts";
import { pause } from "./pause.ts";
import type { Scene } from "./scene.ts";
import type { Stage } from "./stage.ts";
import { createTraffic } from "./traffic.ts";

export interface DrillOptions {
  /** Least number of jobs; more are sent while faults go on. */
  jobs: number;
  /** Faults that must have overlapped work. */
  faults: number;
  /** Cancels before the faults begin, whose silence is timed in peace. */
  cancels: number;
  /** Clients that send jobs side by side. */
  users: number;
  /** Decides the jobs, the order of the faults and their instants. */
  seed: number;
  url: string;
  /** Directory of the ledger. */
  folder: string;
  /** The own system; without it nothing is struck. */
  stage?: Stage;
  report: (line: string) => void;
}

export interface DrillResult {
  jobs: number;
  accepted: number;
  /** Jobs of documents of the ancestor, of those accepted. */
  ancestors: number;
  unanswered: number;
  faults: { name: string; guarantee: string; open: number; recovered_ms: number; proof: string }[];
  /** Milliseconds from each cancel to the silence of the threads: before the faults, and between them. */
  silences: { calm: number[]; loaded: number[] };
  reads: number;
  /** Faults that cannot be made here, and why. */
  leftOut: readonly string[];
  findings: Findings;
  state: State;
  seconds: number;
}

/** Time between two faults, at most: the system is at peace for a moment, or is struck while it still recovers. */
const PEACE_MS = 2_000;

/** Least number of jobs that a fault has to fall among. */
const OVERLAPPED = 1;

/** Longest time that dead letters may take to be complete after the last job has ended. */
const LETTERS_MS = 60_000;

const READ_MS = 250;

/** So few faults leave no time for the long ones. */
const FEW = 10;

export async function drill(options: DrillOptions): Promise<DrillResult> {
  const { seed, stage, report } = options;
  const began = Date.now();
  const ledger = new Ledger(join(options.folder, `drill-${seed}-${began}.ndjson`));
  const service = serviceAt(options.url);
  let strikes = 0;
  const traffic = createTraffic({
    service,
    ledger,
    disturbed: () => strikes,
    ...(stage && { computing: () => stage.computing() }),
  });

  const scene = stage && ({ stage, service, traffic, ledger, seed } satisfies Scene);
  if (scene) {
    await calm(scene, options.cancels);
    report(`${options.cancels} searches cancelled in peace`);
  }
  const faults = scene ? strike(scene) : Promise.resolve([]);
  let struck = false;
  void faults.finally(() => {
    struck = true;
  });
  let sent = 0;
  const user = async () => {
    while (sent < options.jobs || !struck) {
      sent += 1;
      await traffic.follow(intentOf(seed, sent));
      if (sent % 500 === 0) report(`${sent} jobs sent, ${strikes >> 1} faults`);
    }
  };
  const peace = stage ? undefined : reader("peace");
  const [done] = await Promise.all([faults, ...Array.from({ length: options.users }, user)]);
  await peace?.stop();
  const closed = await settled(service, ledger, stage);
  const state: State = stage ? { ...closed, replays: await replayed([...(await sampleOf(stage.client)), ...(await recorded())]) } : closed;
  ledger.close();
  return {
    jobs: sent,
    accepted: new Set(ledger.of("accepted").map(({ job_id }) => job_id)).size,
    ancestors: new Set(ledger.of("accepted").flatMap(({ job_id, ancestor }) => (ancestor ? [job_id] : []))).size,
    unanswered: ledger.of("unanswered").length,
    faults: done,
    leftOut: stage?.store.leftOut ?? [],
    silences: { calm: silencesOf(ledger, true), loaded: silencesOf(ledger, false) },
    reads: ledger.of("read").length,
    findings: judge(ledger.entries, state),
    state,
    seconds: (Date.now() - began) / 1_000,
  };

  /** Faults one after another, each at a drawn instant at which there is work. */
  async function strike(scene: Scene): Promise<DrillResult["faults"]> {
    const results: DrillResult["faults"] = [];
    for (let index = 0; results.length < options.faults; index += 1) {
      const fault = faultOf(scene, index, options.faults);
      await pause(PEACE_MS * drawn(seed, `fault/${index}`));
      while (traffic.open.size < OVERLAPPED) await pause(10);
      const open = traffic.open.size;
      strikes += 1;
      const from = Date.now();
      const reading = reader(fault.name);
      const proof = await fault.act(scene, index);
      const recovered_ms = await recovery(`drill-${seed}-probe-${index}`);
      await reading.stop();
      strikes += 1;
      ledger.write({ at: Date.now(), event: "fault", name: fault.name, from, open, proof, recovered_ms });
      results.push({ name: fault.name, guarantee: fault.guarantee, open, recovered_ms, proof });
      report(
        `fault ${results.length} of ${options.faults}: ${fault.name}, ${open} jobs open, recovered in ${(recovered_ms / 1_000).toFixed(1)} s`,
      );
    }
    return results;
  }

  /** Looks at open jobs for as long as a fault lasts, or where there is none, the drill. */
  function reader(during: string): { stop(): Promise<void> } {
    let on = true;
    const reading = (async () => {
      for (let look = 0; on; look += 1) {
        const ids = [...traffic.open.keys()];
        const jobId = ids[Math.floor(drawn(seed, `read/${during}/${look}`) * ids.length)];
        if (jobId !== undefined) {
          const asked = Date.now();
          const reply = await service.job(jobId).catch(() => undefined);
          ledger.write({ at: Date.now(), event: "read", during, job_id: jobId, status: reply?.status ?? null, ms: Date.now() - asked });
        }
        await pause(READ_MS);
      }
    })();
    return {
      stop() {
        on = false;
        return reading;
      },
    };
  }

  /** Milliseconds until a new job is accepted and done. It is the client's too: the oracle counts it like the others. */
  async function recovery(key: string): Promise<number> {
    const asked = Date.now();
    await traffic.follow(probe(key));
    return Date.now() - asked;
  }
}

function silencesOf(ledger: Ledger, inCalm: boolean): number[] {
  const timed = ledger.of("cancelled").filter((entry) => entry.calm === inCalm);
  return timed.flatMap(({ silent_ms }) => (silent_ms === null ? [] : [silent_ms])).sort((one, other) => one - other);
}

/** The common faults in turn, in an order that the seed decides, and last, if there are many, each of the long. */
function faultOf({ stage, seed }: Scene, index: number, count: number): Fault {
  const { common, long } = faultsOf(stage);
  const last = long[index - (count - long.length)];
  if (last && count > FEW) return last;
  const round = Math.floor(index / common.length);
  const order = [...common.keys()].sort((a, b) => drawn(seed, `order/${round}/${a}`) - drawn(seed, `order/${round}/${b}`));
  return common[order[index % common.length] as number] as Fault;
}

/** The state once the dead letters are complete, or have had all the time that they may take. */
async function settled(service: Service, ledger: Ledger, stage?: Stage): Promise<State> {
  const jobIds = [...new Set(ledger.of("accepted").map(({ job_id }) => job_id))];
  for (const end = Date.now() + LETTERS_MS; ; await pause(1_000)) {
    const state = await stateOf(service, jobIds, stage);
    const { deadLettersMissing, deadLettersFalse } = judge(ledger.entries, state);
    if (deadLettersMissing.length + deadLettersFalse.length === 0 || Date.now() > end) return state;
  }
}
