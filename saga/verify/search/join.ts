import { type Focus, type Fork, type OutstandingEffects, pushFork, split } from "./effects";
import { examples } from "./examples";
import { DATA_LIMIT, faultsOfJoining } from "./faults";
import type { Level, Node } from "../machine";
import { isWithin, renamed, resolved, type SearchState } from "./search-state";
import { type Around, type End, type Results, type SearchContext } from "./context";
import { HINTS } from "./hints";
import { dropped } from "./task";
import { after, type Event } from "./trace";
import {
  hasAnswer,
  isKnown,
  isTest,
  keyOf,
  LENGTHS,
  needs,
  NeedsLength,
  OneOf,
  type Rename,
  SAME_NAMES,
  UNKNOWN,
  type Value,
} from "./value";

/** A branch or an iteration before its search. */
export interface Run {
  readonly level: Level;
  /** Its input. */
  readonly input: Value;
  readonly label: string;
  readonly index: number;
  /** The place of its effects among those of all runs: the index that an item gives. */
  readonly keptAt: number;
  readonly suffix: string;
  /** The index of its item, if its input has none. */
  readonly place?: number;
}

/** A branch or an iteration with its possible ends. */
export interface Ran extends Run {
  /** The effects that it was given to undo. */
  readonly given: OutstandingEffects;
  readonly ends: readonly End[];
}

/**
 * Renames the open choices of a branch for the level around it. The choices of an iteration get its index. The choices of a
 * branch are unique and keep their names, as do the choices of the levels around.
 */
export const outsideOf = (around: Around, node: Node, { level, index, suffix }: Run): Rename =>
  suffix === ""
    ? SAME_NAMES
    : (choice) => (isWithin(choice, level) ? `${around.level.id}:${node.name}/${index}/${choice}` : choice);

/**
 * Checks that branches over the same list agree on its length.
 * @throws NeedsLength if two of them have assumed a length
 */
export function agreeOnLengths(point: SearchState, ran: readonly Ran[]): void {
  if (ran.length < 2) return;
  const assumed = new Set<string>();
  for (const { ends } of ran) {
    const own = new Set<string>();
    for (const end of ends) {
      end.point.lengths.forEach((length, path) => {
        const before = point.lengths.get(path);
        if (length !== before && keyOf(length) !== keyOf(before)) own.add(path);
      });
    }
    for (const path of own) {
      const before = point.lengths.get(path);
      if (before !== undefined && !(before instanceof OneOf)) continue;
      if (!assumed.has(path)) assumed.add(path);
      else if (before) throw needs(before);
      else throw new NeedsLength(path, isTest(path) ? [true, false] : LENGTHS);
    }
  }
}

/** The effects of several runs, each at the place of its item. */
export function inPlaces(
  runs: readonly Run[],
  doneBy: (run: Run, index: number) => OutstandingEffects,
): readonly OutstandingEffects[] {
  const places: OutstandingEffects[] = Array.from(
    { length: 1 + Math.max(-1, ...runs.map((run) => run.keptAt)) },
    () => null,
  );
  for (const [index, run] of runs.entries()) places[run.keptAt] = doneBy(run, index);
  return places;
}

/** Joins branches that act: all are done, or one has failed first. It stays open how each has ended. */
export function joinForward(
  search: SearchContext,
  around: Around,
  point: SearchState,
  node: Node,
  ran: readonly Ran[],
): Results {
  const settled = ran.map(({ ends }) => ends.flatMap((end) => (end.kind === "end" ? [end.point] : [])));
  const failed = ({ failed: how }: SearchState): boolean => how !== point.failed && how !== "no";
  const well = settled.map((ends) => ends.filter((end) => !failed(end)));
  const badly = settled.map((ends) => ends.filter(failed));
  const opened = (all: readonly (readonly SearchState[])[]): readonly (SearchState | undefined)[] =>
    all.map((ends, index) => (ends.length === 0 ? undefined : open(search, around, node, ran[index] as Ran, ends)));
  const [anyhow, done, failing] = [opened(settled), opened(well), opened(badly)];
  const cases = [done, ...ran.map((_, first) => [...done.slice(0, first), failing[first], ...anyhow.slice(first + 1)])];
  return cases.flatMap((parts, number) => {
    if (!areAll(parts)) return [];
    const all: SearchState = {
      ...together(point, parts),
      outstanding: pushFork(
        inPlaces(ran, (_, index) => parts[index]?.outstanding ?? null),
        point.outstanding,
      ),
      lost: lostIn([point, ...parts]),
      failed: number > 0 && point.failed !== "undoing" ? "branch" : point.failed,
    };
    return joined(search, around, all, node, parts.map(outputOf), settling(around, node, ran, parts));
  });
}

const areAll = (parts: readonly (SearchState | undefined)[]): parts is readonly SearchState[] =>
  !parts.includes(undefined);

/** Joins branches that undo, each with its part of a fork. */
export function joinUndo(
  search: SearchContext,
  around: Around,
  point: SearchState,
  node: Node,
  focus: Focus,
  ran: readonly Ran[],
): Results {
  const settled = ran.map(({ ends }) => ends.flatMap((end) => (end.kind === "end" ? [end.point] : [])));
  if (settled.some(({ length }) => length === 0)) return [];
  const parts = settled.map((each, index) => open(search, around, node, ran[index] as Ran, each));
  const outstanding = remaining(search, around, point, node, focus, ran, parts);
  const all: SearchState = { ...together(point, parts), outstanding, failed: "undoing" };
  return joined(search, around, all, node, parts.map(outputOf), settling(around, node, ran, parts));
}

