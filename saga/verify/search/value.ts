import { numberOf } from "./numbers";

/** A value that the definition does not determine: a result of a task, a part of the input. It may be absent. */
export class Unknown {
  /**
   * @param path Identifies the value: two values with the same path are equal, such as `input.cars`. Without a path nothing is
   * known about it.
   */
  constructor(readonly path?: string) {}
}

/** A value that exists and is otherwise unknown. */
export const SOMETHING = new Unknown();
/** At least one result; and the number of such results. */
export const RESULTS = new Unknown();
export const ONE_OR_MORE = new Unknown();
export const UNKNOWN = new Unknown();
/** An object with the four fields of a Cause (S6). */
export const TOLD = new Unknown();

/** The result of an undo. */
export const answerOf = (name: string): Unknown => new Unknown(`${ANSWER}${name}`);
const ANSWER = "answer:";

/** Whether a value may contain the result of an undo. */
export function hasAnswer(value: Value): boolean {
  if (value instanceof Unknown) return value.path?.startsWith(ANSWER) ?? false;
  if (value instanceof OneOf) return value.values.some(hasAnswer);
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value as Readonly<Record<string, Value>>).some(hasAnswer);
}

/** Results whose first one is known, as in a search for the first failure. */
export class Leading extends Unknown {
  constructor(readonly first: Value) {
    super();
  }
}

const NONE: ReadonlySet<string> = new Set();
let keys = new WeakMap<object, string>();
/** Equal choices are the same object, so that a shared one is visited once. */
const known = new Map<string, OneOf>();

/** Forgets all values, so that the cache does not grow from one search to the next. */
export function forgetValues(): void {
  known.clear();
  keys = new WeakMap();
}

/**
 * One of several values. An open choice decides which. All values of one choice are decided together, so the search decides
 * it only where the path depends on it.
 */
export class OneOf {
  constructor(
    readonly name: string,
    readonly values: readonly Value[],
    readonly key = keyOfChoice(name, values),
  ) {}

  /** The open choices within its alternatives, once they are known. */
  within: ReadonlySet<string> | undefined;
}

const keyOfChoice = (name: string, values: readonly Value[]): string =>
  `<${numberOf(`${name}:${values.map(keyOf).join("|")}`)}>`;

/** A value as far as it is known. Undefined if it is certainly absent. */
export type Value =
  undefined | null | boolean | number | string | Unknown | OneOf | readonly Value[] | { readonly [key: string]: Value };

/**
 * The assumed number of items of a list, or "none" if the value is no list or absent. For a test of an unknown value, it is
 * the assumed outcome.
 */
export type Length = number | "none" | boolean;

/**
 * The lengths of lists and the outcomes of tests that a path has assumed. Absent or undefined if it has assumed none.
 */
export type Lengths = ReadonlyMap<string, Value>;

/**
 * The lengths that the search tries for a list of unknown length. Iterations share nothing, so a third one behaves like one of
 * two.
 */
export const LENGTHS = [0, 1, 2] as const;

/** Thrown if a path depends on a list of unknown length. The search then assumes each length in turn. */
export class NeedsLength extends Error {
  constructor(
    readonly path: string,
    readonly lengths: readonly Length[] = LENGTHS,
  ) {
    super(`the length of ${path}`);
  }
}

/** The type of an unknown value. A test may ask whether it is a list. */
export class TypeOf extends Unknown {
  constructor(readonly of: string) {
    super(`$type(${of})`);
  }
}

/** A test of unknown input. Equal tests have equal outcomes. */
export function testOf(operator: string, ...operands: readonly Value[]): Value {
  const same = operands.every((one: Value) =>
    one instanceof Unknown ? /^[(]|^input\b/.test(one.path ?? "") : isKnown(one),
  );
  return same ? new Unknown(`(${[operator, ...operands.map(keyOf)].join(" ")})`) : UNKNOWN;
}

/** Whether a path is that of a test, and not of a list. */
export const isTest = (path: string): boolean => path.startsWith("(");

/** A value that is no list, and that may be absent; and the type of such a value. */
export const NO_LIST = new Unknown();
export const NO_LIST_TYPE = new Unknown();

/**
 * Thrown if a path depends on an open choice. The search then goes on with each group of alternatives that have the same
 * meaning here.
 */
export class NeedsChoice extends Error {
  /** @param alternatives The meaning of each alternative. Equal meanings (`===`) form a group. */
  constructor(
    readonly choice: string,
    readonly alternatives: readonly unknown[],
  ) {
    super(`which ${choice} it is`);
  }
}

/** The error that asks the search to decide a choice, as far as its values differ in something. */
export const needs = ({ name, values }: OneOf, inWhat: (value: Value) => unknown = keyOf): NeedsChoice =>
  new NeedsChoice(name, values.map(inWhat));

export const isObject = (value: Value): value is { readonly [key: string]: Value } =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Unknown) &&
  !(value instanceof OneOf);

