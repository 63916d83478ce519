/** A definition as JSON, by any author: the input of the lints. */
export interface RawState {
  readonly Type: string;
  readonly Next?: string;
  readonly Default?: string;
  readonly Choices?: readonly Readonly<Record<string, unknown>>[];
  readonly Catch?: readonly Readonly<Record<string, unknown>>[];
  readonly Retry?: readonly Readonly<Record<string, unknown>>[];
  readonly Branches?: readonly RawStates[];
  readonly ItemProcessor?: RawStates;
  /** The former name of ItemProcessor. */
  readonly Iterator?: RawStates;
  readonly Assign?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

export interface RawStates {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, RawState>>;
}

/** A way out of a state, and what is assigned on it. */
export interface Edge {
  readonly to: string | undefined;
  readonly assigns: readonly string[];
  /** The values of `assigns`, as the definition has them. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** Every way out of a state, with an error and without. */
export function edgesOf(state: RawState): readonly Edge[] {
  const out = (from: Readonly<Record<string, unknown>>, to: unknown): Edge => {
    const values = (from["Assign"] as Edge["values"] | undefined) ?? {};
    return { to: to as string | undefined, assigns: Object.keys(values), values };
  };
  const caught = (state.Catch ?? []).map((catcher) => out(catcher, catcher["Next"]));
  if (state.Type === "Choice") {
    return [...(state.Choices ?? []).map((rule) => out(rule, rule["Next"])), out(state, state.Default), ...caught];
  }
  return [out(state, state.Next), ...caught];
}

/** The machines within a state: the branches of a Parallel, the iteration of a Map. */
export function innerOf(state: RawState): readonly RawStates[] {
  const items = state.ItemProcessor ?? state.Iterator;
  return [...(state.Branches ?? []), ...(items ? [items] : [])];
}

/** A value of a state's own fields, and where it stands: `Catch[1]/Assign/failure`. */
export interface Field {
  readonly path: string;
  readonly value: unknown;
}

const INNER: ReadonlySet<string> = new Set(["Branches", "ItemProcessor", "Iterator"]);

/** Every string in a state, those of the machines within left out. */
export function fieldsOf(state: RawState): readonly Field[] {
  const walk = (value: unknown, path: string): readonly Field[] => {
    if (typeof value === "string") return [{ path, value }];
    if (Array.isArray(value)) return value.flatMap((item, index) => walk(item, `${path}[${index}]`));
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([key, inner]) => walk(inner, path === "" ? key : `${path}/${key}`));
  };
  return Object.entries(state).flatMap(([key, value]) => (INNER.has(key) ? [] : walk(value, key)));
}
