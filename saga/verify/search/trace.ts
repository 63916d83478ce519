/** How a branch came to its end: known at once, or by a choice that is made later, if ever. */
export interface Within {
  readonly label: string;
  readonly trace: Trace;
  /** The choice that decides which of several traces it was. */
  readonly choice?: string;
}

/** What happened in one state; for a state with branches, what happened in each of them before. */
export interface Event {
  readonly text: string;
  readonly within?: readonly Within[];
  /** Of a state with branches: what the choices within its branches are called from outside, by the branch's index. */
  readonly scope?: readonly string[];
  /** No event of its own: an end that a branch had had is chosen. */
  readonly chosen?: { readonly choice: string; readonly trace: Trace };
}

/** The way to some point of a search, the last event first. */
export type Trace = { readonly event: Event; readonly before: Trace; readonly length: number } | undefined;

export function after(before: Trace, event: Event): Trace {
  const within = (event.within ?? []).reduce((sum, { trace }) => sum + (trace?.length ?? 0), 0);
  return { event, before, length: (before?.length ?? 0) + (event.chosen ? 0 : 1) + within };
}

/** One trace after another. */
export function following(prefix: Trace, trace: Trace): Trace {
  if (!prefix) return trace;
  return trace ? after(following(prefix, trace.before), trace.event) : prefix;
}

/** A trace as the lines of a counterexample, in order; what happened in a branch is indented below its name. */
export function counterexample(trace: Trace): readonly string[] {
  return lines(trace, "", new Map());
}

function lines(trace: Trace, scope: string, around: ReadonlyMap<string, Trace>): readonly string[] {
  const events: Event[] = [];
  const chosen = new Map(around);
  for (let at = trace; at; at = at.before) {
    if (at.event.chosen) chosen.set(scope + at.event.chosen.choice, at.event.chosen.trace);
    else events.push(at.event);
  }
  return events.reverse().flatMap(({ text, within = [], scope: scopes = [] }) => [
    text,
    ...within.flatMap(({ label, trace: shown, choice }, index) => {
      const known = choice === undefined ? undefined : chosen.get(scope + choice);
      const inner = lines(known ?? shown, scope + (scopes[index] ?? ""), chosen);
      return inner.length === 0 ? [] : [`  ${label}:`, ...inner.map((line) => `    ${line}`)];
    }),
  ]);
}
