import { NeedsChoice } from "./value";

/** An effect of the saga that no undo has taken back. */
export interface Effect {
  readonly kind: "effect";
  /** The state of the action. */
  readonly action: string;
  /** The caller's name: the action's, and in a list with the item's index. */
  readonly instance: string;
  /**
   * Certain; or in doubt, as after a timeout: it happened, or didn't, or will yet; or still there after its undo failed,
   * and something caught that.
   */
  readonly status: "done" | "doubtful" | "undoFailed";
}

/** What the branches of a Parallel, or the items of a Map, have done at once; null for one with nothing to undo. */
export interface Fork {
  readonly kind: "fork";
  readonly branches: readonly OutstandingEffects[];
}

/** One of several, by how a branch has ended. */
export interface Either {
  readonly kind: "either";
  readonly choice: string;
  readonly outstanding: readonly OutstandingEffects[];
}

/** The effects of a level in the order in which they began, the last one on top. The same effects are the same object. */
export interface Effects {
  readonly id: number;
  readonly top: Effect | Fork | Either;
  readonly rest: OutstandingEffects;
  readonly depth: number;
}

export type OutstandingEffects = Effects | null;

const interned = new Map<string, Effects>();
let ids = 0;

/** Forgets all effects: before a search, so that one does not grow by another's. */
export function forgetEffects(): void {
  interned.clear();
}

export const idOf = (outstanding: OutstandingEffects): number => outstanding?.id ?? -1;

function nameOf(top: Effects["top"]): string {
  if (top.kind === "effect") return `${top.action}/${top.instance}/${top.status}`;
  return top.kind === "fork"
    ? `[${top.branches.map(idOf).join()}]`
    : `<${top.choice}:${top.outstanding.map(idOf).join()}>`;
}

export function push(top: Effects["top"], rest: OutstandingEffects): Effects {
  const key = `${nameOf(top)} ${idOf(rest)}`;
  const known = interned.get(key);
  if (known) return known;
  const made = { id: ids++, top, rest, depth: 1 + (rest?.depth ?? 0) };
  interned.set(key, made);
  return made;
}

/** Puts a fork on top, unless nothing in it is left to undo. */
export function pushFork(branches: readonly OutstandingEffects[], rest: OutstandingEffects): OutstandingEffects {
  return branches.every((branch) => branch === null) ? rest : push({ kind: "fork", branches }, rest);
}

/**
 * Every effect, the last one first, and whether it is in a fork.
 * @throws NeedsChoice where that depends on how a branch has ended
 */
export function effectsOf(
  outstanding: OutstandingEffects,
  forked = false,
): readonly (Effect & { readonly forked: boolean })[] {
  const found: (Effect & { readonly forked: boolean })[] = [];
  for (let at = outstanding; at; at = at.rest) {
    if (at.top.kind === "either") throw new NeedsChoice(at.top.choice);
    if (at.top.kind === "effect") found.push({ ...at.top, forked });
    else for (const branch of at.top.branches) found.push(...effectsOf(branch, true));
  }
  return found;
}

/** Whether there may be such an effect in it. */
export function mayHave(outstanding: OutstandingEffects, test: (effect: Effect) => boolean): boolean {
  for (let at = outstanding; at; at = at.rest) {
    const { top } = at;
    if (top.kind === "effect") {
      if (test(top)) return true;
    } else if ((top.kind === "fork" ? top.branches : top.outstanding).some((inner) => mayHave(inner, test)))
      return true;
  }
  return false;
}

/** Whether there may be an effect of one of these actions in it. */
export const mentions = (outstanding: OutstandingEffects, actions: ReadonlySet<string>): boolean =>
  mayHave(outstanding, ({ action }) => actions.has(action));

/** What an undo looks for: the callers' names where they are known, else any call of the actions. */
export interface Sought {
  readonly actions: ReadonlySet<string>;
  readonly instances: ReadonlySet<string> | undefined;
}

export const isSought = ({ action, instance }: Effect, { actions, instances }: Sought): boolean =>
  actions.has(action) && (instances === undefined || instances.has(instance));

/**
 * Changes the effect that is sought, where S1 allows it to be undone: where nothing began after it. Undefined where it
 * is not there, or not on top.
 *
 * @param keepFork Leaves a fork in its place when nothing in it is left, so that its branches keep their places.
 * @throws NeedsChoice where that depends on how a branch has ended
 */
