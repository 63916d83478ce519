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

/**
 * One of several values, by how a branch has ended. Values of the same name are chosen together, so that a path through
 * the machine needs to know which it is only where that decides something.
 */
export class OneOf {
  readonly key: string;

  constructor(
    readonly name: string,
    readonly values: readonly Value[],
  ) {
    this.key = `<${name}:${values.map(keyOf).join("|")}>`;
  }
}

/** A value as far as it is known; undefined where there is none for certain. */
export type Value =
  undefined | null | boolean | number | string | Unknown | OneOf | readonly Value[] | { readonly [key: string]: Value };

/**
 * How many items a list has; or that there is none, but something else, or nothing at all. Or how a test of what is not
 * known has turned out, where it is asked again.
 */
export type Length = number | "none" | boolean;

/** The lengths of lists that a path through the machine has assumed, and the outcomes of tests. */
export type Lengths = ReadonlyMap<string, Length>;

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
  const same = operands.every((one) => (one instanceof Unknown ? /^[(]|^input\b/.test(one.path ?? "") : isKnown(one)));
  return same ? new Unknown(`(${[operator, ...operands.map(keyOf)].join(" ")})`) : UNKNOWN;
}

/** What is there, if anything is, in the place of a list that is none; and its type. */
export const NO_LIST = new Unknown();
export const NO_LIST_TYPE = new Unknown();

/** Thrown where it matters which of several values it is: the search then goes on with each in turn. */
export class NeedsChoice extends Error {
  constructor(readonly choice: string) {
    super(`which ${choice} it is`);
  }
}

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
  if (value instanceof OneOf) return value.key;
  if (value instanceof Unknown) return NAMED.get(value) ?? `?${value.path ?? ""}`;
  if (isArray(value)) return `[${value.map(keyOf).join()}]`;
  if (isObject(value)) {
    return `{${Object.keys(value)
      .sort()
      .map((key) => `${key}:${keyOf(value[key])}`)
      .join()}}`;
  }
  return JSON.stringify(value);
}

const NAMED: ReadonlyMap<Unknown, string> = new Map([
  [SOMETHING, "??"],
  [RESULTS, "??+"],
  [ONE_OR_MORE, "?1+"],
  [NO_LIST, "?no list"],
  [NO_LIST_TYPE, "?no list's type"],
]);

/** Whether nothing in it is unknown. */
export function isKnown(value: Value): boolean {
  if (value instanceof Unknown || value instanceof OneOf) return false;
  if (isArray(value)) return value.every(isKnown);
  return !isObject(value) || Object.values(value).every(isKnown);
}

/** The same function of each of several values; the one value that they agree on, if they do. */
export function lift({ name, values }: OneOf, apply: (value: Value) => Value): Value {
  const results = values.map(apply);
  const [first] = results;
  return results.every((result) => keyOf(result) === keyOf(first)) ? first : new OneOf(name, results);
}

/** Every value within a value, changed where it is one of several. */
export function mapChoices(value: Value, change: (one: OneOf) => Value): Value {
  if (value instanceof OneOf) return change(value);
  if (isArray(value)) return value.map((item) => mapChoices(item, change));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, mapChoices(field, change)]));
}
