import { type Narrowed, NeedsChoice, type Rename, SAME_NAMES } from "./value";

/** An effect of the saga that is not undone. */
export interface Effect {
  readonly kind: "effect";
  /** The state of the action. */
  readonly action: string;
  /** The name of the caller: the action, and in a list the item's index. */
  readonly instance: string;
  /**
   * `done`: certain. `doubtful`: it happened, did not, or will yet, as after a timeout. `undoFailed`: its undo failed and the
   * machine caught that, so the effect still exists.
   */
  readonly status: "done" | "doubtful" | "undoFailed";
  /** A violation about it was reported. It may still be undone, and no further violation about it is reported. */
  readonly told?: true;
}

/** The concurrent effects of the branches of a Parallel or the items of a Map. Null for a branch without effects. */
export interface Fork {
  readonly kind: "fork";
  readonly branches: readonly OutstandingEffects[];
}

/** One of several stacks of effects. An open choice decides which. */
export interface Either {
  readonly kind: "either";
  readonly choice: string;
  readonly outstanding: readonly OutstandingEffects[];
}

/** A stack of the effects of a level, the last one on top. Equal stacks are the same object. */
export interface Effects {
  readonly id: number;
  readonly top: Effect | Fork | Either;
  readonly rest: OutstandingEffects;
  readonly depth: number;
  /** Whether the stack depends on an open choice. */
  readonly open: boolean;
}

export type OutstandingEffects = Effects | null;

const interned = new Map<string, Effects>();
const NONE: ReadonlySet<string> = new Set();
let ids = 0;

/** Forgets all effects, so that the cache does not grow from one search to the next. */
export function forgetEffects(): void {
  interned.clear();
}

export const idOf = (outstanding: OutstandingEffects): number => outstanding?.id ?? -1;

function nameOf(top: Effects["top"]): string {
  if (top.kind === "effect") return `${top.action}/${top.instance}/${top.status}${top.told ? "/told" : ""}`;
  return top.kind === "fork"
    ? `[${top.branches.map(idOf).join()}]`
    : `<${top.choice}:${top.outstanding.map(idOf).join()}>`;
}

/** The stacks within a fork or a choice. */
const within = (top: Fork | Either): readonly OutstandingEffects[] =>
  top.kind === "fork" ? top.branches : top.outstanding;

export function push(top: Effects["top"], rest: OutstandingEffects): Effects {
  const key = `${nameOf(top)} ${idOf(rest)}`;
  const known = interned.get(key);
  if (known) return known;
  const open =
    top.kind === "either" || (rest?.open ?? false) || (top.kind === "fork" && top.branches.some((each) => each?.open));
  const made = { id: ids++, top, rest, depth: 1 + (rest?.depth ?? 0), open };
  interned.set(key, made);
  return made;
}

const choicesOf = new WeakMap<Effects, ReadonlySet<string>>();

/** The open choices on which the effects depend. */
export function choicesIn(outstanding: OutstandingEffects): ReadonlySet<string> {
  if (!outstanding?.open) return NONE;
  const known = choicesOf.get(outstanding);
  if (known) return known;
  const { top, rest } = outstanding;
  const below = choicesIn(rest);
  const own = new Set(top.kind === "either" ? [top.choice] : []);
  if (top.kind !== "effect") for (const each of within(top)) for (const choice of choicesIn(each)) own.add(choice);
  const found = [...own].every((choice) => below.has(choice)) ? below : new Set([...below, ...own]);
  choicesOf.set(outstanding, found);
  return found;
}

/** Pushes a fork, unless it is empty. */
export function pushFork(branches: readonly OutstandingEffects[], rest: OutstandingEffects): OutstandingEffects {
  return branches.every((branch) => branch === null) ? rest : push({ kind: "fork", branches }, rest);
}

/** Pushes a choice between several stacks, or the stack itself if all are equal. */
export function pushEither(
  choice: string,
  outstanding: readonly OutstandingEffects[],
  rest: OutstandingEffects,
): OutstandingEffects {
  const [first = null] = outstanding;
  return outstanding.every((each) => each === first)
    ? stack(first, rest)
    : push({ kind: "either", choice, outstanding }, rest);
}

/** Puts one stack on top of another. */
export const stack = (above: OutstandingEffects, below: OutstandingEffects): OutstandingEffects =>
  above && below ? push(above.top, stack(above.rest, below)) : (above ?? below);

/** The error that asks the search to decide an open choice. */
export const needsOne = ({ choice, outstanding }: Either): NeedsChoice =>
  new NeedsChoice(choice, outstanding.map(idOf));

/**
 * The effects that are not reported, the last one first, each with whether it is in a fork.
 * @throws NeedsChoice if that depends on an open choice
 */