export function onTop(
  outstanding: OutstandingEffects,
  sought: Sought,
  change: (effect: Effect) => Effect | undefined,
  keepFork = false,
): { readonly outstanding: OutstandingEffects } | undefined {
  if (!outstanding) return undefined;
  const { top, rest } = outstanding;
  if (top.kind === "either") throw new NeedsChoice(top.choice);
  if (top.kind === "effect") {
    if (!isSought(top, sought)) return undefined;
    const changed = change(top);
    return { outstanding: changed ? push(changed, rest) : rest };
  }
  if (isEmpty(top)) {
    const below = onTop(rest, sought, change);
    return below && keepFork ? { outstanding: push(top, below.outstanding) } : below;
  }
  for (const [index, branch] of top.branches.entries()) {
    if (!mayHave(branch, (effect) => isSought(effect, sought))) continue;
    const found = onTop(branch, sought, change);
    if (!found) continue;
    const branches = top.branches.with(index, found.outstanding);
    return { outstanding: keepFork ? push({ kind: "fork", branches }, rest) : pushFork(branches, rest) };
  }
  const choice = firstChoice(top);
  if (choice !== undefined && mayHave(rest, (effect) => isSought(effect, sought))) throw new NeedsChoice(choice);
  return undefined;
}

/** Whether nothing in a fork is left to undo. */
const isEmpty = ({ branches }: Fork): boolean =>
  branches.every((branch) => branch === null || (branch.top.kind === "fork" && !branch.rest && isEmpty(branch.top)));

/**
 * The part of a fork that somebody who undoes these actions is concerned with, alone; null where there is none.
 * @param only The one branch that it says it is about.
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

/** A choice that is still open in a fork. */
function firstChoice({ branches }: Fork): string | undefined {
  for (const branch of branches) {
    for (let at = branch; at; at = at.rest) {
      if (at.top.kind === "either") return at.top.choice;
      const within = at.top.kind === "fork" ? firstChoice(at.top) : undefined;
      if (within !== undefined) return within;
    }
  }
  return undefined;
}

/** A fork in the midst of what is outstanding, and how to put back what is left of it. */
export interface Focus {
  readonly fork: Fork;
  readonly rebuild: (branches: readonly OutstandingEffects[]) => OutstandingEffects;
}

/**
 * The fork on top that somebody who undoes these actions is concerned with. In a level that was given a fork to undo, it
 * is the one on top in that one's branch.
 * @throws NeedsChoice where that depends on how a branch has ended
 */
export function focusOn(
  outstanding: OutstandingEffects,
  actions: ReadonlySet<string>,
  keepFork: boolean,
): Focus | undefined {
  if (!outstanding || !mentions(outstanding, actions)) return undefined;
  const { top, rest } = outstanding;
  if (top.kind === "either") throw new NeedsChoice(top.choice);
  if (top.kind !== "fork") return undefined;
  const concerned = top.branches.flatMap((branch, index) => (mentions(branch, actions) ? [index] : []));
  const [only, ...others] = concerned;
  if (only === undefined) {
    const choice = firstChoice(top);
    if (choice !== undefined) throw new NeedsChoice(choice);
    return isEmpty(top) ? focusOn(rest, actions, false) : undefined;
  }
  const back = (branches: readonly OutstandingEffects[]): OutstandingEffects =>
    keepFork ? push({ kind: "fork", branches }, rest) : pushFork(branches, rest);
  const given = keepFork && rest === null && others.length === 0;
  const inner = given ? focusOn(top.branches[only] ?? null, actions, false) : undefined;
  if (!inner) return { fork: top, rebuild: back };
  return { fork: inner.fork, rebuild: (branches) => back(top.branches.with(only, inner.rebuild(branches))) };
}

/** What stands above the lowest fork, and that fork. */
export function split(outstanding: OutstandingEffects): { readonly above: OutstandingEffects; readonly base: Fork } {
  if (outstanding?.rest) {
    const { above, base } = split(outstanding.rest);
    return { above: push(outstanding.top, above), base };
  }
  if (outstanding?.top.kind !== "fork") throw new Error("the fork that a branch was given is gone");
  return { above: null, base: outstanding.top };
}

/** The same with every choice changed: into effects of its own, or into another choice. */
export function changeEither(
  outstanding: OutstandingEffects,
  change: (either: Either) => OutstandingEffects | Either,
): OutstandingEffects {
  if (!outstanding) return null;
  const rest = changeEither(outstanding.rest, change);
  const { top } = outstanding;
  if (top.kind === "effect") return push(top, rest);
  if (top.kind === "fork") {
    const branches = top.branches.map((branch) => changeEither(branch, change));
    return push({ kind: "fork", branches }, rest);
  }
  const changed = change(top);
  if (changed && "kind" in changed) return push(changed, rest);
  return stack(changed, rest);
}

/** One on top of the other. */
export const stack = (above: OutstandingEffects, below: OutstandingEffects): OutstandingEffects =>
  above ? push(above.top, stack(above.rest, below)) : below;
