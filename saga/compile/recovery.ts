import { rootsOf } from "../language/mapping";
import { flatten, type Node, type Saga } from "../language/nodes";
import { names } from "../language/state-names";
import type { SagaMachine } from "./frame";
import { type ServiceCalls, serviceCallsIn } from "./service-calls";
import { lastUndoOf, pivotOf } from "./undo-machine";

/** The data that recovers an execution after it was stopped from outside (S12). */
export interface Recovery {
  /** Runs the undos. Its input has the execution's ARN and input, and the results in its history. */
  readonly machine: SagaMachine;
  /** The state after whose success the saga goes forward only (S9). */
  readonly pivot: string | undefined;
  /** The variables that the undos read. */
  readonly reads: readonly string[];
}

/**
 * The Comment of a saga's definition, as JSON, if executions are recovered. It ties each execution to the recovery machine
 * of its own release, whatever has been deployed since.
 */
export interface RecoveryNote extends Omit<Recovery, "machine"> {
  readonly saga: string;
  /** The ARN of the recovery machine, with its version. */
  readonly undo: string;
  readonly services?: ServiceCalls;
}

export function recoveryNote({ machine, pivot, reads }: Recovery, undo: string): string {
  const { saga } = machine;
  const services = serviceCallsIn(saga);
  const note: RecoveryNote = { saga: saga.name, undo, pivot, reads, ...(services && { services }) };
  return JSON.stringify(note);
}

/** Undefined for a saga that never has anything to undo. */
export function recoveryOf(saga: Saga): Recovery | undefined {
  if (lastUndoOf(saga) === undefined) return undefined;
  // It may share the name with a child's undo, because no saga is its own child. AWS allows no longer names.
  const machine = Object.freeze({ kind: "Machine", name: `${saga.name}_undo`, saga, purpose: "recovery" } as const);
  const reads = [...new Set(flatten(saga.steps).flatMap(readByUndoOf))];
  return Object.freeze({ machine, pivot: pivotOf(saga.steps)?.name, reads: Object.freeze(reads) });
}

function readByUndoOf(node: Node): readonly string[] {
  switch (node.kind) {
    case "Step":
      return node.undo ? rootsOf(node.undo.input) : [];
    case "Child":
      return [...rootsOf(node.input), names.records(node.name)];
    case "When":
      return [names.taken(node.name)];
    case "ForEach":
      return rootsOf(node.items);
    case "Parallel":
    case "Wait":
      return [];
  }
}
