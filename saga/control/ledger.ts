import { type Declaration, type DeclaredCall, undoOf } from "../asl/declaration";
import { COMPENSATED } from "./outcome";
import { type Failure, type Story, triesOf, type Try, type Visit } from "./story";

/**
 * What stands of a step's effect, as far as a history tells.
 *
 * - `not begun`: nothing has been called.
 * - `in progress`: it is being called, or will be tried again. It may have taken effect already.
 * - `in doubt`: the call has failed or was cut off, and may have taken effect, or may yet (S2).
 * - `refused`: the call has failed with an error that the saga declares as definite. Nothing has happened.
 * - `live`: it has taken effect, and no undo is known to have succeeded.
 * - `confirmed`: live, and so is the call that confirms it.
 * - `released`: ended on the way to success, as a lock is.
 * - `undone`: its undo has succeeded.
 * - `tombstoned`: its undo has succeeded, though it may never have happened: should it come yet, it is refused (S3).
 */
export type EffectStatus =
  "not begun" | "in progress" | "in doubt" | "refused" | "live" | "confirmed" | "released" | "undone" | "tombstoned";

/** The effect of one step; in a list, of one item. */
export interface Entry {
  readonly step: string;
  /** `RentCar[1]`; the step's name alone where it is in no list, or the list has not begun. */
  readonly instance: string;
  readonly status: EffectStatus;
  /** The event since which it has that status; 0 where that is so from the beginning. */
  readonly since: number;
  readonly role: DeclaredCall["role"];
  /** Why the call failed. */
  readonly error?: Failure;
  /** The undo, once it has begun. Where it has failed, it may have taken the effect back nonetheless. */
  readonly undo?: {
    readonly state: string;
    readonly status: "in progress" | "failed" | "done";
    readonly since: number;
    readonly error?: Failure;
  };
}

/** What of an effect may still have to be undone: it is there, or may be. */
export const isOutstanding = ({ status }: Pick<Entry, "status">): boolean => OUTSTANDING.has(status);
const OUTSTANDING: ReadonlySet<EffectStatus> = new Set(["in progress", "in doubt", "live", "confirmed"]);

/**
 * The effects of an execution at a moment, in the order in which the declaration has the steps, and items in theirs.
 * Queries have none.
 * @param before The effects of the execution that this one recovers, where that one's history is at hand (S12).
 */
export function ledgerAt(
  story: Story,
  declaration: Declaration,
  eventId: number,
  before: readonly Entry[] = foundBy(story, declaration),
): readonly Entry[] {
  const ledger = new Ledger(before);
  for (const { at, apply } of changesOf(story, declaration)) {
    if (at > eventId) break;
    apply(ledger);
  }
  return ledger.entries(declaration);
}

/** What an event changes. */
interface Change {
  readonly at: number;
  readonly apply: (ledger: Ledger) => void;
}

/** By a story and a declaration, so that going back and forth in a long history costs little. */
const cache = new WeakMap<Story, WeakMap<Declaration, readonly Change[]>>();

function changesOf(story: Story, declaration: Declaration): readonly Change[] {
  const ofStory = cache.get(story) ?? new WeakMap<Declaration, readonly Change[]>();
  cache.set(story, ofStory);
  const cached = ofStory.get(declaration);
  if (cached) return cached;
  const changes = [...story.path.flatMap((visit) => changesBy(visit, { story, declaration })), ...endsOf(story)].sort(
    (one, other) => one.at - other.at,
  );
  ofStory.set(declaration, changes);
  return changes;
}

interface Reading {
  readonly story: Story;
  readonly declaration: Declaration;
}

