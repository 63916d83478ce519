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
 * The state of the search at one point of a level: everything on which the rest of a path may depend. With open choices, it
 * stands for one search state for each way to decide them.
 */
export interface SearchState {
  /** The state of the machine that the path enters next. Empty at the end of the level. */
  readonly at: string;
  /** The variables on which a decision still depends, with those of the levels around. */
  readonly variables: ReadonlyMap<string, Value>;
  /** The output of the state before, or the input of the level, as far as something still depends on it. */
  readonly input: Value;
  /** The assumed lengths of lists. */
  readonly lengths: Lengths;
  readonly outstanding: OutstandingEffects;
  /** Parallel and Map states whose records are lost, in an item with its index. Their actions may be undone without having run. */
  readonly lost: ReadonlyMap<string, Value>;
  /** Whether a state has failed, here or in a branch, or the undos have begun. */
  readonly failed: "no" | "here" | "branch" | "undoing";
  /** The pivot has succeeded. */
  readonly committed: boolean;
  /** The call that has just failed and left nothing to undo, since it was refused or has no undo. */
  readonly refused: string | undefined;
  /** An undo without an effect has run, and was reported. Violations that follow from it are not reported. */
  readonly astray: boolean;
  readonly trace: Trace;
}

/** The name of a state, without the indexes of items. */
export const withoutIndexes = (name: string): string => (name.endsWith("]") ? name.replace(/(\[\d+\])+$/, "") : name);

/** A key that is equal for search states that differ only in data. */
export const controlKey = ({ at, failed, committed, refused, astray }: SearchState): string =>
  [at, failed, committed, refused ?? "", astray].join("|");

const mapKeys = new WeakMap<ReadonlyMap<string, Value>, number>();

/** A key that is equal for equal maps. */
function keyOfMap(values: ReadonlyMap<string, Value>): number {
  if (values.size === 0) return -1;
  const known = mapKeys.get(values);
  if (known !== undefined) return known;
  const texts: string[] = [];
  values.forEach((value, name) => texts.push(`${name}=${keyOf(value)}`));
  const key = numberOf(texts.sort().join());
  mapKeys.set(values, key);
  return key;
}

const stateKeys = new WeakMap<SearchState, number>();

/** A key that is equal for search states with the same future. */
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

/** The map with its values changed. The same map if no value changes. */
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

/** One search state for each alternative of an open choice. */
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

/** The search states after an assumption about the length of a list, or a decision of an open choice. */
export function resolved(state: SearchState, error: unknown): readonly SearchState[] {
  if (error instanceof NeedsChoice) return choose(state, error);
  if (!(error instanceof NeedsLength)) throw error;
  const { path, lengths } = error;
  const before = state.lengths.get(path);
  // On some of the merged paths the length is known.
  if (before instanceof OneOf) return choose(state, needs(before));
  return lengths.map((length) => ({ ...state, lengths: new Map([...state.lengths, [path, length]]) }));
}

/** Whether a choice belongs to a level, or to one within it. */
export function isWithin(choice: string, { id, lastId }: Level): boolean {
  const of = Number.parseInt(choice, 10);
  return id <= of && of <= lastId;
}

/** An open choice of a search state whose name passes the test, with each alternative distinct. */
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

/** A search state with its choices renamed for the level around it. */
export const renamed = (state: SearchState, rename: Rename): SearchState =>
  rename === SAME_NAMES
    ? state
    : withData(state, {
        value: (value) => renameValue(value, rename),
        effects: (outstanding) => renameEffects(outstanding, rename),
      });

/**
 * Merges search states that differ only in data, with an open choice between them. The result stands for exactly the merged
 * states, since a choice is decided in all data at once.
 *
 * @param nameOf Names the choice: equal for equal states, and unique.
 * @param keepFork Keeps the fork at the bottom of the outstanding effects, as a level that was given a fork must.
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

/** The fork at the bottom of a stack. */
function belowAll(outstanding: OutstandingEffects): OutstandingEffects {
  let at = outstanding;
  while (at?.rest) at = at.rest;
  return at;
}