/** The name under which an object has its other fields, if they are those of an unknown value. */
export const OTHER_FIELDS = "\u2026";

/** A field of an object. */
export function fieldOf(object: { readonly [key: string]: Value }, name: string): Value {
  if (Object.hasOwn(object, name)) return object[name];
  const others = object[OTHER_FIELDS];
  if (!(others instanceof Unknown)) return undefined;
  return others.path === undefined ? UNKNOWN : new Unknown(`${others.path}.${name}`);
}

export const isArray = (value: Value): value is readonly Value[] => Array.isArray(value);

/** A key that is equal for equal values. */
export function keyOf(value: Value): string {
  if (value === undefined) return "~";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof OneOf) return value.key;
  if (value instanceof Leading) return `??+${keyOf(value.first)}`;
  if (value instanceof Unknown) return NAMED.get(value) ?? `?${value.path ?? ""}`;
  const before = keys.get(value);
  if (before !== undefined) return before;
  const key = isArray(value) ? `[${numberOf(value.map(keyOf).join())}]` : `{${numberOf(fieldsText(value))}}`;
  keys.set(value, key);
  return key;
}

const fieldsText = (value: object): string =>
  Object.entries(value as Readonly<Record<string, Value>>)
    .map(([name, field]) => `${name}:${keyOf(field)}`)
    .sort()
    .join();

const NAMED: ReadonlyMap<Unknown, string> = new Map([
  [SOMETHING, "??"],
  [RESULTS, "??+"],
  [ONE_OR_MORE, "?1+"],
  [TOLD, "?told"],
  [NO_LIST, "?no list"],
  [NO_LIST_TYPE, "?no list's type"],
]);

const knownOnes = new WeakMap<object, boolean>();

/** Whether a value is completely known. */
export function isKnown(value: Value): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (value instanceof Unknown || value instanceof OneOf) return false;
  const before = knownOnes.get(value);
  if (before !== undefined) return before;
  const found = partsOf(value).every(isKnown);
  knownOnes.set(value, found);
  return found;
}

/** A choice between several values, or the value itself if all are equal. */
export function oneOf(name: string, values: readonly Value[]): Value {
  const [first] = values;
  const firstKey = keyOf(first);
  if (values.every((value) => value === first || keyOf(value) === firstKey)) return first;
  const key = keyOfChoice(name, values);
  const before = known.get(key);
  if (before) return before;
  const made = new OneOf(name, values, key);
  known.set(key, made);
  return made;
}

/** A choice with other values; the same object if none of them differs. */
export const withValues = (one: OneOf, values: readonly Value[]): Value =>
  values.every((value, index) => value === one.values[index]) ? one : oneOf(one.name, values);

/** So many different choices may matter to the alternatives of one choice before it is decided itself. */
const FEW_CHOICES = 5;

/**
 * Applies a function to each alternative, at every depth.
 *
 * @throws NeedsChoice if the function depends on an open choice. If the alternatives depend on many different ones, this
 * choice is decided first, since then only one of them matters. Decided one after the other while this one stays open, they
 * would have every combination of their outcomes.
 */
export function lift(one: OneOf, apply: (value: Value) => Value): Value {
  const needed = new Map<number, NeedsChoice>();
  const values = one.values.map((value, index) => {
    try {
      return value instanceof OneOf ? lift(value, apply) : apply(value);
    } catch (error) {
      if (error instanceof NeedsChoice) needed.set(index, error);
      else if (needed.size === 0) throw error;
      return undefined;
    }
  });
  const [first] = needed.values();
  if (!first) return withValues(one, values);
  const different = new Set([...needed.values()].map(({ choice }) => choice));
  if (different.size <= FEW_CHOICES) throw first;
  throw new NeedsChoice(
    one.name,
    values.map((_, index) => needed.get(index)?.choice),
  );
}

const choicesOf = new WeakMap<object, ReadonlySet<string>>();

/** The open choices within a value that has parts or alternatives. Its own choice is not among them. */
function choicesWithin(value: OneOf | object): ReadonlySet<string> {
  const before = value instanceof OneOf ? value.within : choicesOf.get(value);
  if (before) return before;
  const parts = partsOf(value).filter(hasParts);
  const own = parts.flatMap((part) => (part instanceof OneOf ? [part.name] : []));
  const found = unionOf(parts.map(choicesWithin), own);
  if (value instanceof OneOf) value.within = found;
  else choicesOf.set(value, found);
  return found;
}

