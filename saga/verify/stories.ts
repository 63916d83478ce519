import type { Violation } from "./rules";

/** A violation for the reader. Several violations of one kind that need no path are folded into one. */
export interface Story {
  readonly rule: Violation["rule"];
  readonly message: string;
  /** The events, one for each line. Empty if no path is needed. */
  readonly steps: readonly string[];
  readonly hint: string;
}

/** The words for several violations of one kind, and their hint. */
interface Fold {
  readonly as: string;
  readonly hint: (first: Violation) => string;
}

const after = (text: string): string => text.slice(text.indexOf(": ") + 2);

const FOLDS: Readonly<Record<string, Fold>> = {
  "no-timeout": { as: "tasks without a timeout", hint: () => "Give each a TimeoutSeconds" },
  "not-retried": {
    as: "steps are not retried on a transient fault",
    hint: ({ hint, state }) => hint.replace(` ${state as string} `, " each "),
  },
  "undone-once": {
    as: "undos are not retried on every error: after one failure their effects stay, and the later undos do not run",
    hint: () => "Let each retry States.ALL, for hours",
  },
  "shorter-retries": {
    as: "undos are not retried more than the actions that they undo",
    hint: () => "Let each retry States.ALL, for hours",
  },
  "done-once": {
    as: "steps after the pivot are not retried on any error",
    hint: () => "Let each retry States.ALL, for hours",
  },
  "retries-refusals": {
    as: "steps retry any error, refusals among them",
    hint: () => "Let each retry only transient errors, by their names",
  },
  "data-limit": {
    as: "states leave States.DataLimitExceeded to States.ALL, which may not match it",
    hint: () => "Give each a catcher of its own for it, before States.ALL",
  },
  bookkeeping: { as: "states do nothing but bookkeeping on the way to success", hint: ({ hint }) => hint },
  undeclared: {
    as: "tasks are not declared",
    hint: () => "Declare each: an action with its undo, a query, or another action's undo",
  },
};

/** A Retry of a Parallel or a Map may break several rules in several states. It is one mistake. */
const OF_ONE_CAUSE = "branches-again";

/** The violations for the reader. Violations of one kind, or of one cause, are folded, in the order of the first. */
export function storiesOf(violations: readonly Violation[]): readonly Story[] {
  const groups = new Map<string, Violation[]>();
  for (const violation of violations) {
    const { rule, kind, message, hint, state } = violation;
    const folds = Object.hasOwn(FOLDS, kind) && state !== undefined;
    // The transient faults differ from service to service.
    const of = kind === OF_ONE_CAUSE ? `${kind} ${hint}` : `${groups.size}`;
    const key = folds ? `${rule} ${kind} ${kind === "not-retried" ? after(message) : ""}` : of;
    groups.set(key, [...(groups.get(key) ?? []), violation]);
  }
  return [...groups.values()].map(storyOf);
}

function storyOf(alike: readonly Violation[]): Story {
  const [first] = alike as readonly [Violation];
  const { rule, kind, message, hint, counterexample } = first;
  const others = new Set(alike.map((each) => each.rule).filter((each) => each !== rule));
  if (others.size > 0)
    return { rule, message: `${message} (${[...others].join(", ")} too)`, steps: counterexample, hint };
  const states = [...new Set(alike.map(({ state }) => state))];
  const fold = FOLDS[kind];
  if (!fold || states.length < 2) return { rule, message, steps: counterexample, hint };
  return { rule, message: `${states.length} ${fold.as}: ${states.join(", ")}`, steps: [], hint: fold.hint(first) };
}
