import { numberOf } from "./numbers";

/** Something that a definition does not tell: a result of a task, a part of the input. It may be absent. */
export class Unknown {
  /**
   * @param path What it is, where two of the same path are the same value: `input.cars`. Without a path nothing is known
   * but that it is there to be asked about.
   */
  constructor(readonly path?: string) {}
}

/** There is something, and nothing else is known of it. */
export const SOMETHING = new Unknown();
/** There are results, one at least; and how many there are. */
export const RESULTS = new Unknown();
export const ONE_OR_MORE = new Unknown();
export const UNKNOWN = new Unknown();
/** An object with all that a Cause is to tell (S6). */
export const TOLD = new Unknown();

/** What an undo is answered. */
export const answerOf = (name: string): Unknown => new Unknown(`${ANSWER}${name}`);
const ANSWER = "answer:";

/** Whether a value may have in it what an undo was answered. */
export function hasAnswer(value: Value): boolean {
  if (value instanceof Unknown) return value.path?.startsWith(ANSWER) ?? false;
  if (value instanceof OneOf) return value.values.some(hasAnswer);
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value as Readonly<Record<string, Value>>).some(hasAnswer);
}

/** Results of which the first is known, as it is in a search for the first failure. */
export class Leading extends Unknown {
  constructor(readonly first: Value) {
    super();
  }
}

const NONE: ReadonlySet<string> = new Set();
let keys = new WeakMap<object, string>();
/** The same choice between the same values is the same object: so that what has it in it twice is gone through once. */
const known = new Map<string, OneOf>();

/** Forgets the keys of all values: before a search, so that one does not grow by another's. */
export function forgetValues(): void {
  known.clear();
  keys = new WeakMap();
}

/**
 * One of several values, by what an open choice turns out to be. Values of the same choice are chosen together, so that a
 * path through the machine needs to know which it is only where that decides something.
 */
export class OneOf {
  constructor(
    readonly name: string,
    readonly values: readonly Value[],
    readonly key = keyOfChoice(name, values),
  ) {}

  /** The open choices that it depends on, itself among them; known once somebody has asked. */
  choices: ReadonlySet<string> | undefined;
}

const keyOfChoice = (name: string, values: readonly Value[]): string =>
  `<${numberOf(`${name}:${values.map(keyOf).join("|")}`)}>`;

/** A value as far as it is known; undefined where there is none for certain. */
export type Value =
  undefined | null | boolean | number | string | Unknown | OneOf | readonly Value[] | { readonly [key: string]: Value };

/**
 * How many items a list has; or that there is none, but something else, or nothing at all. Or how a test of what is not
 * known has turned out, where it is asked again.
 */
export type Length = number | "none" | boolean;

/**
 * The lengths that a path through the machine has assumed of lists, and the outcomes of tests; absent or undefined where it
 * has not.
 */
export type Lengths = ReadonlyMap<string, Value>;

/**
 * A list of unknown length is gone through with none, one and two items. Iterations share nothing, so that a third is
 * like one of these.
 */
export const LENGTHS = [0, 1, 2] as const;

/** Thrown where a list decides what happens and nothing is known of its length: the search then assumes each in turn. */
export class NeedsLength extends Error {
  constructor(
    readonly path: string,
    readonly lengths: readonly Length[] = LENGTHS,
  ) {
    super(`the length of ${path}`);
  }
}

/** The type of something unknown: whether that is a list may be asked. */
export class TypeOf extends Unknown {
  constructor(readonly of: string) {
    super(`$type(${of})`);
  }
}

/** A test of what comes with the input: the same one has the same outcome, whenever it is asked. */
export function testOf(operator: string, ...operands: readonly Value[]): Value {
  const same = operands.every((one: Value) =>
    one instanceof Unknown ? /^[(]|^input\b/.test(one.path ?? "") : isKnown(one),
  );
  return same ? new Unknown(`(${[operator, ...operands.map(keyOf)].join(" ")})`) : UNKNOWN;
}

/** Whether that is such a test, and no list. */
export const isTest = (path: string): boolean => path.startsWith("(");

/** What is there, if anything is, in the place of a list that is none; and its type. */
export const NO_LIST = new Unknown();
export const NO_LIST_TYPE = new Unknown();

/**
 * Thrown where it matters what an open choice is: the search then goes on for each of its alternatives in turn, and for
 * those together that come to the same here.
 */
export class NeedsChoice extends Error {
  /** @param alternatives What each comes to, as far as it matters: what is equal (`===`) comes to the same. */
  constructor(
    readonly choice: string,
    readonly alternatives: readonly unknown[],
  ) {
    super(`which ${choice} it is`);
  }
}

/** That it matters which of several values it is, as far as they differ in something. */
export const needs = ({ name, values }: OneOf, inWhat: (value: Value) => unknown = keyOf): NeedsChoice =>
  new NeedsChoice(name, values.map(inWhat));

export const isObject = (value: Value): value is { readonly [key: string]: Value } =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Unknown) &&
  !(value instanceof OneOf);

