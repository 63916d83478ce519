import {
  type Effect,
  effectsOf,
  type Focus,
  focusOn,
  type Fork,
  type Held,
  idOf,
  mentions,
  project,
  push,
  pushFork,
  split,
} from "./effects";
import { DATA_LIMIT, faultsOfBranch, faultsOfJoining } from "./faults";
import type { Level, Node } from "./machine";
import { type Alternative, either, type Point, renamed, union } from "./point";
import { type Around, type End, LENGTHS, type Results, type Search } from "./search";
import { blocked, dropped } from "./task";
import { after, type Event, following, type Trail, type Within } from "./trail";
import { isArray, isObject, keyOf, lift, NeedsLength, OneOf, Unknown, UNKNOWN, type Value } from "./value";

/** A branch or an iteration that is to be run. */
interface Run {
  readonly level: Level;
  readonly item: Value;
  readonly label: string;
  readonly suffix: string;
}

type Settled = Extract<End, { kind: "end" }>;

/** A run, and how it may end. */
interface Ran extends Run {
  /** The part of what is held that it was given to undo. */
  readonly given: Held;
  readonly settled: readonly Settled[];
}

/** A Parallel or a Map. */
export function fork(search: Search, around: Around, point: Point, node: Node): Results {
  return runsOf(search, point, node).flatMap((runs) => {
    const undoes = new Set(runs.flatMap(({ level }) => [...level.undoes]));
    const focus = focusOn(point.held, undoes, around.keepFork);
    if (!focus && mentions(point.held, undoes)) {
      blocked(search, around, point, node.name, effectsOf(point.held)[0] as Effect);
      return [];
    }
    const stopped: (Point | End)[] = [];
    const ran = runs.map((run): Ran => {
      const given = focus ? project(focus.fork, run.level.undoes, indexOf(run)) : null;
      const ends = search.explore(...beginning(search, around, point, node, run, given));
      for (const end of ends) {
        if (end.kind === "stopped") stopped.push(...aborted(search, around, point, node, runs, run.label, end));
      }
      return { ...run, given, settled: ends.flatMap((end) => (end.kind === "end" ? [end] : [])) };
    });
    return [
      ...stopped,
      ...(focus ? revoked(search, around, point, node, focus, ran) : acted(search, around, point, node, ran)),
    ];
  });
}

/** The branches; or the iterations, for each number of items that there may be. */
function runsOf(search: Search, point: Point, { items, inner }: Node): readonly (readonly Run[])[] {
  if (!items) {
    return [inner.map((level, index) => ({ level, item: point.item, label: `branch ${index + 1}`, suffix: "" }))];
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
      item: { Index: index, Value: value },
      label: `item ${index}`,
      suffix: `[${index}]`,
    })),
  );
}

/**
 * The item that an iteration says it is about, where it says so: then it is given what this one has done, and nothing of
 * the others.
 */
function indexOf({ item, suffix }: Run): number | undefined {
  const value = suffix !== "" && isObject(item) ? item["Value"] : undefined;
  const field = (of: Value): Value => (isObject(of) ? of["index"] : undefined);
  const index = value instanceof OneOf ? lift(value, field) : field(value);
  return typeof index === "number" ? index : undefined;
}

function beginning(search: Search, around: Around, point: Point, node: Node, run: Run, given: Held): [Around, Point] {
  const { level, item, label, suffix } = run;
  return [
    {
      level,
      suffix: around.suffix + suffix,
      prefix: following(around.prefix, after(point.trail, { text: `${node.name}, ${label}:` })),
      holders: [...around.holders, node.name],
      keepFork: given !== null,
    },
    {
      ...point,
      at: level.startAt,
      variables: search.given(level, point),
      input: UNKNOWN,
      item,
      held: given,
      failed: point.failed === "undoing" ? "undoing" : "no",
      refused: undefined,
      trail: undefined,
    },
  ];
}

