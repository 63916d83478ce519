import {
  type Effect,
  effectsOf,
  focusOn,
  mentions,
  type OutstandingEffects,
  project,
  push,
  pushFork,
  stack,
} from "./effects";
import { DATA_LIMIT, faultsOfBranch } from "./faults";
import { HINTS } from "./hints";
import type { Node } from "../machine";
import { type SearchState, union } from "./search-state";
import { type Around, type End, type Results, type SearchContext, SearchLimitError } from "./context";
import { sharedNames } from "./identity";
import { retriesBranches, roundsOf } from "./rounds";
import { blocked, dropped } from "./task";
import { after, type Event, following } from "./trace";
import { joinForward, type Ran, joinUndo, type Run } from "./join";
import { isArray, isObject, LENGTHS, lift, NeedsLength, OneOf, Unknown, UNKNOWN, type Value } from "./value";

/** A Parallel or a Map. */
export function fork(search: SearchContext, around: Around, point: SearchState, node: Node): Results {
  const again = retriesBranches(node);
  return runsOf(search, point, node).flatMap((runs) => {
    const undoes = new Set(runs.flatMap(({ level }) => [...level.undoes]));
    const focus = focusOn(point.outstanding, undoes, around.keepFork);
    if (!focus && mentions(point.outstanding, undoes)) {
      blocked(search, around, point, node.name, effectsOf(point.outstanding)[0] as Effect);
      return search.cut();
    }
    if (!focus && search.repeats(around.level, node.name) && runs.some(({ level }) => level.effectful)) {
      throw new SearchLimitError(`gave up on ${node.name}: its branches do more each time it goes round`);
    }
    const stopped: (SearchState | End)[] = [];
    const ran = runs.map((run): Ran => {
      const given = focus ? project(focus.fork, run.level.undoes, indexOf(run)) : null;
      const start = beginning(search, around, point, node, run, given);
      const ends = focus || !again ? search.explore(...start) : roundsOf(search, node, start, again);
      for (const end of ends) {
        if (end.kind === "stopped") stopped.push(...aborted(search, around, point, node, runs, run.label, end));
      }
      return { ...run, given, settled: ends.flatMap((end) => (end.kind === "end" ? [end] : [])) };
    });
    if (!focus) sharedNames(search, around, point, node, ran);
    return [
      ...stopped,
      ...(focus ? joinUndo(search, around, point, node, focus, ran) : joinForward(search, around, point, node, ran)),
    ];
  });
}

/** The branches; or the iterations, for each number of items that there may be. */
function runsOf(
  search: SearchContext,
  point: SearchState,
  { items, given, inner, byPlace }: Node,
): readonly (readonly Run[])[] {
  if (!items) {
    const input = given ? given.yields(search.surroundings(point, UNKNOWN)) : point.input;
    return [inner.map((level) => ({ level, input, label: level.startAt, suffix: "" }))];
  }
  const [level] = inner;
  if (!level) return [];
  const list = items.yields(search.surroundings(point, UNKNOWN));
  if (list instanceof Unknown && list.path !== undefined) throw new NeedsLength(list.path);
  const known = isArray(list) && list.length <= 2;
  const lists: readonly (readonly Value[])[] = known
    ? [list]
    : LENGTHS.map((length) => Array.from({ length }, (_, index) => (isArray(list) ? list[index] : UNKNOWN)));
  return lists.map((values) =>
    values.map((value, index) => ({
      level,
      input: given ? given.yields(search.surroundings(point, UNKNOWN, { Index: index, Value: value })) : value,
      label: `item ${index}`,
      suffix: `[${index}]`,
      ...(byPlace && { place: index }),
    })),
  );
}

/**
 * The item that an iteration says it is about, where it says so: then it is given what this one has done, and nothing of
 * the others.
 */
function indexOf({ input, suffix, place }: Run): number | undefined {
  if (suffix === "" || place !== undefined) return place;
  const field = (of: Value): Value => (isObject(of) ? of["index"] : undefined);
  const index = input instanceof OneOf ? lift(input, field) : field(input);
  return typeof index === "number" ? index : undefined;
}

function beginning(
  search: SearchContext,
  around: Around,
  point: SearchState,
  node: Node,
  run: Run,
  given: OutstandingEffects,
): [Around, SearchState] {
  const { level, input, label, suffix } = run;
  return [
    {
      level,
      suffix: around.suffix + suffix,
      prefix: following(around.prefix, after(point.trace, { text: `${node.name}, ${label}:` })),
      holders: [...around.holders, node.name],
      keepFork: given !== null,
      ownItem: indexOf(run) !== undefined,
      outer: stack(point.outstanding, around.outer ?? null),
    },
    {
      ...point,
      at: level.startAt,
      variables: search.given(level, point),
      input: search.readsInput(level) ? input : UNKNOWN,
      outstanding: given,
      // What acts in a branch though something has failed goes on as it would in a sequence.
      failed: point.failed === "no" ? "no" : given || point.failed === "undoing" ? "undoing" : "here",
      refused: undefined,
      trace: undefined,
    },
  ];
}

/** A branch that stops takes the others with it, wherever they are. */
function aborted(
  search: SearchContext,
  around: Around,
  point: SearchState,
  node: Node,
  runs: readonly Run[],
  label: string,
  end: Extract<End, { kind: "stopped" }>,
): Results {
  const { error, state, stuck } = end;
  const event: Event = {
    text: `${node.name} fails with one of its branches`,
    within: [{ label, trace: end.point.trace }],
  };
  const trace = after(point.trace, event);
  if (!stuck && error === DATA_LIMIT) {
    const message = `nothing catches ${DATA_LIMIT} of ${state} in its branch, for States.ALL may not`;
    search.report(around, { ...point, trace }, "S7", state, message, HINTS.dataLimit(state));
    return search.cut();
  }
  if (!stuck && runs.some((run) => run.label !== label && run.level.effectful)) {
    const message = `${state} fails its branch, and so aborts the others of ${node.name}, wherever they are`;
    search.report(around, { ...point, trace }, "S10", state, message, HINTS.abort(state));
    return search.cut();
  }
  // Of the branch that is stuck it matters only that something of it is not undone.
  const outstanding = stuck
    ? push({ kind: "effect", action: state, instance: `what ${state} undoes`, status: "undoFailed" }, point.outstanding)
    : pushFork([end.point.outstanding], point.outstanding);
  const failed: SearchState = {
    ...point,
    outstanding: point.committed ? point.outstanding : outstanding,
    lost: union(point.lost, new Set([node.name])),
    failed: stuck ? "undoing" : "branch",
    choices: new Map([...point.choices, ...end.point.choices]),
  };
  const results: (SearchState | End)[] = [];
  for (const { error: caught, catcher } of faultsOfBranch(node)) {
    if (catcher) {
      results.push(...search.leave(around, failed, catcher.transition, node, UNKNOWN, event));
      continue;
    }
    const stopped = { ...failed, trace };
    if (!stuck && around.level.top)
      search.each(stopped, (known) => {
        dropped(search, around, known, node, caught);
      });
    results.push({ kind: "stopped", stuck, error: caught, state: node.name, point: stopped });
  }
  return results;
}
