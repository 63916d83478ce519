import {
  eitherOf,
  idOf,
  mergeEffects,
  narrowEffects,
  type OutstandingEffects,
  renameEffects,
  split,
  stack,
} from "./effects";
import type { Level } from "../machine";
import { numberOf } from "./numbers";
import { after, type Trace } from "./trace";
import {
  isObject,
  keyOf,
  type Lengths,
  mergeValues,
  narrowValue,
  needs,
  NeedsChoice,
  NeedsLength,
  OneOf,
  type Rename,
  renameValue,
  SAME_NAMES,
  UNKNOWN,
  type Value,
} from "./value";

/**
 * Where paths through a level stand: all that what comes next may depend on. Where it has open choices, it stands for a
 * state for each thing that these may turn out to be.
 */
export interface SearchState {
  /** The state of the machine that is entered next; empty at the end of the level. */
  readonly at: string;
  /** Those that something still decides by; of the levels around it too. */
  readonly variables: ReadonlyMap<string, Value>;
  /** The output of the state before, or what the level was given, where something still depends on it. */
  readonly input: Value;
  /** The lengths that lists are assumed to have. */
  readonly lengths: Lengths;
  readonly outstanding: OutstandingEffects;
  /** States with branches, those of an item with its index, whose records were lost: what is within may be undone without having run. */
  readonly lost: ReadonlyMap<string, Value>;
  /** Whether something has failed, here or in a branch; or has begun to be undone. */
  readonly failed: "no" | "here" | "branch" | "undoing";
  /** The pivot has succeeded. */
  readonly committed: boolean;
  /** The call that failed just now and left nothing to undo: it was refused, or nothing ever undoes it. */
  readonly refused: string | undefined;
  /** An undo has run of what was not there, and that was told: others that follow from it are not told again. */
  readonly astray: boolean;
  readonly trace: Trace;
}

/** The name of a state of an item. */
export const withoutIndexes = (name: string): string => (name.endsWith("]") ? name.replace(/(\[\d+\])+$/, "") : name);

/** The same text for states that differ in data alone. */
export const controlKey = ({ at, failed, committed, refused, astray }: SearchState): string =>
  [at, failed, committed, refused ?? "", astray].join("|");

const mapKeys = new WeakMap<ReadonlyMap<string, Value>, number>();

/** The same number for the same values by the same names. */
function keyOfMap(values: ReadonlyMap<string, Value>): number {
  if (values.size === 0) return -1;
  const known = mapKeys.get(values);
  if (known !== undefined) return known;
  const texts = Array.from(values, ([name, value]) => `${name}=${keyOf(value)}`);
  const key = numberOf(texts.sort().join());
  mapKeys.set(values, key);
  return key;
}

const stateKeys = new WeakMap<SearchState, number>();

/** The same number for states from which the same follows. */
export function stateKey(state: SearchState): number {
  const known = stateKeys.get(state);
  if (known !== undefined) return known;
  const { outstanding, lost, lengths, variables, input } = state;
  const data = [idOf(outstanding), keyOfMap(lost), keyOfMap(lengths), keyOfMap(variables), keyOf(input)];
  const key = numberOf(`${controlKey(state)}|${data.join("|")}`);
  stateKeys.set(state, key);
  return key;
}

interface Data {
  readonly value: (value: Value) => Value;
  readonly effects: (outstanding: OutstandingEffects) => OutstandingEffects;
}

/** The same map where nothing in it changes. */
function mapped(values: ReadonlyMap<string, Value>, change: (value: Value) => Value): ReadonlyMap<string, Value> {
  let made: Map<string, Value> | undefined;
  for (const [name, value] of values) {
    const changed = change(value);
    if (changed !== value) (made ??= new Map(values)).set(name, changed);
  }
  return made ?? values;
}

function withData(state: SearchState, { value, effects }: Data): SearchState {
  return {
    ...state,
    variables: mapped(state.variables, value),
    input: value(state.input),
    lengths: mapped(state.lengths, value),
    lost: mapped(state.lost, value),
    outstanding: effects(state.outstanding),
  };
}

/** A state for each thing that an open choice may come to. */
export function choose(state: SearchState, { choice, alternatives }: NeedsChoice): readonly SearchState[] {
  const groups = new Map<unknown, number[]>();
  for (const [index, comesTo] of alternatives.entries()) {
    const alike = groups.get(comesTo);
    if (alike) alike.push(index);
    else groups.set(comesTo, [index]);
  }
  return [...groups.values()].map((indices) => {
    const narrowed = { choice, indices, to: `${choice}.${numberOf(indices.join())}` };
    return {
      ...withData(state, {
        value: (value) => narrowValue(value, narrowed),
        effects: (outstanding) => narrowEffects(outstanding, narrowed),
      }),
      trace: after(state.trace, { text: "", narrowed }),
    };
  });
}

