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
 * Traces, each of a level within the one before, as the lines of a counterexample, in order; what happened in a branch is
 * indented below its name.
 */
export function counterexample(traces: readonly Trace[]): readonly string[] {
  const lines: string[] = [];
  let chosen: Chosen = new Map();
  // What is chosen further on tells which way it was before.
  for (const trace of traces.toReversed()) {
    const known = events(trace, chosen, (choice) => choice);
    lines.unshift(...linesOf(known.events, known.chosen, (choice) => choice));
    ({ chosen } = known);
  }
  return lines;
}

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

function linesOf(all: readonly Event[], chosen: Chosen, outside: Within["outside"]): readonly string[] {
  return all.flatMap(({ text, within = [] }) => [
    text,
    ...within.flatMap(({ label, trace, outside: around }) => {
      const name = (choice: string): string => outside(around(choice));
      const known = events(trace, chosen, name);
      const inner = linesOf(known.events, known.chosen, name);
      return inner.length === 0 ? [] : [`  ${label}:`, ...inner.map((line) => `    ${line}`)];
    }),
  ]);
}
