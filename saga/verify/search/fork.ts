import {
  type Effect,
  firstOpen,
  focusOn,
  mentions,
  project,
  push,
  pushFork,
  renameEffects,
  stack,
  tellAbove,
} from "./effects";
import { DATA_LIMIT, faultsOfBranch } from "./faults";
import { HINTS } from "./hints";
import { sharedNames } from "./identity";
import type { Node } from "../machine";
import { isWithin, openChoice, type SearchState } from "./search-state";
import { type Around, type End, type Results, type SearchContext, SearchLimitError } from "./context";
import { examples } from "./examples";
import { retriesBranches, roundsOf } from "./rounds";
import { blocked, dropped } from "./task";
import { after, type Event } from "./trace";
import { agreeOnLengths, joinForward, joinUndo, outsideOf, type Ran, type Run } from "./join";
import { isArray, isObject, LENGTHS, lift, needs, NeedsLength, OneOf, Unknown, UNKNOWN, type Value } from "./value";

/**
 * A Parallel or a Map: each branch is searched by itself, from where it begins to its ends (`beginning`); then the ends
 * of all are put together (`join.ts`).
 */
export function fork(search: SearchContext, around: Around, point: SearchState, node: Node): Results {
  const again = search.repeats(around, node.name);
  // What an earlier round has left open is another choice than what this one will.
  const open = again ? openChoice(point, isOf(around, node)) : undefined;
  if (open) throw open;
  const rounds = retriesBranches(node);
  return runsOf(search, point, node).flatMap((runs) => {
    const undoes = runs.length === 0 ? NONE : undoneIn(node);
    const focus = focusOn(point.outstanding, undoes, around.keepFork);
    if (!focus && mentions(point.outstanding, undoes)) return outOfTurn(search, around, point, node, undoes);
    if (!focus && again && runs.some(({ level }) => level.effectful)) {
      throw new SearchLimitError(`gave up on ${node.name}: its branches do more each time it goes round`);
    }
    const ran = runs.map((run): Ran => {
      const given = focus ? project(focus.fork, run.level.undoes, indexOf(run)) : null;
      const start = beginning(search, around, point, node, { ...run, given, undoes: focus !== undefined });
      return {
        ...run,
        given,
        ends: focus || !rounds ? search.explore(...start) : roundsOf(search, node, start, rounds),
      };
    });
    if (!focus) sharedNames(search, around, point, node, ran);
    agreeOnLengths(point, ran);
    return [
      ...ran.flatMap((run) =>
        run.ends.flatMap((end) => (end.kind === "stopped" ? aborted(search, around, point, node, ran, run, end) : [])),
      ),
      ...(focus ? joinUndo(search, around, point, node, focus, ran) : joinForward(search, around, point, node, ran)),
    ];
  });
}

const NONE: ReadonlySet<string> = new Set();
const undone = new WeakMap<Node, ReadonlySet<string>>();

/** The actions that the branches of a state undo. */
function undoneIn(node: Node): ReadonlySet<string> {
  const known = undone.get(node) ?? new Set(node.inner.flatMap(({ undoes }) => [...undoes]));
  undone.set(node, known);
  return known;
}

/** Whether a choice was left open by the branches of a state. */
const isOf =
  ({ level }: Around, { name, inner }: Node) =>
  (choice: string): boolean =>
    choice.startsWith(`${level.id}:${name}/`) || inner.some((branch) => isWithin(choice, branch));

/** The branches undo what something that began later is still to be undone after: told, the search goes on without that. */
function outOfTurn(
  search: SearchContext,
  around: Around,
  point: SearchState,
  node: Node,
  undoes: ReadonlySet<string>,
): Results {
  const above = firstOpen(point.outstanding) as Effect;
  blocked(search, around, point, node.name, above);
  const outstanding = tellAbove(point.outstanding, ({ action }) => undoes.has(action));
  return outstanding === point.outstanding ? search.cut() : fork(search, around, { ...point, outstanding }, node);
}