export const isArray = (value: Value): value is readonly Value[] => Array.isArray(value);

/** The same text for the same value, whatever it is. */
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

/** Whether nothing in it is unknown. */
export function isKnown(value: Value): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (value instanceof Unknown || value instanceof OneOf) return false;
  const before = knownOnes.get(value);
  if (before !== undefined) return before;
  const found = partsOf(value).every(isKnown);
  knownOnes.set(value, found);
  return found;
}

/** One of several values; the one value that they agree on, if they do. */
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

/** The same choice between other values; the same object where none of them differs. */
export const withValues = (one: OneOf, values: readonly Value[]): Value =>
  values.every((value, index) => value === one.values[index]) ? one : oneOf(one.name, values);

/** The same function of each of several values, and of each that one of these may be. */
export const lift = (one: OneOf, apply: (value: Value) => Value): Value =>
  withValues(
    one,
    one.values.map((value) => (value instanceof OneOf ? lift(value, apply) : apply(value))),
  );

const choicesOf = new WeakMap<object, ReadonlySet<string>>();

/** The open choices that a value depends on. */
export function choicesIn(value: Value): ReadonlySet<string> {
  if (typeof value !== "object" || value === null || value instanceof Unknown) return NONE;
  if (value instanceof OneOf) {
    if (value.choices) return value.choices;
    const within = unionOf(value.values.map(choicesIn));
    return (value.choices = within.has(value.name) ? within : new Set(within).add(value.name));
  }
  const before = choicesOf.get(value);
  if (before) return before;
  const found = unionOf(partsOf(value).map(choicesIn));
  choicesOf.set(value, found);
  return found;
}

/** What a value consists of, or may be. */
const partsOf = (value: object): readonly Value[] =>
  value instanceof OneOf ? value.values : (Object.values(value) as readonly Value[]);

/** The union of sets: the largest of them itself if it has all the others in it, as it mostly has. */
function unionOf(sets: readonly ReadonlySet<string>[]): ReadonlySet<string> {
  const largest = sets.reduce((one, other) => (other.size > one.size ? other : one), NONE);
  let union: Set<string> | undefined;
  const add = (each: string): void => {
    if (!(union ?? largest).has(each)) (union ??= new Set(largest)).add(each);
  };
  for (const set of sets) if (set !== largest) set.forEach(add);
  return union ?? largest;
}

/** Whether a value depends on any open choice. */
const isOpen = (value: Value): boolean => choicesIn(value).size > 0;

/** A value with something done to each choice in it; parts that are the same object stay the same. */
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

/** What is known of an open choice: that it is one of some of its alternatives, and what it is called from there on. */
export interface Narrowed {
  readonly choice: string;
  readonly indices: readonly number[];
  readonly to: string;
}

/** A value where more is known of a choice. */
export function narrowValue(value: Value, { choice, indices, to }: Narrowed): Value {
  const concerns = (part: Value): boolean => choicesIn(part).has(choice);
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

/** What a choice is called elsewhere. */
export type Rename = (choice: string) => string;
export const SAME_NAMES: Rename = (choice) => choice;

/** A value with other names for its choices. */
export const renameValue = (value: Value, rename: Rename): Value =>
  rename === SAME_NAMES || !isOpen(value)
    ? value
    : withChoices(value, isOpen, ({ name, values }, inner) => oneOf(rename(name), values.map(inner)));

/** One of several values, told apart no further up than they differ: objects by their fields, lists by their items. */
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

/** The paths of all that is unknown in a value. */
export function pathsIn(value: Value): ReadonlySet<string> {
  if (typeof value !== "object" || value === null) return NONE;
  if (value instanceof Unknown && value.path === undefined) return NONE;
  const before = pathsOf.get(value);
  if (before) return before;
  const found = value instanceof Unknown ? new Set([value.path as string]) : unionOf(partsOf(value).map(pathsIn));
  pathsOf.set(value, found);
  return found;
}
