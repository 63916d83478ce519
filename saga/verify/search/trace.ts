import type { EffectChange, PathEvent } from "../rules";
import type { Narrowed } from "./value";

/** The trace of a branch to its end. */
export interface Within {
  readonly label: string;
  readonly trace: Trace;
  /** Renames an open choice of the branch for the level around it. */
  readonly outside: (choice: string) => string;
}

/** An event in one state. For a state with branches, it holds their traces. */
export interface Event {
  readonly text: string;
  /** The state of the event. */
  readonly state?: string;
  /** The state failed. */
  readonly fails?: boolean;
  /** Whether the Retry of a Parallel or a Map runs its branches again. */
  readonly again?: true;
  /** The effects that the event changes. */
  readonly effects?: readonly EffectChange[];
  readonly within?: readonly Within[];
  /** Not an event: paths are merged here, with an open choice between them. */
  readonly merged?: { readonly choice: string; readonly traces: readonly Trace[] };
  /** Not an event: the alternatives of a choice are reduced here. */
  readonly narrowed?: Narrowed;
}

/** The path to a search state, the last event first. */
export type Trace = { readonly event: Event; readonly before: Trace; readonly length: number } | undefined;

export function after(before: Trace, event: Event): Trace {
  const within = (event.within ?? []).reduce((sum, { trace }) => sum + (trace?.length ?? 0), 0);
  const own = event.merged || event.narrowed ? 0 : 1;
  return { event, before, length: (before?.length ?? 0) + own + within };
}

/** The remaining alternatives of the choices on a path, by the names of the choices in the top level. */
type Chosen = ReadonlyMap<string, readonly number[]>;

/**
 * The path of a counterexample, in order. Each trace is of a level within the level of the trace before. The events of a
 * branch are below its name.
 */
export function pathOf(traces: readonly Trace[]): readonly PathEvent[] {
  const path: PathEvent[] = [];
  let chosen: Chosen = new Map();
  // A later decision says which of the merged paths it was, so the traces are read backwards.
  for (const trace of traces.toReversed()) {
    const known = events(trace, chosen, (choice) => choice);
    path.unshift(...told(known.events, known.chosen, { outside: (choice) => choice, depth: 0 }));
    ({ chosen } = known);
  }
  // A branch in which nothing has happened yet has only its heading.
  while (path.at(-1)?.text.endsWith(":") === true) path.pop();
  return path;
}

/** A path as lines. */
export const linesOf = (path: readonly PathEvent[]): readonly string[] =>
  path.map(({ text, depth }) => "  ".repeat(depth) + text);

/** One path through a trace. */
interface Course {
  /** The events in order. */
  readonly events: readonly Event[];
  readonly chosen: Chosen;
  /** The decided choices. Any other alternative was taken because its path is the shortest. */
  readonly certain: Chosen;
}

/** The decided path of a trace. At an open choice, the shortest one. */
function events(trace: Trace, around: Chosen, outside: Within["outside"]): Course {
  const found: Event[] = [];
  const chosen = new Map(around);
  const certain = new Map<string, readonly number[]>();
  let isCertain = true;
  for (let at = trace; at;) {
    const { merged, narrowed, within = [] } = at.event;
    // A branch may decide which of the merged paths led to it.
    for (const { trace: inner, outside: around } of within) {
      const known = events(inner, chosen, (choice) => outside(around(choice))).certain;
      for (const [choice, left] of known) if (!chosen.has(choice)) chosen.set(choice, left);
    }
    if (narrowed) {
      const choice = outside(narrowed.choice);
      chosen.set(choice, leftOf(narrowed, chosen.get(outside(narrowed.to))));
      if (isCertain) certain.set(choice, chosen.get(choice) as readonly number[]);
    } else if (!merged) found.push(at.event);
    const left = merged && chosen.get(outside(merged.choice));
    if (merged && !left) isCertain = false;
    at = left ? shortest(left.map((index) => merged.traces[index])) : at.before;
  }
  return { events: found.reverse(), chosen, certain };
}

/** The alternatives of a reduced choice that remain later on the path. */
const leftOf = ({ indices }: Narrowed, further: readonly number[] | undefined): readonly number[] =>
  further?.flatMap((index) => indices[index] ?? []) ?? indices;

const shortest = ([first, ...others]: readonly Trace[]): Trace =>
  others.reduce((one, other) => ((other?.length ?? 0) < (one?.length ?? 0) ? other : one), first);

function told(
  all: readonly Event[],
  chosen: Chosen,
  { outside, depth }: Pick<Within, "outside"> & { readonly depth: number },
): readonly PathEvent[] {
  return all.flatMap(({ text, state, fails = false, again, effects = [], within = [] }) => [
    { text, depth, state, fails, effects, ...(again && { again }) },
    ...within.flatMap(({ label, trace, outside: around }) => {
      const name = (choice: string): string => outside(around(choice));
      const known = events(trace, chosen, name);
      const inner = told(known.events, known.chosen, { outside: name, depth: depth + 2 });
      const heading = { text: `${label}:`, depth: depth + 1, state: undefined, fails: false, effects: [] };
      return inner.length === 0 ? [] : [heading, ...inner];
    }),
  ]);
}