export function effectsOf(
  outstanding: OutstandingEffects,
  forked = false,
): readonly (Effect & { readonly forked: boolean })[] {
  const found: (Effect & { readonly forked: boolean })[] = [];
  for (let at = outstanding; at; at = at.rest) {
    const { top } = at;
    if (top.kind === "either") throw needsOne(top);
    if (top.kind === "fork") for (const branch of top.branches) found.push(...effectsOf(branch, true));
    else if (!top.told) found.push({ ...top, forked });
  }
  return found;
}

/** Whether a stack may have an effect that passes the test. */
export function mayHave(
  outstanding: OutstandingEffects,
  test: (effect: Effect) => boolean,
  seen = new Set<OutstandingEffects>(),
): boolean {
  for (let at = outstanding; at && !seen.has(at); at = at.rest) {
    seen.add(at);
    const { top } = at;
    if (top.kind === "effect") {
      if (test(top)) return true;
    } else if (within(top).some((inner) => mayHave(inner, test, seen))) return true;
  }
  return false;
}

/** Whether a stack may have an effect of one of these actions. */
export const mentions = (outstanding: OutstandingEffects, actions: ReadonlySet<string>): boolean =>
  mayHave(outstanding, ({ action }) => actions.has(action));

/** The least number of effects that are not reported. */
export function leastOf(outstanding: OutstandingEffects): number {
  const known = new Map<OutstandingEffects, number>();
  const count = (of: OutstandingEffects): number => {
    if (!of) return 0;
    const before = known.get(of);
    if (before !== undefined) return before;
    const { top, rest } = of;
    const own =
      top.kind === "effect"
        ? Number(!top.told)
        : top.kind === "fork"
          ? top.branches.reduce((sum, branch) => sum + count(branch), 0)
          : Math.min(...top.outstanding.map(count));
    known.set(of, own + count(rest));
    return own + count(rest);
  };
  return count(outstanding);
}

/** The effects that an undo takes back: those of the known callers, or all calls of the actions. */
export interface Sought {
  readonly actions: ReadonlySet<string>;
  readonly instances: ReadonlySet<string> | undefined;
}

export const isSought = ({ action, instance }: Effect, { actions, instances }: Sought): boolean =>
  actions.has(action) && (instances === undefined || instances.has(instance));

/** Whether a stack certainly has an effect to undo. */
const isOpen = (outstanding: OutstandingEffects): boolean => {
  for (let at = outstanding; at; at = at.rest) {
    const { top } = at;
    if (top.kind === "effect" ? !top.told : top.kind === "fork" && top.branches.some(isOpen)) return true;
  }
  return false;
};

/**
 * Whether a fork has nothing to undo, so that the effects below it may be undone.
 * @throws NeedsChoice if that depends on an open choice
 */
function isOver({ branches }: Fork): boolean {
  if (branches.some(isOpen)) return false;
  const open = branches.map(firstEither).find((either) => either !== undefined);
  if (open) throw needsOne(open);
  return true;
}

/** The first choice in a stack. */
function firstEither(outstanding: OutstandingEffects): Either | undefined {
  for (let at = outstanding; at; at = at.rest) {
    const { top } = at;
    if (top.kind === "either") return top;
    const inner = top.kind === "fork" ? top.branches.map(firstEither).find((found) => found !== undefined) : undefined;
    if (inner) return inner;
  }
  return undefined;
}

/** Puts back an element that does not block an undo. An empty fork is dropped, unless it must keep its place. */
function putBack(top: Effect | Fork, rest: OutstandingEffects, keepFork: boolean): OutstandingEffects {
  const empty = top.kind === "fork" && !mayHave(push(top, null), () => true);
  return empty && !keepFork ? rest : push(top, rest);
}

/**
 * Changes an effect that is on top, as S1 requires of an undo: no later effect is outstanding. Undefined if the effect is
 * absent or not on top.
 *
 * @param keepFork Keeps an empty fork in its place, so that its branches keep their places.
 * @throws NeedsChoice if that depends on an open choice
 */
export function onTop(
  outstanding: OutstandingEffects,
  sought: Sought,
  change: (effect: Effect) => Effect | undefined,
  keepFork = false,
): { readonly outstanding: OutstandingEffects } | undefined {
  if (!outstanding) return undefined;
  const { top, rest } = outstanding;
  if (top.kind === "either") throw needsOne(top);
  if (top.kind === "effect" && isSought(top, sought)) {
    const changed = change(top);
    return { outstanding: changed ? push(changed, rest) : rest };
  }
  if (top.kind === "fork") {
    for (const [index, branch] of top.branches.entries()) {
      if (!mayHave(branch, (effect) => isSought(effect, sought))) continue;
      const found = onTop(branch, sought, change);
      if (!found) continue;
      const branches = top.branches.with(index, found.outstanding);
      return { outstanding: keepFork ? push({ kind: "fork", branches }, rest) : pushFork(branches, rest) };
    }
  }
  if (!mayHave(rest, (effect) => isSought(effect, sought))) return undefined;
  if (top.kind === "effect" ? !top.told : !isOver(top)) return undefined;
  const below = onTop(rest, sought, change, keepFork);
  return below && { outstanding: putBack(top, below.outstanding, keepFork) };
}