/** The states at which it is known what was not: how long a list is, or what an open choice is. */
export function resolved(state: SearchState, error: unknown): readonly SearchState[] {
  if (error instanceof NeedsChoice) return choose(state, error);
  if (!(error instanceof NeedsLength)) throw error;
  const { path, lengths } = error;
  const before = state.lengths.get(path);
  // In some of what this state stands for it is known.
  if (before instanceof OneOf) return choose(state, needs(before));
  return lengths.map((length) => ({ ...state, lengths: new Map([...state.lengths, [path, length]]) }));
}

/** Whether a choice was left open in a level, or within it. */
export function isWithin(choice: string, { id, lastId }: Level): boolean {
  const of = Number.parseInt(choice, 10);
  return id <= of && of <= lastId;
}

/** A choice that is open in a state, of those that are wanted: each of its alternatives matters. */
export function openChoice(
  { variables, input, lengths, lost, outstanding }: SearchState,
  isWanted: (choice: string) => boolean,
): NeedsChoice | undefined {
  const within = (value: Value): NeedsChoice | undefined => {
    if (value instanceof OneOf && isWanted(value.name)) return new NeedsChoice(value.name, [...value.values.keys()]);
    const parts = value instanceof OneOf || isObject(value) || Array.isArray(value) ? partsOf(value) : [];
    for (const part of parts) {
      const found = within(part);
      if (found) return found;
    }
    return undefined;
  };
  const either = eitherOf(outstanding, isWanted);
  if (either) return new NeedsChoice(either.choice, [...either.outstanding.keys()]);
  return within([input, ...variables.values(), ...lengths.values(), ...lost.values()]);
}

const partsOf = (value: Value): readonly Value[] =>
  value instanceof OneOf ? value.values : (Object.values(value as object) as readonly Value[]);

/** What a level leaves for the one around it, its own choices called by other names there. */
export const renamed = (state: SearchState, rename: Rename): SearchState =>
  rename === SAME_NAMES
    ? state
    : withData(state, {
        value: (value) => renameValue(value, rename),
        effects: (outstanding) => renameEffects(outstanding, rename),
      });

/**
 * States that differ in data alone, as one in which it is open which of them it is. Nothing is lost by that: it stands
 * for what each of them stands for, and for nothing else, since an open choice is chosen in all data at once.
 *
 * @param nameOf A name for the choice: the same for the same states, and for no others.
 * @param keepFork Keeps the fork at the bottom of what is outstanding, as a level that was given one must.
 */
export function merge(
  states: readonly SearchState[],
  nameOf: (states: string) => string,
  keepFork = false,
): SearchState {
  const [only, ...more] = states;
  if (only && more.length === 0) return only;
  const distinct = new Map<number, SearchState>();
  for (const state of states) {
    const key = stateKey(state);
    const known = distinct.get(key);
    if (!known || lengthOf(state.trace) < lengthOf(known.trace)) distinct.set(key, state);
  }
  const [first, ...others] = [...distinct].sort(([one], [other]) => one - other);
  if (!first) throw new Error("there is nothing to merge");
  if (others.length === 0) return first[1];
  const choice = nameOf([first, ...others].map(([key]) => key).join());
  const all = [first, ...others].map(([, state]) => state);
  const effects = (of: (state: SearchState) => OutstandingEffects): OutstandingEffects =>
    mergeEffects(choice, all.map(of));
  const values = (
    of: (state: SearchState) => ReadonlyMap<string, Value>,
    absent: Value,
  ): ReadonlyMap<string, Value> => {
    const maps = all.map(of);
    const names = new Set(maps.flatMap((each) => [...each.keys()]));
    const merged = (name: string): Value =>
      mergeValues(
        choice,
        maps.map((each) => (each.has(name) ? each.get(name) : absent)),
      );
    return new Map([...names].map((name) => [name, merged(name)]));
  };
  const shortest = all.reduce((one, other) => (lengthOf(other.trace) < lengthOf(one.trace) ? other : one)).trace;
  const event = { text: "", merged: { choice, traces: all.map(({ trace }) => trace) } };
  return {
    ...first[1],
    variables: values(({ variables }) => variables, UNKNOWN),
    input: mergeValues(
      choice,
      all.map(({ input }) => input),
    ),
    lengths: values(({ lengths }) => lengths, undefined),
    lost: values(({ lost }) => lost, undefined),
    outstanding: keepFork
      ? stack(
          effects(({ outstanding }) => split(outstanding).above),
          effects(({ outstanding }) => belowAll(outstanding)),
        )
      : effects(({ outstanding }) => outstanding),
    trace: after(shortest, event),
  };
}

const lengthOf = (trace: Trace): number => trace?.length ?? 0;

/** The fork at the bottom, alone. */
function belowAll(outstanding: OutstandingEffects): OutstandingEffects {
  let at = outstanding;
  while (at?.rest) at = at.rest;
  return at;
}