/** The branches; or the iterations, for each number of items that there may be. */
function runsOf(
  search: SearchContext,
  point: SearchState,
  { items, given, inner, byPlace }: Node,
): readonly (readonly Run[])[] {
  if (!items) {
    const input = given ? given.yields(search.surroundings(point, UNKNOWN)) : point.input;
    return [inner.map((level, index) => ({ level, input, label: level.startAt, index, suffix: "" }))];
  }
  const [level] = inner;
  if (!level) return [];
  const list = items.yields(search.surroundings(point, UNKNOWN));
  if (list instanceof OneOf) throw needs(list);
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
      index,
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

/** What was lost of an item, where it says which it is: in the place of the others nothing was. */
function lostOf({ lost }: SearchState, { suffix }: Around, index: number | undefined): SearchState["lost"] {
  if (index === undefined || lost.size === 0) return lost;
  const depth = indexesIn(suffix).length;
  const concerns = (holder: string): boolean => (indexesIn(holder)[depth] ?? `[${index}]`) === `[${index}]`;
  return new Map([...lost].filter(([holder]) => concerns(holder)));
}

const indexesIn = (name: string): readonly string[] => /(\[\d+\])*$/.exec(name)?.[0].match(/\[\d+\]/g) ?? [];

/** Where a branch begins: with its part of what is to be undone, or with nothing. */
function beginning(
  search: SearchContext,
  around: Around,
  point: SearchState,
  node: Node,
  run: Run & Pick<Ran, "given"> & { readonly undoes: boolean },
): [Around, SearchState] {
  const { level, input, label, suffix, given, undoes } = run;
  const index = indexOf(run);
  return [
    {
      level,
      suffix: around.suffix + suffix,
      prefix: [...around.prefix, after(point.trace, { text: `${node.name}, ${label}:`, state: node.name })],
      holders: [...around.holders, node.name],
      again: search.repeats(around, node.name),
      remembers: around.remembers === true || retriesBranches(node) !== undefined,
      keepFork: given !== null,
      ownItem: index !== undefined,
      outer: stack(point.outstanding, around.outer ?? null),
    },
    {
      ...search.given(level, { ...point, input, lost: lostOf(point, around, index) }),
      at: level.startAt,
      outstanding: given,
      // What acts in a branch though something has failed goes on as it would in a sequence.
      failed: undoes || point.failed === "undoing" ? "undoing" : point.failed === "no" ? "no" : "here",
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
  run: Run,
  end: Extract<End, { kind: "stopped" }>,
): Results {
  const { error, state, stuck } = end;
  const outside = outsideOf(around, node, run);
  const event: Event = {
    text: `${node.name} fails with one of its branches`,
    state: node.name,
    fails: true,
    within: [{ label: run.label, trace: end.point.trace, outside }],
  };
  const trace = after(point.trace, event);
  if (!stuck && error === DATA_LIMIT) {
    const message = `nothing catches ${DATA_LIMIT} of ${state} in its branch, for States.ALL may not`;
    search.report(around, { ...point, trace }, "S7", state, message, HINTS.dataLimit(state));
  } else if (!stuck && runs.some((other) => other.label !== run.label && other.level.effectful)) {
    const message = `${state} fails its branch, and so aborts the others of ${node.name}, wherever they are`;
    search.report(around, { ...point, trace }, "S10", state, message, HINTS.abort(state));
  }
  const behind = renameEffects(end.point.outstanding, outside);
  // Of the branch that is stuck it matters only that something of it is not undone.
  const outstanding = stuck
    ? push({ kind: "effect", action: state, instance: `what ${state} undoes`, status: "undoFailed" }, point.outstanding)
    : pushFork([behind], point.outstanding);
  const failed: SearchState = {
    ...point,
    outstanding: point.committed ? point.outstanding : outstanding,
    lost: new Map([...point.lost, [node.name + around.suffix, true]]),
    failed: stuck ? "undoing" : "branch",
  };
  const results: (SearchState | End)[] = [];
  for (const { error: caught, catcher } of faultsOfBranch(node)) {
    if (catcher) {
      results.push(...search.leave(around, failed, catcher.transition, node, UNKNOWN, event));
      continue;
    }
    const stopped = { ...failed, trace };
    if (!stuck && around.level.top) {
      for (const known of examples(stopped)) dropped(search, around, known, node, caught);
    }
    results.push({ kind: "stopped", stuck, error: caught, state: node.name, point: stopped });
  }
  return results;
}
