import { COMPENSATED } from "../../asl/outcome";
import type { Effect } from "./effects";
import { type Level, levelsOf } from "../machine";
import type { Rule } from "../rules";
import { pathOf, type Trace } from "./trace";

/** The fix for a mistake, with the names of its states. */
export interface Hint {
  /** The kind of mistake. */
  readonly kind: string;
  readonly text: string;
}

/** The end of a compensated execution, for a machine that has none yet. */
const COMPENSATED_END = `a Fail with Error ${COMPENSATED}`;

const hint = (kind: string, text: string): Hint => ({ kind, text });

export const HINTS = {
  bookkeeping: (state: string, before: readonly string[], next: string | undefined) =>
    hint(
      "bookkeeping",
      before.length === 0
        ? `Leave ${state} out${next === undefined ? "" : `: begin with ${next}`}`
        : `Leave ${state} out: let ${before.join(", ")} ${next === undefined ? "end" : `lead to ${next}`}`,
    ),
  undeclared: (state: string) =>
    hint("undeclared", `Declare ${state}: an action with its undo, a query, or another action's undo`),
  /** @param isBeside Whether both states are in one level. */
  secondUndo: (
    state: string,
    { undo, action, isBeside }: { readonly undo: string; readonly action: string; readonly isBeside: boolean },
  ) =>
    hint(
      "second-undo",
      isBeside
        ? `Leave ${state} out: lead to ${undo} instead`
        : `Leave ${state} out: end its branch, or its item, with a record of the failure, and let ${undo} undo ${action}`,
    ),
  release: (state: string, action: string) =>
    hint("release", `Declare ${state} as the "release" of ${action}, or leave ${state} out`),
  default: (state: string) => hint("default", `Give ${state} a Default`),
  endless: (state: string) => hint("endless", `Add a path from ${state} to an end`),
  neverCompletes: (state: string) =>
    hint("never-completes", `Let ${state}, or a state after it, lead to an end without a failure`),
  retriable: (state: string) =>
    hint("retriable", `Put ${state} after the pivot, or declare it compensable, with an undo`),
  /** A pivot in a branch, or in an iteration. */
  besides: (state: string) =>
    hint("besides", `Call ${state} after the branches or the list, or declare it compensable, with an undo`),
  uncompensated: (state: string) =>
    hint("uncompensated", `Put ${state} before the pivot, or declare it retriable and retry it on any error`),
  cause: (state: string) => hint("cause", `Give ${state} a Cause that is JSON: { saga, step, error, cause }`),
  causeHere: (state: string) =>
    hint(
      "cause-here",
      `Let each path to ${state} assign what its Cause reads: { saga, step, error, cause } of the failure`,
    ),
  decide: (state: string, undos: readonly string[], choice?: string) => {
    const to = undos.length === 0 ? "the undo of every branch" : undos.join(" and ");
    return hint(
      "decide",
      choice === undefined
        ? `Let one Choice follow ${state}: it goes on if all branches are done, else to ${to}`
        : `Let ${choice} test the record of every branch of ${state}: it goes on if all are done, else to ${to}`,
    );
  },
  dataLimit: (state: string) =>
    hint("data-limit", `Give ${state} a catcher of its own for States.DataLimitExceeded, before States.ALL`),
  handsOn: (state: string) =>
    hint("hands-on", `Give each branch of ${state} an Output of {}: nothing reads the result of an undo`),
  uncaught: (state: string, to: string | undefined) =>
    hint("uncaught", `Give ${state} a Catch for States.ALL that leads to ${to ?? COMPENSATED_END}`),
  committed: (state: string) =>
    hint(
      "committed",
      `Let nothing lead to ${state} after the pivot: retry the failed state, then let it fail, and a redrive resumes it`,
    ),
  /** An undo runs with nothing to undo. */
  tooEarly: (state: string, action: string) =>
    hint("too-early", `Lead to ${state} only where ${action} has begun, and only once`),
  refused: (state: string, action: string, to: string | undefined) =>
    hint("refused", `Lead ${action}'s Catch of refusals to ${to ?? "the end"}: ${state} has nothing to undo`),
  instead: (state: string, to: string | undefined) =>
    hint("instead", `Let no undo lead to ${state}: lead to ${to ?? COMPENSATED_END}`),
  first: (state: string, undo: string | undefined, action: string) =>
    hint("first", `Lead to ${undo ?? `the undo of ${action}`} first, and from there on to ${state}`),
  apart: (state: string) =>
    hint(
      "apart",
      `Let each branch of ${state} undo the effects of one branch, and undo in sequence what ran in sequence`,
    ),
  own: (action: string, undo: string | undefined) =>
    hint(
      "own",
      undo === undefined
        ? `Declare an undo of ${action}, and lead ${action}'s Catch to it; or declare the errors as definite after which ${action} has done nothing`
        : `Lead ${action}'s Catch to ${undo}`,
    ),
  /** A state with branches or items has run, and has left out some effects that it should undo. */
  every: (kind: "own" | "first", holder: string, action: string, list: string | undefined) =>
    hint(
      kind,
      `Let ${holder} undo every call of ${action}${list === undefined ? "" : `: go through the same list as ${list}`}`,
    ),
  identity: (state: string, action: string) => hint("identity", `Give ${state} the saga.id and saga.step of ${action}`),
  ownExecution: (state: string) =>
    hint("own-execution", `Give ${state} the saga.id {% $states.context.Execution.Id %}`),
  ownIdentity: (state: string) =>
    hint(
      "own-identity",
      `Give ${state} an identity of its own: a saga.step with the name of the step, and in a list with the item's index`,
    ),
  nameOf: (state: string, action: string) => hint("identity", `Give ${state} the Name of ${action}`),
  ownName: (state: string) =>
    hint("own-name", `Give ${state} the Name {% $states.context.Execution.Name & '-${state}' %}`),
  abort: (state: string, isFail: boolean) =>
    hint(
      "abort",
      isFail
        ? `Make ${state} a Pass that ends its branch with a record of the failure`
        : `Give ${state} a Catch that ends its branch with a record of what the branch did`,
    ),
  /** An undo in branches or items whose expressions may raise an error. A Catch would give the undo up (S5). */
  raises: (state: string) =>
    hint(
      "raises",
      `Change the expressions of ${state} that S7 names, so that they can't fail, and give ${state} no Catch`,
    ),
  stuck: (state: string) =>
    hint("stuck", `Give ${state} no Catch: the execution then stops in it, and a redrive resumes it`),
  compensated: (state: string, end: string | undefined) =>
    hint(
      "compensated",
      end === undefined
        ? `Let ${state} lead to ${COMPENSATED_END}`
        : `Let ${state} lead to ${end}, which fails with ${COMPENSATED}`,
    ),
  fails: (state: string) => hint("fails", `Give ${state} the Error ${COMPENSATED}`),
  /** The branches ran again, and an undo misses the effects of the round before. */
  branchesAgain: (state: string) =>
    hint(
      "branches-again",
      `Remove ${state}'s Retry: it runs all branches again, and hides what they had done. Let the calls in them retry`,
    ),
  held: (action: string, release: string) =>
    hint("held", `Lead to ${release} before the end: the declaration says that it releases ${action}`),
} as const;

