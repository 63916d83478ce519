/** How a branch came to its end: known at once, or by a choice that is made later, if ever. */
export interface Within {
  readonly label: string;
  readonly trail: Trail;
  /** The choice that decides which of several trails it was. */
  readonly choice?: string;
}

/** What happened in one state; for a state with branches, what happened in each of them before. */
export interface Event {
  readonly text: string;
  readonly within?: readonly Within[];
  /** Of a state with branches: what the choices within its branches are called from outside, by the branch's index. */
  readonly scope?: readonly string[];
  /** No event of its own: an end that a branch had had is chosen. */
  readonly chosen?: { readonly choice: string; readonly trail: Trail };
}

/** The way to some point of a search, the last event first. */
export type Trail = { readonly event: Event; readonly before: Trail; readonly length: number } | undefined;

export function after(before: Trail, event: Event): Trail {
  const within = (event.within ?? []).reduce((sum, { trail }) => sum + (trail?.length ?? 0), 0);
  return { event, before, length: (before?.length ?? 0) + (event.chosen ? 0 : 1) + within };
}

/** One trail after another. */
export function following(prefix: Trail, trail: Trail): Trail {
  if (!prefix) return trail;
  return trail ? after(following(prefix, trail.before), trail.event) : prefix;
}

/** A trail as the lines of a story, in order; what happened in a branch is indented below its name. */
export function tell(trail: Trail): readonly string[] {
  return lines(trail, "", new Map());
}

function lines(trail: Trail, scope: string, around: ReadonlyMap<string, Trail>): readonly string[] {
  const events: Event[] = [];
  const chosen = new Map(around);
  for (let at = trail; at; at = at.before) {
    if (at.event.chosen) chosen.set(scope + at.event.chosen.choice, at.event.chosen.trail);
    else events.push(at.event);
  }
  return events.reverse().flatMap(({ text, within = [], scope: scopes = [] }) => [
    text,
    ...within.flatMap(({ label, trail: shown, choice }, index) => {
      const known = choice === undefined ? undefined : chosen.get(scope + choice);
      const inner = lines(known ?? shown, scope + (scopes[index] ?? ""), chosen);
      return inner.length === 0 ? [] : [`  ${label}:`, ...inner.map((line) => `    ${line}`)];
    }),
  ]);
}