/** What the visit of a call, of an undo, of what releases something, or of a list changes. */
function changesBy(visit: Visit, { story, declaration }: Reading): readonly Change[] {
  const { calls } = declaration;
  const { state, length, enteredAt, items } = visit;
  if (visit.type === "Map") {
    // All of its items are there from now on, though not begun.
    const steps = Object.keys(calls).filter((name) => story.spots.get(name)?.maps.at(-1) === state);
    const each = Array.from({ length: length ?? 0 }, (_, index) => [...items, index]);
    return [
      {
        at: enteredAt,
        apply: (ledger) => {
          ledger.list(steps, each);
        },
      },
    ];
  }
  const call = Object.hasOwn(calls, state) ? calls[state] : undefined;
  if (call) return call.role === "query" ? [] : changesByCall(visit, call);
  const names = Object.keys(calls);
  const released = names.filter((name) => calls[name]?.release === state);
  const undone = names.filter((name) => undoOf(declaration, name) === state);
  if (released.length > 0 && (undone.length === 0 || visit.side === "forward")) {
    return triesOf(visit).flatMap(({ outcome, ended = 0 }) =>
      outcome === "succeeded"
        ? [
            {
              at: ended,
              apply: (ledger: Ledger) => {
                ledger.release(released, visit, ended);
              },
            },
          ]
        : [],
    );
  }
  return undone.length > 0 ? changesByUndo(visit, undone) : [];
}

function changesByCall(visit: Visit, { definite = [], confirms }: DeclaredCall): readonly Change[] {
  const { leftAt } = visit;
  return [
    ...triesOf(visit).flatMap((each): readonly Change[] => {
      const { scheduled, ended } = each;
      const begun: Change = {
        at: scheduled,
        apply: (ledger) => {
          ledger.call(visit, scheduled);
        },
      };
      if (ended === undefined) return [begun];
      return [
        begun,
        {
          at: ended,
          apply: (ledger) => {
            ledger.answer(visit, each, { definite, confirms });
          },
        },
      ];
    }),
    ...(leftAt === undefined
      ? []
      : [
          {
            at: leftAt,
            apply: (ledger: Ledger) => {
              ledger.giveUp(visit, leftAt);
            },
          },
        ]),
  ];
}

function changesByUndo(visit: Visit, undone: readonly string[]): readonly Change[] {
  const { leftAt } = visit;
  return [
    ...triesOf(visit).flatMap(({ scheduled, ended = 0, outcome }): readonly Change[] => [
      {
        at: scheduled,
        apply: (ledger) => {
          ledger.beginUndo(undone, visit, scheduled);
        },
      },
      ...(outcome === "succeeded"
        ? [
            {
              at: ended,
              apply: (ledger: Ledger) => {
                ledger.undo(undone, visit, ended);
              },
            },
          ]
        : []),
    ]),
    ...(leftAt === undefined
      ? []
      : [
          {
            at: leftAt,
            apply: (ledger: Ledger) => {
              ledger.stopUndo(visit, leftAt);
            },
          },
        ]),
  ];
}

/** Where an execution ends, nothing is in progress any more: of what was, nobody hears the answer (S12). */
const endsOf = ({ turns }: Story): readonly Change[] =>
  turns.flatMap(({ at, outcome }) =>
    outcome === "running"
      ? []
      : [
          {
            at,
            apply: (ledger: Ledger) => {
              ledger.end(at);
            },
          },
        ],
  );

type Effect = { -readonly [Field in keyof Omit<Entry, "role">]: Entry[Field] } & {
  readonly indexes: readonly number[];
  /** Whether a try may have taken effect without saying so. */
  doubt: boolean;
};

class Ledger {
  /** By the step and its indexes. */
  private readonly effects = new Map<string, Effect>();
  /** The steps of a list that has begun: one of no items has no effects. */
  private readonly listed = new Set<string>();
  /** What each visit is undoing: the same effects from its beginning to its end. */
  private readonly undoing = new Map<Visit, readonly Effect[]>();

  constructor(before: readonly Entry[]) {
    for (const { step, instance, status, error, undo } of before) {
      // An undo that failed there is none of this execution's.
      const done = undo?.status === "done" ? { undo } : {};
      const indexes = indexesIn(instance);
      this.effects.set(instance, {
        step,
        instance,
        indexes,
        status,
        since: 0,
        doubt: true,
        ...done,
        ...(error && { error }),
      });
    }
  }