interface Names {
  /** The state that undoes an action, if the machine has one. */
  readonly undoOf: ReadonlyMap<string, string>;
  /** By action, the state that releases it on the way to success. */
  readonly held: ReadonlyMap<string, string>;
  /** The Fail that ends a compensated execution. */
  readonly compensated: string | undefined;
}

const names = new WeakMap<Level, Names>();

/** The names of states for hints. */
export function namesIn(machine: Level): Names {
  const known = names.get(machine);
  if (known) return known;
  const nodes = levelsOf(machine).flatMap((level) => [...level.nodes.values()]);
  const undoOf = new Map(
    nodes.flatMap(({ name, part }) => (part?.kind === "undo" ? part.of.map((action) => [action, name] as const) : [])),
  );
  const held = new Map(
    nodes.flatMap(({ name, part }) =>
      part?.kind === "undo" ? part.releases.map((action) => [action, name] as const) : [],
    ),
  );
  const ends = [...machine.nodes.values()].filter(({ raw }) => raw.Type === "Fail" && raw["Error"] === COMPENSATED);
  const made: Names = { undoOf, held, compensated: ends[0]?.name };
  names.set(machine, made);
  return made;
}

/** The state of a level that is a state, or that has it in its branches or items. */
export const stateIn = (level: Level, state: string): string | undefined =>
  [...level.nodes.values()].find(({ name, inner }) => name === state || inner.some((within) => has(within, state)))
    ?.name;

const has = (level: Level, state: string): boolean => levelsOf(level).some(({ nodes }) => nodes.has(state));

/** The state of a level that undoes an action, itself or within. Undefined if no state undoes the action. */
export function undoFrom(machine: Level, level: Level, action: string): string | undefined {
  const undo = namesIn(machine).undoOf.get(action);
  return undo === undefined ? undefined : (stateIn(level, undo) ?? undo);
}

/**
 * The hint for a state that runs, or ends the execution, before an action is undone.
 *
 * @param place The level of the state, and the path to it.
 */
export function undoFirst(
  machine: Level,
  { level, trace }: { readonly level: Level; readonly trace: Trace },
  state: string,
  { action, status }: Pick<Effect, "action" | "status">,
): Hint {
  const kind = status === "doubtful" ? "own" : "first";
  const undo = namesIn(machine).undoOf.get(action);
  if (undo === undefined) return kind === "own" ? HINTS.own(action, undo) : HINTS.first(state, undo, action);
  const to = stateIn(level, undo) ?? undo;
  if (to === state) return HINTS.apart(state);
  const from = stateIn(level, action);
  if (to !== undo && passes(trace, to)) {
    const isList = level.nodes.get(to)?.raw.Type === "Map" && from !== undefined && from !== action;
    return HINTS.every(kind, to, action, isList ? from : undefined);
  }
  const together = levelsOf(machine).some(({ nodes }) => nodes.has(action) && nodes.has(undo));
  return kind === "own" && together ? HINTS.own(action, undo) : { ...HINTS.first(state, to, action), kind };
}

/** Whether the path of a counterexample enters a state. */
const passes = (trace: Trace, state: string): boolean => pathOf([trace]).some((event) => event.state === state);

/** What to change so that a doubt of the search is resolved. */
export function wayOutOf(rule: Rule, reason: string): string {
  if (rule === "S6") return "Build the Cause from the error that the Catch has assigned";
  return reason.includes("share")
    ? "Give each of these a saga.step of its own"
    : "Give these the saga.id {% $states.context.Execution.Id %}, and the name of their step as saga.step";
}
