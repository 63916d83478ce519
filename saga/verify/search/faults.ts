import type { CatchRule, Node } from "../machine";
import type { RawState } from "../../asl/states";

/** A way for a call to fail after its retries are exhausted, as far as its Retry and Catch tell it apart. */
export interface Fault {
  /** An example of the error. */
  readonly error: string;
  /** Whether the call certainly had no effect (S2). Otherwise it may have had one, or may yet have one. */
  readonly definite: boolean;
  readonly retried: boolean;
  /** Undefined if nothing catches it. */
  readonly catcher: CatchRule | undefined;
}

export const DATA_LIMIT = "States.DataLimitExceeded";
/** Stands for every error that no retrier and no catcher names. */
const UNNAMED = "an error that no catcher names";
/** Stands for the error of a Fail that computes it. */
export const COMPUTED = "an error that it computes";

const errorsIn = (entries: readonly Readonly<Record<string, unknown>>[] | undefined): readonly string[] =>
  (entries ?? []).flatMap((entry) => entry["ErrorEquals"] as readonly string[]);

/**
 * Whether a list of errors matches this one. The Developer Guide says that `States.ALL` does not match DataLimitExceeded. A
 * recording of the service shows that it does. So the search assumes both in turn.
 */
function names(list: readonly string[], error: string, allTakesDataLimit: boolean): boolean {
  if (list.includes(error)) return true;
  if (error === DATA_LIMIT && !allTakesDataLimit) return false;
  return list.includes("States.ALL") || (list.includes("States.TaskFailed") && error !== "States.Timeout");
}

/** Whether a state retries an error. The first retrier that matches the error decides. */
function retries({ Retry }: RawState, error: string, allTakesDataLimit: boolean): boolean {
  const first = (Retry ?? []).find((retrier) =>
    names(retrier["ErrorEquals"] as readonly string[], error, allTakesDataLimit),
  );
  return first !== undefined && first["MaxAttempts"] !== 0;
}

/** @param allTakesDataLimit Whether to assume that `States.ALL` matches States.DataLimitExceeded. */
export function isRetried(state: RawState, error: string = UNNAMED, allTakesDataLimit = false): boolean {
  return retries(state, error, allTakesDataLimit);
}

/** The faults of each state, by what they depend on: the search needs them each time that it enters the state. */
const known = new WeakMap<Node, Map<string, readonly Fault[]>>();

function once(node: Node, key: string, make: () => readonly Fault[]): readonly Fault[] {
  const ofNode = known.get(node) ?? new Map<string, readonly Fault[]>();
  known.set(node, ofNode);
  const faults = ofNode.get(key) ?? make();
  ofNode.set(key, faults);
  return faults;
}

/** The faults of a Task. */
export function faultsOf(node: Node, definite: readonly string[]): readonly Fault[] {
  return once(node, `task ${definite.join()}`, () => {
    const { raw } = node;
    const named = [...errorsIn(raw.Retry), ...errorsIn(raw.Catch)].filter(
      (error) => error !== "States.ALL" && error !== "States.TaskFailed",
    );
    return distinct(node, ["States.Timeout", UNNAMED, ...definite, ...named, DATA_LIMIT], definite);
  });
}

/**
 * The faults of a Parallel or a Map itself: the outputs of its branches are too large together, or one of its own expressions
 * raises an error.
 */
export const faultsOfJoining = (node: Node, large: boolean): readonly Fault[] =>
  once(node, `joining ${String(large)}`, () =>
    distinct(node, [...(large ? [DATA_LIMIT] : []), ...(node.raises ? ["States.QueryEvaluationError"] : [])], []),
  );

/**
 * The faults of a Parallel or a Map by a failed branch: it fails with the error of the branch. An error that the branch
 * does not name stands for every error, also for those that this state names.
 */
export const faultsOfBranch = (node: Node, error: string): readonly Fault[] =>
  once(node, `branch ${error}`, () => distinct(node, standsFor(node.raw, error), []));

/** Whether a Retry runs the branches again after one has failed with this error. */
export const isBranchRetried = ({ raw }: Node, error: string): boolean =>
  standsFor(raw, error).some((one) => retries(raw, one, true));

/** The errors that a state tells apart among those that a branch may have failed with. */
function standsFor({ Retry, Catch }: RawState, error: string): readonly string[] {
  // A timeout stands for the errors that the branch treats alike.
  if (![UNNAMED, COMPUTED, "States.Timeout"].includes(error)) return [error];
  const named = [...errorsIn(Retry), ...errorsIn(Catch)].filter((name) => !name.startsWith("States."));
  return [error, UNNAMED, ...named];
}

function distinct({ raw, catchers }: Node, errors: readonly string[], definite: readonly string[]): readonly Fault[] {
  const found = new Map<string, Fault>();
  for (const error of errors) {
    for (const assumed of error === DATA_LIMIT ? [true, false] : [false]) {
      const index = catchers.findIndex((catcher) => names(catcher.errors, error, assumed));
      const fault = {
        error,
        definite: definite.includes(error),
        retried: retries(raw, error, assumed),
        catcher: catchers[index],
      };
      // DataLimitExceeded that nothing catches is a finding of its own.
      const key = `${index} ${String(fault.definite)} ${String(index === -1 && error === DATA_LIMIT)}`;
      if (!found.has(key)) found.set(key, fault);
    }
  }
  return [...found.values()];
}
