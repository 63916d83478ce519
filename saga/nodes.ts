import type { Mapping } from "./mapping";
import type { Retrier } from "./asl";
import type { AnyTask } from "./task";

/** A call of a task: an action, or the undo of one. */
interface CallNode {
  readonly name: string;
  readonly task: AnyTask;
  readonly input: Mapping;
  readonly timeoutSeconds: number;
  readonly retry: readonly Retrier[];
}

export interface UndoNode extends CallNode {
  readonly kind: "Undo";
}

export interface StepNode extends CallNode {
  readonly kind: "Step";
  /** Errors after which the action certainly had no effect, so that its own undo need not run (S2). */
  readonly definite: readonly string[];
  readonly undo: UndoNode;
}

/** A finished saga: frozen data, which the compiler and the program read. */
export interface Saga<Input = unknown, Output = unknown> {
  readonly kind: "Saga";
  readonly name: string;
  readonly steps: readonly StepNode[];
  readonly output: Mapping;
  /** The types of what goes in and what comes out: for the type checker alone, absent at run time. */
  readonly types?: { readonly input: Input; readonly output: Output };
}

/** Every task that a saga names, each once, in the order of the steps; actions before their undos. */
export function tasksOf(saga: Saga): readonly AnyTask[] {
  return [...new Set(saga.steps.flatMap((step) => [step.task, step.undo.task]))];
}