/** The ends of a branch as one search state, with an open choice between them. */
function open(search: SearchContext, around: Around, node: Node, run: Ran, ends: readonly SearchState[]): SearchState {
  const outside = outsideOf(around, node, run);
  const astray = ends.some((end) => end.astray);
  const alike = ends.map((end): SearchState => ({ ...renamed(end, outside), failed: "no", committed: false, astray }));
  const keepFork = run.given !== null;
  return search.merge({ ...around, keepFork }, `${node.name}/${run.index}`, alike);
}

const outputOf = ({ input }: SearchState): Value => input;

/** The search state after all branches have ended. */
function together(point: SearchState, parts: readonly SearchState[]): SearchState {
  return {
    ...point,
    // An earlier assumption about a list takes precedence over that of a branch.
    lengths: new Map([...parts.flatMap(({ lengths }) => [...lengths]), ...point.lengths]),
    astray: point.astray || parts.some(({ astray }) => astray),
  };
}

/** The records that any of several search states has lost. */
function lostIn(states: readonly SearchState[]): SearchState["lost"] {
  const names = new Set(states.flatMap(({ lost }) => [...lost.keys()]));
  const inAny = (name: string): Value => {
    const all = new Map(states.map(({ lost }) => [keyOf(lost.get(name)), lost.get(name)]));
    all.delete(keyOf(undefined));
    return all.size > 1 ? [...all.values()] : [...all.values()][0];
  };
  return new Map([...names].map((name) => [name, inAny(name)]));
}

function settling(around: Around, node: Node, ran: readonly Ran[], parts: readonly SearchState[]): Event {
  return {
    text: `${node.name} settles`,
    state: node.name,
    within: ran.map((run, index) => ({
      label: run.label,
      trace: parts[index]?.trace,
      outside: outsideOf(around, node, run),
    })),
  };
}

/** The outstanding effects after all branches have ended: the fork without what they undid, and their own effects on top. */
function remaining(
  search: SearchContext,
  around: Around,
  point: SearchState,
  node: Node,
  { fork: before, rebuild }: Focus,
  ran: readonly Ran[],
  parts: readonly SearchState[],
): OutstandingEffects {
  const left = [...before.branches];
  const touched = new Set<number>();
  const own: OutstandingEffects[] = [];
  for (const [index, { outstanding }] of parts.entries()) {
    const given = ran[index]?.given ?? null;
    if (!given) {
      own.push(outstanding);
      continue;
    }
    const { above, base } = split(outstanding);
    own.push(above);
    for (const [place, was] of (given.top as Fork).branches.entries()) {
      const now = base.branches[place] ?? null;
      if (now === was) continue;
      if (touched.has(place)) {
        const message = `two branches of ${node.name} undo concurrently what was done in sequence`;
        search.report(around, point, "S1", node.name, message, HINTS.apart(node.name));
        search.leaveUntold();
      }
      touched.add(place);
      left[place] = now;
    }
  }
  return pushFork(own, rebuild(left));
}

/** The successors after all branches have ended, with their outputs as far as something depends on them. */
function joined(
  search: SearchContext,
  around: Around,
  settled: SearchState,
  node: Node,
  outputs: readonly Value[],
  event: Event,
): Results {
  try {
    return leaving(search, around, settled, node, outputs, event);
  } catch (error) {
    // The outputs travel in the input, so that a decided choice is decided in them too.
    return resolved({ ...settled, input: [settled.input, outputs] }, error).flatMap(({ input, ...chosen }) => {
      const [own, known] = input as readonly [Value, readonly Value[]];
      return joined(search, around, { ...chosen, input: own }, node, known, event);
    });
  }
}

/** The transition to the next state, and the faults of the state itself, such as outputs that are too large together. */
function leaving(
  search: SearchContext,
  around: Around,
  settled: SearchState,
  node: Node,
  outputs: readonly Value[],
  event: Event,
): Results {
  const results: (SearchState | End)[] = [...search.leave(around, settled, node.next, node, outputs, event)];
  for (const { error, catcher } of faultsOfJoining(node, !outputs.every(isSmall))) {
    const torn = { ...event, text: `${node.name} fails though its branches have settled: ${error}`, fails: true };
    const failed: SearchState = {
      ...settled,
      lost: new Map([...settled.lost, [node.name + around.suffix, true]]),
      failed: settled.failed === "undoing" ? "undoing" : "here",
    };
    if (catcher) {
      results.push(...search.leave(around, failed, catcher.transition, node, UNKNOWN, torn));
      continue;
    }
    const stopped = { ...failed, trace: after(settled.trace, torn) };
    const stuck = settled.committed || settled.failed === "undoing";
    const again = settled.failed === "undoing" && error === DATA_LIMIT;
    if (again && node.jsonata && outputs.some(hasAnswer)) handsOn(search, around, stopped, node);
    if (!stuck && around.level.top) {
      for (const known of examples(stopped)) dropped(search, around, known, node, error);
    }
    results.push({ kind: "stopped", stuck, error, state: node.name, point: stopped });
  }
  return results;
}

/** Reports undos whose results are kept. If they are too large together, a redrive fails in the same way. */
function handsOn(search: SearchContext, around: Around, point: SearchState, { name }: Node): void {
  const message = `the results of the undos in ${name} may be too large together: it then fails with ${DATA_LIMIT}, and again at each redrive`;
  search.report(around, point, "S7", name, message, HINTS.handsOn(name));
}

/** Whether an output is so small that it can't make the outputs of many branches too large. */
const isSmall = (output: Value): boolean => isKnown(output) && JSON.stringify(output ?? null).length < 1000;