/** Branches that act: all are done, or there is a first one that has failed. Which way each has ended is left open. */
function acted(search: Search, around: Around, point: Point, node: Node, ran: readonly Ran[]): Results {
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
    const settled: Point = {
      ...point,
      held: pushFork(
        parts.map(({ held }) => held),
        point.held,
      ),
      failed: failing ? "branch" : point.failed,
      choices: new Map([...point.choices, ...parts.flatMap(({ choices }) => [...choices])]),
      lost: parts.reduce((all, { lost }) => union(all, lost), point.lost),
    };
    const event: Event = {
      text: `${node.name} settles`,
      within: parts.map(({ trail, choice }, index): Within => ({
        label: ran[index]?.label ?? "",
        trail,
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
  readonly held: Held;
  readonly output: Value;
  readonly choices: Point["choices"];
  readonly lost: ReadonlySet<string>;
  readonly trail: Trail;
  readonly choice?: string;
}

/** One end, or the choice between several. */
function open(search: Search, ends: readonly Settled[], place: string, scope: string): Part {
  const all = ends.map(({ output, point: { held, choices, lost, trail } }) => ({
    ...renamed(held, output, choices, scope),
    lost,
    trail,
  }));
  const shortest = all.reduce((one, other) => ((other.trail?.length ?? 0) < (one.trail?.length ?? 0) ? other : one));
  if (all.length === 1) return shortest;
  const outputs = all.map(({ output }) => output);
  const alternatives = all.map(({ held, output, lost }) => `${idOf(held)} ${keyOf(output)} ${[...lost].join()}`);
  const choice = search.choiceName(place, alternatives.join("|"));
  return {
    held: either(
      choice,
      all.map(({ held }) => held),
    ),
    output: new Set(outputs.map(keyOf)).size === 1 ? outputs[0] : new OneOf(choice, outputs),
    choices: new Map<string, readonly Alternative[]>([[choice, all]]),
    lost: new Set(),
    trail: shortest.trail,
    choice,
  };
}

/** Branches that undo: each the part of a fork that it was given, in every combination of how they end. */
function revoked(search: Search, around: Around, point: Point, node: Node, focus: Focus, ran: readonly Ran[]): Results {
  const combine = (index: number, chosen: readonly Settled[]): Results => {
    const next = ran[index];
    if (next) return next.settled.flatMap((end) => combine(index + 1, [...chosen, end]));
    const held = merged(search, around, point, node, focus, ran, chosen);
    if (held === undefined) return [];
    const event: Event = {
      text: `${node.name} settles`,
      within: chosen.map(({ point: { trail } }, at) => ({ label: ran[at]?.label ?? "", trail })),
    };
    // What is left of the fork may hold choices that were within those that a branch has made.
    const choices = new Map([...point.choices, ...chosen.flatMap((end) => [...end.point.choices])]);
    const settled: Point = { ...point, held, choices, failed: "undoing" };
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

/** What is held when all branches have ended: what each undid of the fork is gone, and what it did comes on top. */
function merged(
  search: Search,
  around: Around,
  point: Point,
  node: Node,
  { fork: before, rebuild }: Focus,
  ran: readonly Ran[],
  chosen: readonly Settled[],
): Held | undefined {
  const remaining = [...before.branches];
  const touched = new Set<number>();
  const own: Held[] = [];
  for (const [index, { point: end }] of chosen.entries()) {
    const given = ran[index]?.given ?? null;
    if (!given) {
      own.push(end.held);
      continue;
    }
    const { above, base } = split(end.held);
    own.push(above);
    for (const [place, was] of (given.top as Fork).branches.entries()) {
      const now = base.branches[place] ?? null;
      if (now === was) continue;
      if (touched.has(place)) {
        const message = `two branches of ${node.name} undo at once what was done in sequence`;
        search.report(around, point, "S1", node.name, message, "order");
        return undefined;
      }
      touched.add(place);
      remaining[place] = now;
    }
  }
  return pushFork(own, rebuild(remaining));
}

/** All branches have settled; and then the state itself may fail, for what they have put out may be too large. */
function joined(
  search: Search,
  around: Around,
  settled: Point,
  node: Node,
  outputs: readonly Value[],
  event: Event,
): Results {
  const results: (Point | End)[] = [...search.leave(around, settled, node.next, node, outputs, event)];
  if (outputs.every(isSmall)) return results;
  for (const { error, catcher } of faultsOfJoining(node)) {
    const torn = { ...event, text: `${node.name} fails though its branches have settled: ${error}` };
    const failed: Point = {
      ...settled,
      lost: union(settled.lost, new Set([node.name])),
      failed: settled.failed === "undoing" ? "undoing" : "here",
    };
    if (catcher) {
      results.push(...search.leave(around, failed, catcher.way, node, UNKNOWN, torn));
      continue;
    }
    const stopped = { ...failed, trail: after(settled.trail, torn) };
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

/** A branch that stops takes the others with it, wherever they are. */
function aborted(
  search: Search,
  around: Around,
  point: Point,
  node: Node,
  runs: readonly Run[],
  label: string,
  end: Extract<End, { kind: "stopped" }>,
): Results {
  const { error, state, stuck } = end;
  const event: Event = {
    text: `${node.name} fails with one of its branches`,
    within: [{ label, trail: end.point.trail }],
  };
  const trail = after(point.trail, event);
  if (!stuck && error === DATA_LIMIT) {
    const message = `nothing catches ${DATA_LIMIT} of ${state} in its branch, for States.ALL may not`;
    search.report(around, { ...point, trail }, "S7", state, message, "dataLimit");
    return [];
  }
  if (!stuck && runs.some((run) => run.label !== label && run.level.effectful)) {
    const message = `${state} fails its branch, and so aborts the others of ${node.name}, wherever they are`;
    search.report(around, { ...point, trail }, "S10", state, message, "abort");
    return [];
  }
  // Of the branch that is stuck it matters only that something of it is not undone.
  const held = stuck
    ? push({ kind: "effect", action: state, instance: `what ${state} undoes`, status: "undoFailed" }, point.held)
    : pushFork([end.point.held], point.held);
  const failed: Point = {
    ...point,
    held: point.committed ? point.held : held,
    lost: union(point.lost, new Set([node.name])),
    failed: stuck ? "undoing" : "branch",
    choices: new Map([...point.choices, ...end.point.choices]),
  };
  const results: (Point | End)[] = [];
  for (const { error: caught, catcher } of faultsOfBranch(node)) {
    if (catcher) {
      results.push(...search.leave(around, failed, catcher.way, node, UNKNOWN, event));
      continue;
    }
    const stopped = { ...failed, trail };
    if (!stuck && around.level.top)
      search.each(stopped, (known) => {
        dropped(search, around, known, node, caught);
      });
    results.push({ kind: "stopped", stuck, error: caught, state: node.name, point: stopped });
  }
  return results;
}