  entries({ calls }: Declaration): readonly Entry[] {
    const all = [...this.effects.values()];
    return Object.entries(calls).flatMap(([step, { role }]): readonly Entry[] => {
      if (role === "query") return [];
      const found = all.filter((effect) => effect.step === step);
      if (found.length === 0) {
        return this.listed.has(step) ? [] : [{ step, instance: step, status: "not begun", since: 0, role }];
      }
      // Of a list whose items are known by now, what was said of all of it stands no more.
      const depth = Math.max(...found.map(({ indexes }) => indexes.length));
      return found
        .filter(({ indexes }) => indexes.length === depth)
        .sort((one, other) => compare(one.indexes, other.indexes))
        .map((effect) => entryOf(effect, role));
    });
  }

  list(steps: readonly string[], items: readonly (readonly number[])[]): void {
    for (const step of steps) {
      this.listed.add(step);
      for (const indexes of items) this.effect(step, indexes);
    }
  }

  call({ state, items }: Visit, at: number): void {
    const effect = this.effect(state, items);
    // What is there already, such as after a lost redrive, is not less there because it is called again.
    if (effect.status !== "live" && effect.status !== "confirmed") become(effect, "in progress", at);
    delete effect.error;
  }

  answer(
    { state, items }: Visit,
    { outcome, ended = 0, error, cause, ...tried }: Try,
    { definite, confirms }: { definite: readonly string[]; confirms: string | undefined },
  ): void {
    const effect = this.effect(state, items);
    if (outcome === "succeeded") {
      effect.doubt = false;
      become(effect, "live", ended);
      if (confirms !== undefined) this.confirm(confirms, items, ended);
      return;
    }
    if (error !== undefined) effect.error = { error, ...(cause !== undefined && { cause }) };
    // A child saga that fails has undone itself: no more of it is there than of an undone step.
    if (tried.function === undefined && hasCompensatedItself(cause)) {
      effect.doubt = false;
      become(effect, "undone", ended);
    }
    // Nothing has happened on any try, says a definite error.
    else effect.doubt = error === undefined || !definite.includes(error);
  }

  /** No further try of the call is made: what is left is what is known of it. */
  giveUp({ state, items }: Visit, at: number): void {
    const effect = this.effect(state, items);
    if (effect.status === "in progress") become(effect, effect.doubt ? "in doubt" : "refused", at);
  }

  release(steps: readonly string[], visit: Visit, at: number): void {
    for (const effect of this.concerned(steps, visit)) become(effect, "released", at);
  }

  beginUndo(steps: readonly string[], visit: Visit, since: number): void {
    const effects = this.undoing.get(visit) ?? this.concerned(steps, visit);
    this.undoing.set(visit, effects);
    for (const effect of effects) effect.undo = { state: visit.state, status: "in progress", since };
  }

  undo(steps: readonly string[], visit: Visit, at: number): void {
    for (const effect of this.undoing.get(visit) ?? this.concerned(steps, visit)) {
      const { status } = effect;
      effect.undo = { state: visit.state, status: "done", since: at };
      if (status === "undone" || status === "tombstoned") continue;
      const happened = status === "live" || status === "confirmed" || status === "released";
      effect.doubt = false;
      become(effect, happened ? "undone" : "tombstoned", at);
    }
  }

  /** The undo is left: without success, if it has not succeeded by now. */
  stopUndo(visit: Visit, since: number): void {
    for (const effect of this.undoing.get(visit) ?? []) {
      if (effect.undo?.status !== "in progress") continue;
      effect.undo = { state: visit.state, status: "failed", since, ...(visit.error && { error: visit.error }) };
    }
  }

  end(at: number): void {
    for (const visit of this.undoing.keys()) this.stopUndo(visit, at);
    for (const effect of this.effects.values()) {
      if (effect.status === "in progress") become(effect, effect.doubt ? "in doubt" : "refused", at);
    }
  }

  private confirm(step: string, items: readonly number[], at: number): void {
    const effect = this.effects.get(step + spelled(items));
    if (effect?.status === "live") become(effect, "confirmed", at);
  }

