import { COMPENSATED } from "../asl/outcome";

/** The rules of docs/semantics.md that the verifier checks, and two of the platform. */
export const RULES = {
  S1: "undos run in the reverse of the order in which their actions started",
  S2: "the undo of a failed action runs too, and first, unless its failure is definite",
  S4: "transient faults of an action are retried, refusals never; undos are retried on any error",
  S5: "an undo, or a step after the pivot, that fails for good stops in its state, and can be redriven",
  S6: `a completed saga ends SUCCEEDED; a compensated one ends FAILED with ${COMPENSATED}`,
  S7: "every failure can be caught; every task has a timeout of its own",
  S9: "once the pivot has succeeded, the saga only goes forward",
  S10: "branches settle, then one Choice decides; every effect of each branch is undone",
  S11: "an undo calls with the identity of its step",
  S13: "the success path enters no state for bookkeeping",
  assignment: "no state reads a variable or data that is missing on some path",
  definition: "Step Functions accepts the definition",
} as const;

export type Rule = keyof typeof RULES;

/** A way in which a definition breaks a rule. */
export interface Violation {
  readonly rule: Rule;
  /** The kind of violation, the same in any state: `no-timeout`. */
  readonly kind: string;
  /** The state with the violation. Undefined for the machine itself. */
  readonly state: string | undefined;
  /** What is wrong. */
  readonly message: string;
  /** What to change, with the names of the states. */
  readonly hint: string;
  /** The shortest path to the violation, one line for each event. Empty if the violation is visible without a path. */
  readonly counterexample: readonly string[];
  /** The path with its changes of effects, which the console plays. It exists even if the counterexample is empty. */
  readonly path: readonly PathEvent[];
}

/** A line of a counterexample. */
export interface PathEvent {
  readonly text: string;
  /** The depth of its indent. The heading of a branch adds one, and its events add two. */
  readonly depth: number;
  /** The state of the event. Undefined for a heading, and for the end of the execution. */
  readonly state: string | undefined;
  /** Whether the state fails. */
  readonly fails: boolean;
  /** The effects that the event changes. */
  readonly effects: readonly EffectChange[];
  /** The state runs its branches again, by its Retry. */
  readonly again?: true;
}

/** How an event of a counterexample changes an effect. */
export interface EffectChange {
  /** The call that has the effect, with the item's index in a list. Without the index, all calls of the action. */
  readonly instance: string;
  /** `doubtful`: it may exist, may not, or may come later. `undoFailed`: it still exists, because its undo failed. */
  readonly becomes: "done" | "doubtful" | "undoFailed" | "gone";
}
