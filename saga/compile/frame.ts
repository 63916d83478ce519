import type { Assign, Catcher, Output, State, Transition } from "../asl/types";
import { expression, object, text } from "./syntax";
import type { Saga } from "../language/nodes";
import type { ExistingTask, LambdaTask } from "../language/task";
import { type Env, extend, type Variable } from "./env";

/** A machine that a saga needs beside its own: a child saga, the undo of one, or the undo of an execution that was stopped. */
export interface SagaMachine {
  readonly kind: "Machine";
  readonly name: string;
  readonly saga: Saga;
  readonly purpose: "child" | "undo" | "recovery";
}

/** The ARN of a function, or of a machine; of any type, so that a program can give an output. */
export type ArnOf<Arn> = (deployed: LambdaTask | ExistingTask | SagaMachine) => Arn;

/** What the whole machine has in common. */
export interface Program<Arn> {
  readonly saga: string;
  readonly arnOf: ArnOf<Arn>;
  /** The ARN of the execution in whose name calls are made, as JSONata. */
  readonly execution: string;
  /** When that execution began, to the second, as JSONata. */
  readonly startedAt: string;
}

/** One level of the machine: its top, a branch, or an iteration; with a forward side and an undo side. */
export interface Frame<Arn> {
  readonly program: Program<Arn>;
  readonly forward: Env;
  readonly undo: Env;
  /** The indexes of the lists that are gone through around here, outermost first. */
  readonly indexes: readonly string[];
  /** Where a recovery machine finds the results of this level in its execution's history, as JSONata. */
  readonly historyResults?: string;
  readonly forwardStates: Map<string, State<Arn>>;
  readonly undoStates: Map<string, State<Arn>>;
  /** Whether a later state reads a variable. */
  readonly assigns: (variable: string) => boolean;
  /**
   * The output of a state that another one follows. It is small, because later states read results from variables. The
   * default output is the whole result: one of just under 256 KiB would end the execution, and no Catch could prevent it.
   */
  readonly handsOn: Output;
  /** The transition after a failure: to the undo that begins at `target`, or to the end. */
  readonly fail: (failed: Failed) => Pick<Catcher, "Assign" | "Output" | "Next">;
  /** How the last undo of this level ends, where it is a state that can have `End`. */
  readonly undone: Transition;
  /** The state that ends the undo of this level after a Choice, which can't have `End`. */
  readonly undoneState: () => string;
}

export interface Failed {
  readonly target: string | undefined;
  /** The failure, as JSONata. */
  readonly failure: string;
  /** The variables that had been assigned when it failed. */
  readonly assigned: readonly Variable[];
  /** Variables that the undos read, and that the failed state has not assigned: a result, or the records of branches. */
  readonly missing: Readonly<Record<string, typeof NO_RESULT | typeof NO_RECORDS>>;
}

/** A mapping leaves a field with this value out. */
export const NO_RESULT = null;
/** Later expressions read fields of this value. No page and no recording shows what AWS returns for a field of null. */
export const NO_RECORDS = {} as const;

/** What follows a sequence: another state, or the end of its level. */
export type Exit =
  | { readonly kind: "state"; readonly name: string }
  | { readonly kind: "end"; readonly output: (env: Env) => string; readonly endState: () => string };

/** Results of a state that are not in their variables yet, as JSONata. */
export type PendingAssignments = readonly (readonly [variable: string, jsonata: string])[];

/** The transition out of a state that can have `End`. */
export function transition<Arn>(frame: Frame<Arn>, exit: Exit, pending: PendingAssignments): Transition {
  if (exit.kind === "end") return { Output: expression(exit.output(extend(frame.forward, pending))), End: true };
  return { ...assign(frame, pending), Output: frame.handsOn, Next: exit.name };
}

/** The transition out of an undo: to the one before it, or to the end of the undo of its level. */
export function undoTransition<Arn>({ handsOn, undone }: Frame<Arn>, rest: string | undefined): Transition {
  return rest === undefined ? undone : { Output: handsOn, Next: rest };
}

/** The transition out of a rule of a Choice, which can't have `End`. */
export function choiceTransition<Arn>(
  frame: Frame<Arn>,
  exit: Exit,
  pending: PendingAssignments,
): { Assign?: Assign; Output?: Output; Next: string } {
  if (exit.kind === "state") return { ...assign(frame, pending), Next: exit.name };
  return { Output: expression(exit.output(extend(frame.forward, pending))), Next: exit.endState() };
}

export function assign<Arn>(frame: Frame<Arn>, pending: PendingAssignments): { Assign?: Assign } {
  const read = pending.filter(([variable]) => frame.assigns(variable));
  if (read.length === 0) return {};
  return {
    Assign: Object.fromEntries(
      read.map(([variable, value]) => [variable, value === "null" ? null : expression(value)]),
    ),
  };
}

/** The failure that a Catch has caught, as JSONata: what the end of a compensated execution reports (S6). */
export function caughtFailure<Arn>({ saga }: Program<Arn>, node: string): string {
  return object([
    ["saga", text(saga)],
    ["step", text(node)],
    ["error", "$states.errorOutput.Error"],
    ["cause", "$states.errorOutput.Cause"],
  ]);
}

/** Catches whatever can be caught. */
export function catchAll<Arn>(frame: Frame<Arn>, failed: Failed): readonly Catcher[] {
  const to = frame.fail(failed);
  return [
    // The developer guide says that States.ALL does not catch this error. States.ALL must stand alone, so this one has its own.
    { ErrorEquals: ["States.DataLimitExceeded"], ...to },
    { ErrorEquals: ["States.ALL"], ...to },
  ];
}
