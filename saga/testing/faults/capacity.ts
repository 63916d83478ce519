import { availableParallelism } from "node:os";
import { WorkerPool } from "../../local/lambda/pool";
import type { Program, Resource } from "../../local/program";
import { arnsOf, FUNCTION, machinesOf, ofType } from "../../local/resources";

/** How many scenarios run side by side, and on how many threads their functions run. */
export interface Capacity {
  readonly stages: number;
  readonly threads: number;
}

export interface MachineSize {
  readonly cores: number;
  /** In bytes. */
  readonly memory: number;
}

/** A stage computes nearly all the time. So more of them than cores only cost memory and starts of functions. */
const MOST_STAGES = 4;
const THREADS_A_CORE = 3;
/** A thread with the SDK takes about 25 MiB. A function may load more. */
const THREAD_BYTES = 50 * 2 ** 20;
/** The share of the free memory that the threads may take. */
const SHARE = 1 / 4;

const thisMachine = (): MachineSize => ({ cores: availableParallelism(), memory: process.availableMemory() });

/**
 * The capacity at which the functions of a state machine stay loaded. A scenario calls each function once or twice. If
 * the functions have to share fewer threads, nearly every call is a cold start, and takes twenty times as long.
 */
export function capacityFor(
  program: Pick<Program, "resources">,
  machine: Resource,
  { cores, memory }: MachineSize = thisMachine(),
): Capacity {
  // Each function and its twin without rights. The twin that dies uses its thread only once.
  const aStage = 2 * functionsOf(program, machine).length + 1;
  const most = Math.floor((memory * SHARE) / THREAD_BYTES);
  const stages = Math.max(1, Math.min(MOST_STAGES, cores, Math.floor(most / aStage)));
  return { stages, threads: Math.max(THREADS_A_CORE * cores, Math.min(most, stages * aStage)) };
}

/** Threads for the functions of all stages. */
export const poolOf = ({ threads }: Capacity): WorkerPool => new WorkerPool({ size: threads });

/** The functions that a state machine, its children, and theirs call. */
function functionsOf(program: Pick<Program, "resources">, machine: Resource): readonly Resource[] {
  const reached = new Set([machine]);
  const others = [...machinesOf(program), ...ofType(program, FUNCTION)];
  for (const { inputs } of reached) {
    const { definition } = inputs;
    if (typeof definition !== "string") continue;
    for (const other of others) if (arnsOf(other).some((arn) => definition.includes(arn))) reached.add(other);
  }
  return [...reached].filter(({ type }) => type === FUNCTION);
}
