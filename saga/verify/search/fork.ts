import { type Effect, firstOpen, focusOn, mentions, project, push, pushFork, stack, tellAbove } from "./effects";
import { DATA_LIMIT, faultsOfBranch } from "./faults";
import { HINTS } from "./hints";
import { nodesOf, sharedNames } from "./identity";
import type { Node } from "../machine";
import { isWithin, openChoice, renamed, type SearchState } from "./search-state";
import { type Around, type End, type Results, type SearchContext, SearchLimitError } from "./context";
import { examples } from "./examples";
import { retriesBranches, roundsOf } from "./rounds";
import { blocked, dropped } from "./task";
import { after, type Event } from "./trace";
import { agreeOnLengths, inPlaces, joinForward, joinUndo, outsideOf, type Ran, type Run } from "./join";
import { isArray, isObject, LENGTHS, lift, needs, NeedsLength, OneOf, Unknown, UNKNOWN, type Value } from "./value";

/**
 * Steps through a Parallel or a Map. Each branch is searched by itself from its start (`beginning`) to its ends. Then the
 * ends of all branches are joined (`join.ts`).
 */
export function fork(search: SearchContext, around: Around, point: SearchState, node: Node): Results {
  const again = search.repeats(around, node.name);
  // An open choice of an earlier round is not a choice of this one, so it is decided first.
  const open = again ? openChoice(point, isOf(around, node)) : undefined;
  if (open) throw open;
  const rounds = retriesBranches(node);
  return runsOf(search, point, node).flatMap((runs) => {
    const undoes = runs.length === 0 ? NONE : undoneIn(node);
    const focus = focusOn(point.outstanding, undoes, around.keepFork);
    // Effects of which a violation was reported do not block an undo.
    const above = !focus && mentions(point.outstanding, undoes) ? firstOpen(point.outstanding) : undefined;
    if (above) return outOfTurn(search, around, point, node, { undoes, above });
    if (!focus && again && runs.some(({ level }) => level.effectful)) {
      throw new SearchLimitError(`gave up on ${node.name}: its branches have more effects in each round`);
    }
    const ran = runs.map((run): Ran => {
      const given = focus ? project(focus.fork, run.level.undoes, itemOf(run)) : null;
      const start = beginning(search, around, point, node, { ...run, given, undoes: focus !== undefined });
      return {
        ...run,
        given,
        ends: focus || !rounds ? search.explore(...start) : roundsOf(search, node, start),
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

/** Whether the branches of a state have left a choice open. */
const isOf =
  ({ level }: Around, { name, inner }: Node) =>
  (choice: string): boolean =>
    choice.startsWith(`${level.id}:${name}/`) || inner.some((branch) => isWithin(choice, branch));

/** Reports branches that undo an effect before a later one. The search goes on as if the later one were undone. */
function outOfTurn(
  search: SearchContext,
  around: Around,
  point: SearchState,
  node: Node,
  { undoes, above }: { readonly undoes: ReadonlySet<string>; readonly above: Effect },
): Results {
  blocked(search, around, point, node.name, above);
  const outstanding = tellAbove(point.outstanding, ({ action }) => undoes.has(action));
  return outstanding === point.outstanding ? search.cut() : fork(search, around, { ...point, outstanding }, node);
}

/** The branches of a Parallel; or the iterations of a Map, for each possible number of items. */
function runsOf(
  search: SearchContext,
  point: SearchState,
  { items, given, inner, byPlace }: Node,
): readonly (readonly Run[])[] {
  if (!items) {
    const input = given ? given.yields(search.surroundings(point, UNKNOWN)) : point.input;
    return [inner.map((level, index) => ({ level, input, label: level.startAt, index, keptAt: index, suffix: "" }))];
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
  return lists.map((values) => {
    const items = values.map((value, index) => ({
      level,
      input: given ? given.yields(search.surroundings(point, UNKNOWN, { Index: index, Value: value })) : value,
      index,
      ...(byPlace && { place: index }),
    }));
    const said = items.map(indexOf);
    const apart =
      said.every((index) => index !== undefined && index < MOST_PLACES) && new Set(said).size === said.length;
    return items.map((item, index) => {
      const keptAt = apart ? (said[index] as number) : index;
      return { ...item, label: `item ${keptAt}`, keptAt, suffix: `[${keptAt}]` };
    });
  });
}

/** An item may give any index. Beyond this many places the effects are kept in the order of the runs. */
const MOST_PLACES = 10;

/**
 * The index of the item that an iteration is about, if its input has one. The iteration is then given the effects of this
 * item only.
 */
function indexOf({ input, place }: Pick<Run, "input" | "place">): number | undefined {
  if (place !== undefined) return place;
  const field = (of: Value): Value => (isObject(of) ? of["index"] : undefined);
  const index = input instanceof OneOf ? lift(input, field) : field(input);
  return typeof index === "number" ? index : undefined;
}

/** The same; undefined for a branch. */
const itemOf = (run: Run): number | undefined => (run.suffix === "" ? undefined : indexOf(run));

/** The lost records of an item, if the iteration says which item it is about. */
function lostOf({ lost }: SearchState, { suffix }: Around, index: number | undefined): SearchState["lost"] {
  if (index === undefined || lost.size === 0) return lost;
  const depth = indexesIn(suffix).length;
  const concerns = (holder: string): boolean => (indexesIn(holder)[depth] ?? `[${index}]`) === `[${index}]`;
  return new Map([...lost].filter(([holder]) => concerns(holder)));
}

const indexesIn = (name: string): readonly string[] => /(\[\d+\])*$/.exec(name)?.[0].match(/\[\d+\]/g) ?? [];

/** The start of a branch, with its part of the effects to undo, or with none. */
function beginning(
  search: SearchContext,
  around: Around,
  point: SearchState,
  node: Node,
  run: Run & Pick<Ran, "given"> & { readonly undoes: boolean },
): [Around, SearchState] {
  const { level, input, label, suffix, given, undoes } = run;
  const index = itemOf(run);
  return [
    {
      level,
      suffix: around.suffix + suffix,
      prefix: [...around.prefix, after(point.trace, { text: `${node.name}, ${label}:`, state: node.name })],
      holders: [...around.holders, node.name],
      again: search.repeats(around, node.name),
      remembers: around.remembers === true || retriesBranches(node),
      keepFork: given !== null,
      ownItem: index !== undefined,
      outer: stack(point.outstanding, around.outer ?? null),
    },
    {
      ...search.given(level, { ...point, input, lost: lostOf(point, around, index) }),
      at: level.startAt,
      outstanding: given,
      // An action in a branch after a failure is judged as in a sequence.
      failed: undoes || point.failed === "undoing" ? "undoing" : point.failed === "no" ? "no" : "here",
      refused: undefined,
      trace: undefined,
    },
  ];
}

/** A branch that stops aborts the others. */
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
  const aborts = !stuck && runs.some((other) => other.label !== run.label && other.level.effectful);
  if (aborts && error === DATA_LIMIT) {
    const message = `no catcher of ${state} in its branch names ${DATA_LIMIT}, and States.ALL may not match it`;
    search.report(around, { ...point, trace }, "S7", state, message, HINTS.dataLimit(state));
  } else if (aborts) {
    const isFail = nodesOf(search.machine).get(state)?.raw.Type === "Fail";
    const message = `${isFail ? state : `a failure of ${state}`} fails its branch, which aborts the other branches of ${node.name} at any point`;
    search.report(around, { ...point, trace }, "S10", state, message, HINTS.abort(state, isFail));
  }
  const behind = renamed(end.point, outside);
  // Of a stuck branch it matters only that one of its effects is not undone.
  const outstanding = stuck
    ? push({ kind: "effect", action: state, instance: `what ${state} undoes`, status: "undoFailed" }, point.outstanding)
    : pushFork(
        inPlaces(runs, (other) => (other === run ? behind.outstanding : null)),
        point.outstanding,
      );
  const failed: SearchState = {
    ...point,
    // The undo runs through the same list: its length is what the branch has assumed.
    lengths: new Map([...behind.lengths, ...point.lengths]),
    astray: point.astray || behind.astray,
    outstanding: point.committed ? point.outstanding : outstanding,
    lost: new Map([...point.lost, [node.name + around.suffix, true]]),
    failed: stuck ? "undoing" : "branch",
  };
  const results: (SearchState | End)[] = [];
  for (const { error: caught, catcher } of faultsOfBranch(node, error)) {
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
