import { type Focus, type Fork, type OutstandingEffects, idOf, pushFork, split } from "./effects";
import { faultsOfJoining } from "./faults";
import type { Level, Node } from "../machine";
import { type Alternative, either, renamed, resolved, type SearchState, union } from "./search-state";
import { type Around, type End, type Results, type SearchContext } from "./context";
import { HINTS } from "./hints";
import { dropped } from "./task";
import { after, type Event, type Trace, type Within } from "./trace";
import { keyOf, OneOf, UNKNOWN, type Value } from "./value";

/** A branch or an iteration that is to be run. */
export interface Run {
  readonly level: Level;
  /** What it is given. */
  readonly input: Value;
  readonly label: string;
  readonly suffix: string;
  /** Which item it is about, where nothing else says so. */
  readonly place?: number;
}

export type Settled = Extract<End, { kind: "end" }>;

/** A run, and how it may end. */
export interface Ran extends Run {
  /** The part of what is outstanding that it was given to undo. */
  readonly given: OutstandingEffects;
  readonly settled: readonly Settled[];
}

/** Branches that act: all are done, or there is a first one that has failed. How each has ended is left open. */
export function joinForward(
  search: SearchContext,
  around: Around,
  point: SearchState,
  node: Node,
  ran: readonly Ran[],
): Results {
  const failed = ({ point: { failed: how } }: Settled): boolean => how !== point.failed && how !== "no";
  const well = ran.map(({ settled }) => settled.filter((end) => !failed(end)));
  const badly = ran.map(({ settled }) => settled.filter(failed));
  const boxes = [
    well,
    ...ran.map((_, first) =>
      ran.map(({ settled }, index) => (index < first ? well[index] : index === first ? badly[index] : settled) ?? []),
    ),
  ];
  return boxes.flatMap((box, number) => {
    if (box.some((ends) => ends.length === 0)) return [];
    const parts = box.map((ends, index) =>
      open(search, ends, `${node.name}/${index}.${number}`, `${node.name}/${index}/`),
    );
    const failing = number > 0 && point.failed !== "undoing";
    const settled: SearchState = {
      ...point,
      outstanding: pushFork(
        parts.map(({ outstanding }) => outstanding),
        point.outstanding,
      ),
      failed: failing ? "branch" : point.failed,
      choices: new Map([...point.choices, ...parts.flatMap(({ choices }) => [...choices])]),
      lost: parts.reduce((all, { lost }) => union(all, lost), point.lost),
    };
    const event: Event = {
      text: `${node.name} settles`,
      within: parts.map(({ trace, choice }, index): Within => ({
        label: ran[index]?.label ?? "",
        trace,
        ...(choice !== undefined && { choice }),
      })),
      scope: parts.map((_, index) => `${node.name}/${index}/`),
    };
    return joined(
      search,
      around,
      settled,
      node,
      parts.map(({ output }) => output),
      event,
    );
  });
}

interface Part {
  readonly outstanding: OutstandingEffects;
  readonly output: Value;
  readonly choices: SearchState["choices"];
  readonly lost: ReadonlySet<string>;
  readonly trace: Trace;
  readonly choice?: string;
}

/** One end, or the choice between several. */
function open(search: SearchContext, ends: readonly Settled[], place: string, scope: string): Part {
  const all = ends.map(({ output, point: { outstanding, choices, lost, trace } }) => ({
    ...renamed(outstanding, output, choices, scope),
    lost,
    trace,
  }));
  const shortest = all.reduce((one, other) => ((other.trace?.length ?? 0) < (one.trace?.length ?? 0) ? other : one));
  if (all.length === 1) return shortest;
  const outputs = all.map(({ output }) => output);
  const alternatives = all.map(
    ({ outstanding, output, lost }) => `${idOf(outstanding)} ${keyOf(output)} ${[...lost].join()}`,
  );
  const choice = search.choiceName(place, alternatives.join("|"));
  return {
    outstanding: either(
      choice,
      all.map(({ outstanding }) => outstanding),
    ),
    output: new Set(outputs.map(keyOf)).size === 1 ? outputs[0] : new OneOf(choice, outputs),
    choices: new Map<string, readonly Alternative[]>([[choice, all]]),
    lost: new Set(),
    trace: shortest.trace,
    choice,
  };
}