/**
 * The part of a fork with the effects of these actions. Null if it has none.
 * @param only The only branch that the caller undoes.
 */
export function project(
  { branches }: Fork,
  actions: ReadonlySet<string>,
  only: number | undefined,
): OutstandingEffects {
  const concerned = branches.map((branch, index) =>
    (only === undefined || index === only) && mentions(branch, actions) ? branch : null,
  );
  return pushFork(concerned, null);
}

/** A fork within the outstanding effects, with a function that puts the rest of it back. */
export interface Focus {
  readonly fork: Fork;
  readonly rebuild: (branches: readonly OutstandingEffects[]) => OutstandingEffects;
}

/**
 * The fork on top with effects of these actions. In a level that was given a fork to undo, it is the fork on top in a branch
 * of the given one.
 * @throws NeedsChoice if that depends on an open choice
 */
export function focusOn(
  outstanding: OutstandingEffects,
  actions: ReadonlySet<string>,
  keepFork: boolean,
): Focus | undefined {
  if (!outstanding || !mentions(outstanding, actions)) return undefined;
  const { top, rest } = outstanding;
  if (top.kind === "either") throw needsOne(top);
  const concerned =
    top.kind === "fork" ? top.branches.flatMap((branch, index) => (mentions(branch, actions) ? [index] : [])) : [];
  const [only, ...others] = concerned;
  if (only === undefined || top.kind === "effect") {
    if (top.kind === "effect" ? !top.told : !isOver(top)) return undefined;
    const below = focusOn(rest, actions, false);
    return below && { fork: below.fork, rebuild: (branches) => putBack(top, below.rebuild(branches), keepFork) };
  }
  const back = (branches: readonly OutstandingEffects[]): OutstandingEffects =>
    keepFork ? push({ kind: "fork", branches }, rest) : pushFork(branches, rest);
  const given = keepFork && rest === null && others.length === 0;
  const inner = given ? focusOn(top.branches[only] ?? null, actions, false) : undefined;
  if (!inner) return { fork: top, rebuild: back };
  return { fork: inner.fork, rebuild: (branches) => back(top.branches.with(only, inner.rebuild(branches))) };
}

/** The effects above the lowest fork, and that fork. */
export function split(outstanding: OutstandingEffects): { readonly above: OutstandingEffects; readonly base: Fork } {
  if (outstanding?.rest) {
    const { above, base } = split(outstanding.rest);
    return { above: push(outstanding.top, above), base };
  }
  if (outstanding?.top.kind !== "fork") throw new Error("the fork that a branch was given is gone");
  return { above: null, base: outstanding.top };
}

/** A change of all parts of a stack. */
interface Rewriting {
  /** Whether a part may change. Without it, every part is visited. */
  readonly concerns?: (of: Effects) => boolean;
  readonly effect?: (effect: Effect) => Effect;
  readonly either?: (
    either: Either,
    rest: OutstandingEffects,
    inner: (of: OutstandingEffects) => OutstandingEffects,
  ) => OutstandingEffects;
}

/** A stack with its effects or its choices changed at every depth. A shared part is changed once. */
function rewritten(
  outstanding: OutstandingEffects,
  {
    concerns = () => true,
    effect = (same) => same,
    either = ({ choice, outstanding: ways }, rest, inner) => pushEither(choice, ways.map(inner), rest),
  }: Rewriting,
): OutstandingEffects {
  const done = new Map<OutstandingEffects, OutstandingEffects>();
  const inner = (of: OutstandingEffects): OutstandingEffects => {
    if (!of || !concerns(of)) return of;
    const known = done.get(of);
    if (known !== undefined) return known;
    const { top } = of;
    const rest = inner(of.rest);
    const made =
      top.kind === "effect"
        ? push(effect(top), rest)
        : top.kind === "fork"
          ? push({ kind: "fork", branches: top.branches.map(inner) }, rest)
          : either(top, rest, inner);
    done.set(of, made);
    return made;
  };
  return inner(outstanding);
}

/** A stack with the alternatives of a choice reduced. */
export function narrowEffects(outstanding: OutstandingEffects, { choice, indices, to }: Narrowed): OutstandingEffects {
  const concerns = (of: OutstandingEffects): boolean => choicesIn(of).has(choice);
  if (!concerns(outstanding)) return outstanding;
  return rewritten(outstanding, {
    concerns,
    either: (either, rest, inner) =>
      either.choice === choice
        ? pushEither(
            to,
            indices.map((index) => inner(either.outstanding[index] ?? null)),
            rest,
          )
        : pushEither(either.choice, either.outstanding.map(inner), rest),
  });
}

