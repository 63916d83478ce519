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

/** The lengths of lists that a path through the machine has assumed. */
export type Lengths = ReadonlyMap<string, number>;

/** Thrown where a list decides what happens and nothing is known of its length: the search then assumes each in turn. */
export class NeedsLength extends Error {
  constructor(readonly path: string) {
    super(`the length of ${path}`);
  }
}

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
  if (value instanceof Unknown) return value === SOMETHING ? "??" : `?${value.path ?? ""}`;
  if (isArray(value)) return `[${value.map(keyOf).join()}]`;
  if (isObject(value)) {
    return `{${Object.keys(value)
      .sort()
      .map((key) => `${key}:${keyOf(value[key])}`)
      .join()}}`;
  }
  return JSON.stringify(value);
}

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