/** Branches that undo: each the part of a fork that it was given, in every combination of how they end. */
export function joinUndo(
  search: SearchContext,
  around: Around,
  point: SearchState,
  node: Node,
  focus: Focus,
  ran: readonly Ran[],
): Results {
  const combine = (index: number, chosen: readonly Settled[]): Results => {
    const next = ran[index];
    if (next) return next.settled.flatMap((end) => combine(index + 1, [...chosen, end]));
    const outstanding = merged(search, around, point, node, focus, ran, chosen);
    if (outstanding === undefined) return [];
    const event: Event = {
      text: `${node.name} settles`,
      within: chosen.map(({ point: { trace } }, at) => ({ label: ran[at]?.label ?? "", trace })),
    };
    // What is left of the fork may hold choices that were within those that a branch has made.
    const choices = new Map([...point.choices, ...chosen.flatMap((end) => [...end.point.choices])]);
    const settled: SearchState = { ...point, outstanding, choices, failed: "undoing" };
    return joined(
      search,
      around,
      settled,
      node,
      chosen.map(({ output }) => output),
      event,
    );
  };
  return combine(0, []);
}

/** What is outstanding when all branches have ended: what each undid of the fork is gone, and what it did comes on top. */
function merged(
  search: SearchContext,
  around: Around,
  point: SearchState,
  node: Node,
  { fork: before, rebuild }: Focus,
  ran: readonly Ran[],
  chosen: readonly Settled[],
): OutstandingEffects | undefined {
  const remaining = [...before.branches];
  const touched = new Set<number>();
  const own: OutstandingEffects[] = [];
  for (const [index, { point: end }] of chosen.entries()) {
    const given = ran[index]?.given ?? null;
    if (!given) {
      own.push(end.outstanding);
      continue;
    }
    const { above, base } = split(end.outstanding);
    own.push(above);
    for (const [place, was] of (given.top as Fork).branches.entries()) {
      const now = base.branches[place] ?? null;
      if (now === was) continue;
      if (touched.has(place)) {
        const message = `two branches of ${node.name} undo at once what was done in sequence`;
        search.report(around, point, "S1", node.name, message, HINTS.apart(node.name));
        search.cut();
        return undefined;
      }
      touched.add(place);
      remaining[place] = now;
    }
  }
  return pushFork(own, rebuild(remaining));
}

/** All branches have settled; what they have put out is known as far as something here depends on it. */
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
    // The input carries the outputs along, so that what is chosen is chosen in them, too.
    return resolved({ ...settled, input: [settled.input, outputs] }, error).flatMap(({ input, ...chosen }) => {
      const [own, known] = input as readonly [Value, readonly Value[]];
      return joined(search, around, { ...chosen, input: own }, node, known, event);
    });
  }
}

/** Leads on; or the state itself fails, for what its branches have put out may be too large. */
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
    const torn = { ...event, text: `${node.name} fails though its branches have settled: ${error}` };
    const failed: SearchState = {
      ...settled,
      lost: union(settled.lost, new Set([node.name])),
      failed: settled.failed === "undoing" ? "undoing" : "here",
    };
    if (catcher) {
      results.push(...search.leave(around, failed, catcher.transition, node, UNKNOWN, torn));
      continue;
    }
    const stopped = { ...failed, trace: after(settled.trace, torn) };
    const stuck = settled.committed || settled.failed === "undoing";
    if (!stuck && around.level.top)
      search.each(stopped, (known) => {
        dropped(search, around, known, node, error);
      });
    results.push({ kind: "stopped", stuck, error, state: node.name, point: stopped });
  }
  return results;
}

/** Whether an output can't be what makes the outputs of many branches too large together. */
const isSmall = (output: Value): boolean => keyOf(output).length < 1000 && !/[?<]/.test(keyOf(output));
