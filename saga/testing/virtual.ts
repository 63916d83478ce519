import { definitionOf, type LocalCloud, mainMachine } from "../local/cloud";
import { executionArn } from "../local/step-functions/arns";
import {
  type Execution,
  type Json,
  loadMachine,
  seededRandom,
  startExecution,
  type TaskCall,
  type VirtualClock,
  virtualClock,
} from "../interpreter";
import type { Program } from "../local/program";

/** Intercepts the calls of a state. It may fail before or after the call, or let time pass. */
export type Meddle = (call: TaskCall, deliver: () => Promise<Json>, clock: VirtualClock) => Promise<Json>;

/** A signal that is never aborted, one for each call: its listeners are collected with it. */
const never = (): AbortSignal => new AbortController().signal;

export interface Started {
  readonly execution: Execution;
  readonly clock: VirtualClock;
}

/**
 * Starts executions of the program's state machine on the deployed functions. Only the time in which they wait is
 * virtual.
 * @param machineName Names the state machine, if the program has several.
 */
export function inVirtualTime(program: Program, cloud: LocalCloud, machineName?: string) {
  const resource = mainMachine(program, machineName);
  const { arn, physicalName, inputs } = resource as { arn: string } & typeof resource;
  const machine = loadMachine(definitionOf(resource));
  return (name: string, input: Json, meddle: Meddle = (_, deliver) => deliver()): Started => {
    const clock = virtualClock();
    const execution = startExecution(machine, {
      input,
      // A function, and a call that is still on its way, continue after their state has given up.
      invoke: (call) => meddle(call, () => holding(clock, () => cloud.call(arn, { ...call, signal: never() })), clock),
      clock,
      random: seededRandom(1),
      execution: { name, id: executionArn(arn, name), roleArn: inputs["roleArn"] as string },
      stateMachine: { id: arn, name: physicalName as string },
    });
    return { execution, clock };
  };
}

/** Does work that takes real time while virtual time is stopped. */
export async function holding<T>(clock: VirtualClock, work: () => Promise<T>): Promise<T> {
  const release = clock.hold();
  try {
    return await work();
  } finally {
    release();
  }
}
