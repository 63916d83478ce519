import type { CatchRule, Node } from "../machine";
import type { RawState } from "../../asl/states";

/** The ways of a call to fail that its Retry and its Catch tell apart, once its retries are exhausted. */
export interface Fault {
  /** One error of this kind. */
  readonly error: string;
  /** Nothing has happened for certain (S2); else it may have, or may yet. */
  readonly definite: boolean;
  readonly retried: boolean;
  /** Undefined where nothing catches it. */
  readonly catcher: CatchRule | undefined;
}

export const DATA_LIMIT = "States.DataLimitExceeded";
/** Stands for every error that nobody names. */
const UNNAMED = "an error that no catcher names";

const errorsIn = (entries: readonly Readonly<Record<string, unknown>>[] | undefined): readonly string[] =>
  (entries ?? []).flatMap((entry) => entry["ErrorEquals"] as readonly string[]);

/**
 * Whether a list of errors has this one. The guide says that `States.ALL` does not match DataLimitExceeded, and a
 * recording of the service shows that it does: both are assumed in turn.
 */
function names(list: readonly string[], error: string, allTakesDataLimit: boolean): boolean {
  if (list.includes(error)) return true;
  if (error === DATA_LIMIT && !allTakesDataLimit) return false;
  return list.includes("States.ALL") || (list.includes("States.TaskFailed") && error !== "States.Timeout");
}

/** The first retrier that names an error decides. */
function retries({ Retry }: RawState, error: string, allTakesDataLimit: boolean): boolean {
  const first = (Retry ?? []).find((retrier) =>
    names(retrier["ErrorEquals"] as readonly string[], error, allTakesDataLimit),
  );
  return first !== undefined && first["MaxAttempts"] !== 0;
}

/** @param allTakesDataLimit Whether `States.ALL` is taken to match States.DataLimitExceeded. */
export function isRetried(state: RawState, error: string = UNNAMED, allTakesDataLimit = false): boolean {
  return retries(state, error, allTakesDataLimit);
}

/** The faults of a state are asked for each time that the search enters it. */
const known = new WeakMap<Node, Map<string, readonly Fault[]>>();

function once(node: Node, key: string, make: () => readonly Fault[]): readonly Fault[] {
  const ofNode = known.get(node) ?? new Map<string, readonly Fault[]>();
  known.set(node, ofNode);
  const faults = ofNode.get(key) ?? make();
  ofNode.set(key, faults);
  return faults;
}

/** How a Task may fail. */
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
 * How a Parallel or a Map may fail, though nothing within it does: what its branches put out is too large together, or
 * an expression of its own raises an error.
 */
export const faultsOfJoining = (node: Node, large: boolean): readonly Fault[] =>
  once(node, `joining ${String(large)}`, () =>
    distinct(node, [...(large ? [DATA_LIMIT] : []), ...(node.raises ? ["States.QueryEvaluationError"] : [])], []),
  );

/** How a state fails that a failed branch has brought down. */
export const faultsOfBranch = (node: Node): readonly Fault[] =>
  once(node, "branch", () => distinct(node, [UNNAMED], []));

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
      // One that nothing catches but this error alone is a finding of its own.
      const key = `${index} ${String(fault.definite)} ${String(index === -1 && error === DATA_LIMIT)}`;
      if (!found.has(key)) found.set(key, fault);
    }
  }
  return [...found.values()];
}