const hasParts = (value: Value): value is OneOf | (Value & object) =>
  typeof value === "object" && value !== null && !(value instanceof Unknown);

/** Whether a value depends on a choice. */
const dependsOn = (value: Value, choice: string): boolean =>
  hasParts(value) && ((value instanceof OneOf && value.name === choice) || choicesWithin(value).has(choice));

/** The parts or the alternatives of a value. */
const partsOf = (value: object): readonly Value[] =>
  value instanceof OneOf ? value.values : (Object.values(value) as readonly Value[]);

/** The union of sets and of single ones. It is the largest set itself if that has all others in it, as it mostly has. */
function unionOf(sets: readonly ReadonlySet<string>[], single: readonly string[] = []): ReadonlySet<string> {
  const largest = sets.reduce((one, other) => (other.size > one.size ? other : one), NONE);
  let union: Set<string> | undefined;
  const add = (each: string): void => {
    if (!(union ?? largest).has(each)) (union ??= new Set(largest)).add(each);
  };
  single.forEach(add);
  for (const set of sets) if (set !== largest) set.forEach(add);
  return union ?? largest;
}

/** Whether a value depends on an open choice. */
const isOpen = (value: Value): boolean => value instanceof OneOf || (hasParts(value) && choicesWithin(value).size > 0);

/** A value with each choice in it changed. A shared part is changed once. */
function withChoices(
  value: Value,
  concerns: (part: Value) => boolean,
  change: (one: OneOf, inner: (value: Value) => Value) => Value,
): Value {
  const done = new Map<object, Value>();
  const inner = (part: Value): Value => {
    if (typeof part !== "object" || part === null || !concerns(part)) return part;
    if (done.has(part)) return done.get(part);
    let made: Value;
    if (part instanceof OneOf) made = change(part, inner);
    else if (isArray(part)) made = part.map(inner);
    else made = Object.fromEntries(Object.entries(part).map(([key, field]: [string, Value]) => [key, inner(field)]));
    done.set(part, made);
    return made;
  };
  return inner(value);
}

/** A reduced choice: some alternatives of an open choice, and its new name. */
export interface Narrowed {
  readonly choice: string;
  readonly indices: readonly number[];
  readonly to: string;
}

/** A value with the alternatives of a choice reduced. */
export function narrowValue(value: Value, { choice, indices, to }: Narrowed): Value {
  const concerns = (part: Value): boolean => dependsOn(part, choice);
  if (!concerns(value)) return value;
  return withChoices(value, concerns, ({ name, values }, inner) =>
    name === choice
      ? oneOf(
          to,
          indices.map((index) => inner(values[index])),
        )
      : oneOf(name, values.map(inner)),
  );
}

/** Renames a choice. */
export type Rename = (choice: string) => string;
export const SAME_NAMES: Rename = (choice) => choice;

/** A value with its choices renamed. */
export const renameValue = (value: Value, rename: Rename): Value =>
  rename === SAME_NAMES || !isOpen(value)
    ? value
    : withChoices(value, isOpen, ({ name, values }, inner) => oneOf(rename(name), values.map(inner)));

/** Merges several values. The choice is as deep as possible: objects are merged field by field, lists item by item. */
export function mergeValues(choice: string, values: readonly Value[]): Value {
  const [first, ...others] = values;
  if (others.every((other) => other === first)) return first;
  if (isArray(first) && others.every((other) => isArray(other) && other.length === first.length)) {
    return first.map((_, index) =>
      mergeValues(
        choice,
        values.map((value) => (value as readonly Value[])[index]),
      ),
    );
  }
  if (isObject(first)) {
    const keys = Object.keys(first);
    const alike = others.every(
      (other) => isObject(other) && Object.keys(other).length === keys.length && keys.every((key) => key in other),
    );
    if (alike) {
      const field = (key: string): Value =>
        mergeValues(
          choice,
          values.map((value) => (value as { [name: string]: Value })[key]),
        );
      return Object.fromEntries(keys.map((key) => [key, field(key)]));
    }
  }
  return oneOf(choice, values);
}

const pathsOf = new WeakMap<object, ReadonlySet<string>>();

/** The paths of all unknown parts of a value. */
export function pathsIn(value: Value): ReadonlySet<string> {
  if (typeof value !== "object" || value === null) return NONE;
  if (value instanceof Unknown && value.path === undefined) return NONE;
  const before = pathsOf.get(value);
  if (before) return before;
  const found = value instanceof Unknown ? new Set([value.path as string]) : unionOf(partsOf(value).map(pathsIn));
  pathsOf.set(value, found);
  return found;
}