  private effect(step: string, indexes: readonly number[]): Effect {
    const instance = step + spelled(indexes);
    const known = this.effects.get(instance);
    if (known) return known;
    const effect: Effect = {
      step,
      instance,
      indexes,
      status: "not begun",
      since: 0,
      doubt: false,
    };
    this.effects.set(instance, effect);
    return effect;
  }

  /** The effects that an undo undoes: of its own item, where it is in a list; else all that there are of its steps. */
  private concerned(steps: readonly string[], visit: Visit): readonly Effect[] {
    return steps.flatMap((step) => {
      const own = visit.step === undefined ? undefined : this.effects.get(step + spelled(indexesIn(visit.step)));
      if (own && own.indexes.length > 0) return [own];
      const all = [...this.effects.values()].filter((effect) => effect.step === step);
      const indexes = visit.step === undefined ? itemUndone(visit, all) : indexesIn(visit.step);
      const found = all.filter((effect) => indexes.every((index, at) => effect.indexes[at] === index));
      return found.length > 0 ? found : [this.effect(step, indexes)];
    });
  }
}

function entryOf({ step, instance, status, since, error, undo }: Effect, role: Entry["role"]): Entry {
  return { step, instance, status, since, role, ...(error && { error }), ...(undo && { undo }) };
}

function become(effect: Effect, status: EffectStatus, since: number): void {
  if (effect.status === status) return;
  effect.status = status;
  effect.since = since;
}

/**
 * The item that an undo undoes whose call does not say so. A list of undos has an item for each that was begun, or for all
 * of them where it is not known which were.
 */
function itemUndone({ items, within }: Visit, effects: readonly Effect[]): readonly number[] {
  if (items.length !== 1 || within?.length === undefined || within.length === effects.length) return items;
  const begun = effects
    .filter(({ status }) => status !== "not begun" && status !== "refused")
    .sort((one, other) => compare(one.indexes, other.indexes));
  return begun[items[0] as number]?.indexes ?? items;
}

/** What the execution that is recovered had, as far as the recovery's input tells: results that its undos read. */
function foundBy({ recovers, input }: Story, { calls }: Declaration): readonly Entry[] {
  if (recovers === undefined) return [];
  const entries: Entry[] = [];
  const read = (level: unknown, items: readonly number[]): void => {
    if (!isFields(level)) return;
    for (const step of Object.keys(isFields(level["results"]) ? level["results"] : {})) {
      const role = Object.hasOwn(calls, step) ? calls[step]?.role : undefined;
      if (role !== undefined && role !== "query")
        entries.push({ step, instance: step + spelled(items), status: "live", since: 0, role });
    }
    for (const list of Object.values(isFields(level["items"]) ? level["items"] : {})) {
      for (const [index, item] of Object.entries(isFields(list) ? list : {})) read(item, [...items, Number(index)]);
    }
  };
  read(input, []);
  const known = new Set(entries.map(({ step }) => step));
  for (const [step, { role }] of Object.entries(calls)) {
    // What the history told of it was no result that an undo reads: it may have happened or not.
    if (role === "compensable" || role === "pivot") {
      if (!known.has(step)) entries.push({ step, instance: step, status: "in doubt", since: 0, role });
    }
  }
  return entries;
}

/** A child's failure tells how its execution has ended. */
function hasCompensatedItself(cause: string | undefined): boolean {
  try {
    const told = JSON.parse(cause ?? "") as unknown;
    return isFields(told) && "ExecutionArn" in told && told["Error"] === COMPENSATED;
  } catch {
    return false;
  }
}

const spelled = (indexes: readonly number[]): string => indexes.map((index) => `[${index}]`).join("");

/** A state's own name may have brackets, too: the indexes stand last. */
const indexesIn = (instance: string): readonly number[] =>
  [...(/(?:\[\d+\])*$/.exec(instance)?.[0] ?? "").matchAll(/\d+/g)].map(([index]) => Number(index));

const compare = (one: readonly number[], other: readonly number[]): number =>
  one.map((index, at) => index - (other[at] ?? -1)).find((difference) => difference !== 0) ?? 0;

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