/** A stack with its choices renamed. */
export const renameEffects = (outstanding: OutstandingEffects, rename: Rename): OutstandingEffects =>
  rename === SAME_NAMES
    ? outstanding
    : rewritten(outstanding, {
        concerns: ({ open }) => open,
        either: (either, rest, inner) => pushEither(rename(either.choice), either.outstanding.map(inner), rest),
      });

/** A stack with all effects changed, at every depth. */
export const changeEffects = (
  outstanding: OutstandingEffects,
  effect: (effect: Effect) => Effect,
): OutstandingEffects => rewritten(outstanding, { effect });

const told = (effect: Effect): Effect => ({ ...effect, told: true });

/**
 * Marks the outstanding effects that began after some effects as reported.
 * @throws NeedsChoice if an open choice decides which they are
 */
export function tellAbove(outstanding: OutstandingEffects, isBelow: (effect: Effect) => boolean): OutstandingEffects {
  if (!outstanding) return null;
  const { top, rest } = outstanding;
  if (top.kind === "either") throw needsOne(top);
  if (top.kind === "effect") return isBelow(top) ? outstanding : push(told(top), tellAbove(rest, isBelow));
  if (!mayHave(push(top, null), isBelow)) {
    return push(
      { kind: "fork", branches: top.branches.map((each) => changeEffects(each, told)) },
      tellAbove(rest, isBelow),
    );
  }
  const branches = top.branches.map((each) => (mayHave(each, isBelow) ? tellAbove(each, isBelow) : each));
  return push({ kind: "fork", branches }, rest);
}

/**
 * The last effect that is not reported.
 * @throws NeedsChoice if that depends on an open choice
 */
export function firstOpen(outstanding: OutstandingEffects): Effect | undefined {
  for (let at = outstanding; at; at = at.rest) {
    const { top } = at;
    if (top.kind === "either") throw needsOne(top);
    const found = top.kind === "effect" ? (top.told ? undefined : top) : firstIn(top.branches);
    if (found) return found;
  }
  return undefined;
}

function firstIn(branches: readonly OutstandingEffects[]): Effect | undefined {
  for (const branch of branches) {
    const found = firstOpen(branch);
    if (found) return found;
  }
  return undefined;
}

/** An effect that a stack may have and that passes the test. */
export function anyEffect(outstanding: OutstandingEffects, test: (effect: Effect) => boolean): Effect | undefined {
  let found: Effect | undefined;
  mayHave(outstanding, (effect) => {
    if (test(effect)) found = effect;
    return found !== undefined;
  });
  return found;
}

/** The first choice in a stack whose name passes the test. */
export function eitherOf(outstanding: OutstandingEffects, isWanted: (choice: string) => boolean): Either | undefined {
  for (let at = outstanding; at; at = at.rest) {
    const { top } = at;
    if (top.kind === "effect") continue;
    if (top.kind === "either" && isWanted(top.choice)) return top;
    for (const each of within(top)) {
      const found = eitherOf(each, isWanted);
      if (found) return found;
    }
  }
  return undefined;
}

/** The common lower part of several stacks. */
function commonRest(all: readonly OutstandingEffects[]): OutstandingEffects {
  const depth = Math.min(...all.map((each) => each?.depth ?? 0));
  let level = all.map((each) => {
    let at = each;
    while (at && at.depth > depth) at = at.rest;
    return at;
  });
  while (level.some((each) => each !== level[0])) level = level.map((each) => each?.rest ?? null);
  return level[0] ?? null;
}

function above(outstanding: OutstandingEffects, base: OutstandingEffects): OutstandingEffects {
  return outstanding === base || !outstanding ? null : push(outstanding.top, above(outstanding.rest, base));
}

/** Merges several stacks. The choice is as deep as possible: forks are merged branch by branch. */
export function mergeEffects(choice: string, all: readonly OutstandingEffects[]): OutstandingEffects {
  const base = commonRest(all);
  const tops = all.map((each) => above(each, base));
  const forks = tops.flatMap((each) => (each?.top.kind === "fork" && !each.rest ? [each.top.branches] : []));
  const [first] = forks;
  if (first && forks.length === all.length && forks.every(({ length }) => length === first.length)) {
    const branches = first.map((_, index) =>
      mergeEffects(
        choice,
        forks.map((fork) => fork[index] ?? null),
      ),
    );
    return push({ kind: "fork", branches }, base);
  }
  return pushEither(choice, tops, base);
}
