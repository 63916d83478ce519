import type { EffectChange, PathEvent } from "../rules";
import type { Narrowed } from "./value";

/** How a branch came to its end. */
export interface Within {
  readonly label: string;
  readonly trace: Trace;
  /** What a choice that was left open in the branch is called from outside. */
  readonly outside: (choice: string) => string;
}

/** What happened in one state; for a state with branches, what happened in each of them before. */
export interface Event {
  readonly text: string;
  /** The state in which it happened. */
  readonly state?: string;
  /** It is that the state failed. */
  readonly fails?: boolean;
  /** What became of effects by it. */
  readonly effects?: readonly EffectChange[];
  readonly within?: readonly Within[];
  /** No event of its own: paths that came to the same state are one from here on, and which it was is left open. */
  readonly merged?: { readonly choice: string; readonly traces: readonly Trace[] };
  /** No event of its own: more is known of a choice from here on. */
  readonly narrowed?: Narrowed;
}

/** The way to some point of a search, the last event first. */
export type Trace = { readonly event: Event; readonly before: Trace; readonly length: number } | undefined;

export function after(before: Trace, event: Event): Trace {
  const within = (event.within ?? []).reduce((sum, { trace }) => sum + (trace?.length ?? 0), 0);
  const own = event.merged || event.narrowed ? 0 : 1;
  return { event, before, length: (before?.length ?? 0) + own + within };
}

/** The alternatives that are left of the choices on a path, by their names at the top. */
type Chosen = ReadonlyMap<string, readonly number[]>;

/**
 * Traces, each of a level within the one before, as the path of a counterexample, in order; what happened in a branch stands
 * below its name.
 */
export function pathOf(traces: readonly Trace[]): readonly PathEvent[] {
  const path: PathEvent[] = [];
  let chosen: Chosen = new Map();
  // What is chosen further on tells which way it was before.
  for (const trace of traces.toReversed()) {
    const known = events(trace, chosen, (choice) => choice);
    path.unshift(...told(known.events, known.chosen, { outside: (choice) => choice, depth: 0 }));
    ({ chosen } = known);
  }
  return path;
}

/** A path as lines. */
export const linesOf = (path: readonly PathEvent[]): readonly string[] =>
  path.map(({ text, depth }) => "  ".repeat(depth) + text);

/** A way through a trace. */
interface Course {
  /** In order. */
  readonly events: readonly Event[];
  readonly chosen: Chosen;
  /** What of that does not only follow from the way being the shortest. */
  readonly certain: Chosen;
}

/** The way of a trace that was chosen; where it is open still, the shortest. */
function events(trace: Trace, around: Chosen, outside: Within["outside"]): Course {
  const found: Event[] = [];
  const chosen = new Map(around);
  const certain = new Map<string, readonly number[]>();
  let isCertain = true;
  for (let at = trace; at;) {
    const { merged, narrowed, within = [] } = at.event;
    // A branch may tell which way was gone before it.
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

/** Of the alternatives that a choice was narrowed to, those that are left further on. */
const leftOf = ({ indices }: Narrowed, further: readonly number[] | undefined): readonly number[] =>
  further?.flatMap((index) => indices[index] ?? []) ?? indices;

const shortest = ([first, ...others]: readonly Trace[]): Trace =>
  others.reduce((one, other) => ((other?.length ?? 0) < (one?.length ?? 0) ? other : one), first);

function told(
  all: readonly Event[],
  chosen: Chosen,
  { outside, depth }: Pick<Within, "outside"> & { readonly depth: number },
): readonly PathEvent[] {
  return all.flatMap(({ text, state, fails = false, effects = [], within = [] }) => [
    { text, depth, state, fails, effects },
    ...within.flatMap(({ label, trace, outside: around }) => {
      const name = (choice: string): string => outside(around(choice));
      const known = events(trace, chosen, name);
      const inner = told(known.events, known.chosen, { outside: name, depth: depth + 2 });
      const heading = { text: `${label}:`, depth: depth + 1, state: undefined, fails: false, effects: [] };
      return inner.length === 0 ? [] : [heading, ...inner];
    }),
  ]);
}
