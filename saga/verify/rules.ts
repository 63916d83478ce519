/** The rules of docs/semantics.md that a definition is held to, and two that the platform makes. */
export const RULES = {
  S1: "undos run in the reverse of the order in which their actions started",
  S2: "the undo of a failed action runs too, and first, unless its failure is definite",
  S4: "transient faults of an action are retried, refusals never; undos are retried on any error",
  S5: "an undo, or a step after the pivot, that fails for good stops in its state, and can be redriven",
  S6: "a completed saga ends SUCCEEDED; a compensated one ends FAILED with SagaCompensated",
  S7: "every failure can be caught; every task has a timeout of its own",
  S9: "once the pivot has succeeded, the saga only goes forward",
  S10: "branches settle, then one Choice decides; every effect of each branch is undone",
  S11: "an undo calls in the name of its step",
  S13: "the success path enters no state for bookkeeping",
  assignment: "no state reads a variable or data that is missing on some path",
  definition: "Step Functions accepts the definition",
} as const;

export type Rule = keyof typeof RULES;

/** A way in which a definition breaks a rule. */
export interface Violation {
  readonly rule: Rule;
  /** The same for violations of one kind, whatever state they are in: `no-timeout`. */
  readonly kind: string;
  /** Where it shows; undefined for the machine itself. */
  readonly state: string | undefined;
  readonly message: string;
  readonly hint: string;
  /** The shortest path to it that was found, a line an event; empty where no path is needed to see it. */
  readonly counterexample: readonly string[];
  /** The path with what each step does, for whoever plays it: also where the counterexample is left out. */
  readonly path: readonly PathEvent[];
}

/** A line of a counterexample. */
export interface PathEvent {
  readonly text: string;
  /** How far it is indented: what happens in a branch stands two further in, and its heading one. */
  readonly depth: number;
  /** The state in which it happens; undefined for a heading, and for the end of the execution. */
  readonly state: string | undefined;
  /** Whether it is that the state fails. */
  readonly fails: boolean;
  /** What becomes of effects by it. */
  readonly effects: readonly EffectChange[];
}

export interface EffectChange {
  /** The call that has the effect, in a list with the item's index; or the action, for all calls of it. */
  readonly instance: string;
  /** There; there or not, or still to come; still there, for its undo has failed; or gone. */
  readonly becomes: "done" | "doubtful" | "undoFailed" | "gone";
}
