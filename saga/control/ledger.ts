import { type Declaration, type DeclaredCall, undoOf } from "../asl/declaration";
import { COMPENSATED } from "../asl/outcome";
import type { Failure } from "./failure";
import { type Story, triesOf, type Try, type Visit } from "./story";

/**
 * The status of a step's effect, as far as the history shows it.
 *
 * - `not begun`: the step has not been called.
 * - `in progress`: the step is being called, or will be retried. It may already have taken effect.
 * - `in doubt`: the call failed or was interrupted. It may have taken effect, or may still do so (S2).
 * - `refused`: the call failed with an error that the saga declares as definite. Nothing has happened.
 * - `live`: the step has taken effect, and no undo is known to have succeeded.
 * - `confirmed`: live, and the call that confirms it has succeeded.
 * - `released`: the effect ended on the success path, such as a lock.
 * - `undone`: the undo has succeeded.
 * - `tombstoned`: the undo has succeeded, though the action may never have happened. If the action still arrives, it is
 *   refused (S3).
 */
export type EffectStatus =
  "not begun" | "in progress" | "in doubt" | "refused" | "live" | "confirmed" | "released" | "undone" | "tombstoned";

/** The effect of a step, or in a list of one item. */
export interface Entry {
  readonly step: string;
  /** `RentCar[1]`, or the step's name alone outside of lists and before the list has begun. */
  readonly instance: string;
  readonly status: EffectStatus;
  /** The event that led to this status. 0 if the effect has had it from the beginning. */
  readonly since: number;
  readonly role: DeclaredCall["role"];
  /** Why the call failed. */
  readonly error?: Failure;
  /** The undo, once it has begun. A failed undo may have removed the effect nonetheless. */
  readonly undo?: {
    readonly state: string;
    readonly status: "in progress" | "failed" | "done";
    readonly since: number;
    readonly error?: Failure;
  };
}

/** Whether the effect is live or may be, and so may have to be undone. */
export const isOutstanding = ({ status }: Pick<Entry, "status">): boolean => OUTSTANDING.has(status);
const OUTSTANDING: ReadonlySet<EffectStatus> = new Set(["in progress", "in doubt", "live", "confirmed"]);

/**
 * The effects of an execution at an event, in the order of the declaration's steps and then of items. Queries have no
 * effects.
 * @param before The effects of the execution that this one recovers, if its history is available (S12).
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

/** A change of the ledger at an event. */
interface Change {
  readonly at: number;
  readonly apply: (ledger: Ledger) => void;
}

/** The changes of a story, so that moving through a long history is cheap. */
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

/** The changes made by a visit of an action, of an undo, of a release or of a list. */
function changesBy(visit: Visit, { story, declaration }: Reading): readonly Change[] {
  const { calls } = declaration;
  const { state, length, enteredAt, items } = visit;
  if (visit.type === "Map") {
    // From here on, the ledger has an entry for each item.
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

/** At its end, an execution drops the calls that are in progress: nobody receives their answers (S12). */
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
  /** Whether a try may have taken effect although it did not succeed. */
  doubt: boolean;
};

class Ledger {
  /** By instance. */
  private readonly effects = new Map<string, Effect>();
  /** The steps of lists that have begun. A list without items has no effects. */
  private readonly listed = new Set<string>();
  /** The effects that each visit of an undo undoes. They stay the same from its first try to its end. */
  private readonly undoing = new Map<Visit, readonly Effect[]>();

  constructor(before: readonly Entry[]) {
    for (const { step, instance, status, error, undo } of before) {
      // This execution has its own undos. A failed undo of the recovered execution does not count.
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
      // Once the items of a list are known, their entries replace the entry of the whole list.
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
    // A live effect stays live if it is called again, such as by a redrive.
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
    // A child saga that was compensated has undone itself.
    if (tried.function === undefined && hasCompensatedItself(cause)) {
      effect.doubt = false;
      become(effect, "undone", ended);
    }
    // A definite error means that nothing has happened on any try.
    else effect.doubt = error === undefined || !definite.includes(error);
  }

  /** The call is not retried any more. */
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

  /** The undo's state was left. The undo has failed if it has not succeeded by now. */
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

  /** The effects that an undo undoes: in a list the effect of its item, and otherwise all effects of its steps. */
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
 * The item of an undo whose call does not carry an index. The list of undos has an item for each begun item, or for all
 * items if it is not known which have begun.
 */
function itemUndone({ items, within }: Visit, effects: readonly Effect[]): readonly number[] {
  if (items.length !== 1 || within?.length === undefined || within.length === effects.length) return items;
  const begun = effects
    .filter(({ status }) => status !== "not begun" && status !== "refused")
    .sort((one, other) => compare(one.indexes, other.indexes));
  return begun[items[0] as number]?.indexes ?? items;
}

/** The effects of the recovered execution, as far as the recovery's input shows them: it has the results that undos read. */
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
    // The input has no result of this step, since no undo reads one or the step did not succeed.
    if (role === "compensable" || role === "pivot") {
      if (!known.has(step)) entries.push({ step, instance: step, status: "in doubt", since: 0, role });
    }
  }
  return entries;
}

/** Whether a child saga was compensated: the cause of its failure describes its execution. */
function hasCompensatedItself(cause: string | undefined): boolean {
  try {
    const told = JSON.parse(cause ?? "") as unknown;
    return isFields(told) && "ExecutionArn" in told && told["Error"] === COMPENSATED;
  } catch {
    return false;
  }
}

const spelled = (indexes: readonly number[]): string => indexes.map((index) => `[${index}]`).join("");

/** The indexes at the end of an instance. A state's name may contain brackets as well. */
const indexesIn = (instance: string): readonly number[] =>
  [...(/(?:\[\d+\])*$/.exec(instance)?.[0] ?? "").matchAll(/\d+/g)].map(([index]) => Number(index));

const compare = (one: readonly number[], other: readonly number[]): number =>
  one.map((index, at) => index - (other[at] ?? -1)).find((difference) => difference !== 0) ?? 0;

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
