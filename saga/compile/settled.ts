import type { Catcher, ChoiceState, Output, State, States } from "../asl/types";
import { expression, object, text } from "./syntax";
import type { Node } from "../language/nodes";
import { names } from "../language/state-names";
import { type Env, extend, spellIn, undoEntryOf, type Variable, variablesOf } from "./env";
import { catchAll, caughtFailure, choiceTransition, type Exit, type Frame, NO_RECORDS } from "./frame";
import { bind } from "./functions";
import { reachable } from "../asl/reachable";
import { type NodeContext, sequence } from "./sequence";

/**
 * A branch or an iteration: a level of its own. It never fails, and ends with a record (S10): its results, the state at which
 * its undo begins, and its failure if it has one.
 */
export interface Branch<Arn> {
  readonly forward: States<Arn>;
  /** Undefined where nothing in it can be undone. */
  readonly undo: States<Arn> | undefined;
}

export interface BranchOptions {
  readonly owner: string;
  readonly name: string;
  readonly nodes: readonly Node[];
  /** After the pivot: nothing is recorded but the results. */
  readonly committed: boolean;
  readonly forward: Env;
  readonly undo: Env;
  readonly indexes: readonly string[];
  /** The branch's record, as an undo state spells it. */
  readonly record: string;
  /** Takes the place of a record in a recovery machine: see `Frame.historyResults`. */
  readonly historyResults?: string;
  /** Takes the place of the `handsOn` of the states around. */
  readonly handsOn?: Output;
  /** What else stands in the record. */
  readonly extra: readonly (readonly [string, string])[];
}

export function branch<Arn>(around: Frame<Arn>, options: BranchOptions): Branch<Arn> {
  const { owner, name, nodes, committed, record, historyResults, extra, handsOn = around.handsOn } = options;
  const variables = variablesOf(nodes);
  const entry = nodes.map(undoEntryOf).findLast((found) => found !== undefined);
  const targets = new Set<string | undefined>();
  const results = (assigned: readonly Variable[], env: Env): string =>
    object(assigned.map((variable) => [variable.key, spellIn(env)(variable.name)]));
  const undoField = (target: string | undefined): readonly (readonly [string, string])[] =>
    target === undefined ? [] : [["undo", text(target)]];

  const forwardStates = new Map<string, State<Arn>>();
  const undoStates = new Map<string, State<Arn>>();
  const endState = (): string => {
    forwardStates.set(names.end(owner, name), { Type: "Succeed" });
    return names.end(owner, name);
  };
  const undoneState = (): string => {
    undoStates.set(names.undone(owner, name), NOTHING);
    return names.undone(owner, name);
  };
  const frame: Frame<Arn> = {
    ...around,
    forward: extend(
      options.forward,
      variables.map((variable) => [variable.name, `$${variable.name}`] as const),
    ),
    undo: extend(
      options.undo,
      variables.map(({ name: variable, key }) => [
        variable,
        historyResults === undefined ? `${record}.results.${key}` : `${historyResults}.results.${variable}`,
      ]),
    ),
    indexes: options.indexes,
    ...(historyResults !== undefined && { historyResults }),
    forwardStates,
    undoStates,
    handsOn,
    assigns: () => true,
    fail: ({ target, failure, assigned }) => {
      targets.add(target);
      const done = results(assigned, frame.forward);
      return {
        Output: expression(object([...extra, ...undoField(target), ["failure", failure], ["results", done]])),
        Next: endState(),
      };
    },
    // The results of many undos together must not exceed the limit of a state's output.
    undone: { Output: {}, End: true },
    undoneState,
  };
  const exit: Exit = {
    kind: "end",
    output: (env) =>
      committed
        ? results(variables, env)
        : object([...extra, ...undoField(entry), ["results", results(variables, env)]]),
    endState,
  };
  sequence(frame, nodes, { exit, rest: undefined, assigned: [] });

  const first = (nodes[0] as Node).name;
  return {
    forward: reachable(first, forwardStates),
    undo: entry === undefined ? undefined : undoOf(frame, options, entry, targets),
  };
}

const NOTHING = { Type: "Succeed", Output: {} } as const;

/** Begins at the state that the record names. Without a record everything may have happened, and everything is undone. */
function undoOf<Arn>(
  frame: Frame<Arn>,
  { owner, name, record, historyResults }: BranchOptions,
  entry: string,
  targets: ReadonlySet<string | undefined>,
): States<Arn> {
  if (historyResults !== undefined) return reachable(entry, frame.undoStates);
  const begun = [...targets].filter((target) => target !== entry && target !== undefined);
  const rules = begun.map((target) => ({
    Condition: expression(`${record}.undo = ${text(target as string)}`),
    Next: target as string,
  }));
  if (targets.has(undefined)) {
    const nothing = `($exists(${record}) and $not($exists(${record}.undo)))`;
    rules.push({ Condition: expression(nothing), Next: frame.undoneState() });
  }
  if (rules.length === 0) return reachable(entry, frame.undoStates);
  const begin = names.undoBranch(owner, name);
  const choice: ChoiceState = { Type: "Choice", Choices: rules, Default: entry };
  return reachable(begin, new Map<string, State<Arn>>([[begin, choice], ...frame.undoStates]));
}

/** Catches what a Parallel or a Map itself can raise: its branches' results together may be too large. */
export function catchLost<Arn>(frame: Frame<Arn>, node: Node, context: NodeContext): readonly Catcher[] {
  return catchAll(frame, {
    target: undoEntryOf(node) ?? context.rest,
    failure: caughtFailure(frame.program, node.name),
    assigned: context.assigned,
    missing: { [names.records(node.name)]: NO_RECORDS },
  });
}

/** The one decision after a Parallel or a Map. Branches may not fail, so no Catch could make it (S10, S13). */
export function decide<Arn>(
  frame: Frame<Arn>,
  node: Node,
  { exit, rest, assigned }: NodeContext,
  failures: string,
): void {
  const { Next: Default, ...failed } = frame.fail({
    target: undoEntryOf(node) ?? rest,
    // A value is always present here. The default is there because no expression of a Choice may yield nothing (S7).
    failure: bind([["first", `(${failures})[0]`]], "$given.first != null ? $given.first : {}"),
    assigned: [...assigned, ...variablesOf([node])],
    missing: {},
  });
  frame.forwardStates.set(names.settled(node.name), {
    Type: "Choice",
    Choices: [{ Condition: expression(`$not($exists(${failures}))`), ...choiceTransition(frame, exit, []) }],
    ...failed,
    Default,
  });
}
