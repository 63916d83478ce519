import { SagaDefinitionError } from "./errors";
import { sayOf, type Symbolic } from "./symbolic";
import { stand } from "./trial";

declare const refersTo: unique symbol;

declare const unsure: unique symbol;
type Primitive = string | number | boolean | bigint | symbol | null | undefined;

/** A reference to a `T`, for the type checker. */
export interface RefTo<T> {
  readonly [refersTo]: T;
}

/**
 * A value of a running saga: the input, a step's result, or a part of either. You can use it in a mapping, and read its
 * properties, which records a path. It has no other use.
 * If `T` may be absent, so may each of its fields. The fields of every member of a union can be read. A `Date` reads as a
 * string, as in JSON.
 */
export type Ref<T> = RefTo<T> &
  ([T] extends [Primitive] ? unknown : [T] extends [object] ? Fields<T, never> : Fields<Extract<T, object>, undefined>);

type Fields<T, Absent> = [T] extends [readonly (infer Item)[]]
  ? { readonly [index: number]: Ref<Item | undefined> }
  : [KeyOfAny<T>] extends [keyof T]
    ? { readonly [Key in keyof T]-?: Ref<Json<T[Key]> | Absent> }
    : { readonly [Key in KeyOfAny<T>]: Ref<Json<FieldOfAny<T, Key>> | Absent> };

/** The keys of any member of a union, and the type of each: undefined for a member without the key. */
type KeyOfAny<T> = T extends unknown ? keyof T : never;
type FieldOfAny<T, Key> = T extends unknown ? (Key extends keyof T ? T[Key] : undefined) : never;

type Json<T> = T extends Date ? string : T;

/** The result of a step that may not have run. Every field may be absent. */
export type Maybe<T> = Ref<T | undefined>;

/** A step's own result in its undo: every field may be absent, and the checker says why. */
export type OwnResult<T> = Unsure<T> & ([T] extends [Primitive] ? unknown : OwnFields<T>);

interface Unsure<T> extends RefTo<T | undefined> {
  readonly [unsure]: true;
}

type OwnFields<T> = T extends readonly (infer Item)[]
  ? { readonly [index: number]: OwnResult<Item> }
  : { readonly [Key in keyof T]-?: OwnResult<Json<T[Key]>> };

/** A mapping's result for a task's input `T`: a reference, a literal, an Output, or an object or array of these. */
export type Mapped<T> = RefTo<Wire<T>> | Literal<T> | Known<Wire<T>>;

type Literal<T> = T extends Primitive ? T : T extends Date ? NoDate : { readonly [Key in keyof T]: Mapped<T[Key]> };

type NoDate = "JSON has no dates: let the task take a string";

/** A `T` after it was sent as JSON: read-only, and without dates. */
type Wire<T> = unknown extends T
  ? T
  : T extends Primitive
    ? T
    : T extends Date
      ? NoDate
      : { readonly [Key in keyof T]: Wire<T[Key]> };

/** A Pulumi Input that is not a plain value. The whole type of an Output would cost the checker too much; this part identifies one. */
type Known<T> = { get(): T } | PromiseLike<T>;

/**
 * The required type of a mapping for a task that takes a `T`. It is `unknown` if the mapping `M` fits. Otherwise each field that
 * does not fit has a sentence as its required type. No value has this type, so the checker prints the sentence.
 */
export type Fitting<M, T> = [M, keyof M] extends [Leaves<T>, keyof T]
  ? unknown
  : [M] extends [Needed<T>]
    ? Explained<M, T>
    : // A mapping that is declared as any fitting one.
      [M, Mapped<T>] extends [Mapped<T>, M]
      ? unknown
      : Needed<T>;

// Most mappings are flat, and cost the checker this one comparison.
type Leaves<T> = { readonly [Key in keyof T]: RefTo<Wire<T[Key]>> | Extract<T[Key], Primitive> };

/** The required fields, with any values. */
type Needed<T> = { readonly [Key in keyof T]: unknown };

type Explained<M, T> = { readonly [Key in keyof M]: Field<M, T, Key> };

type Field<M, T, Key extends keyof M> =
  Key extends KeyOfAny<T>
    ? unknown extends Value<M[Key], FieldOfAny<T, Key>, Key & string>
      ? Together<M, T>
      : Value<M[Key], FieldOfAny<T, Key>, Key & string>
    : M extends RefTo<unknown>
      ? unknown
      : `'${Key & string}' is not a field of the type that is wanted here`;

type Together<M, T> =
  IsUnion<T> extends true
    ? [M] extends [Mapped<T>]
      ? unknown
      : "these fields do not go together: no member of the union that is wanted here has them so"
    : unknown;

type IsUnion<T, Whole = T> = T extends unknown ? ([Whole] extends [T] ? false : true) : never;

type Value<V, T, Key extends string> = unknown extends T
  ? unknown
  : [V] extends [Mapped<T>]
    ? Exact<V, T, Key>
    : Misfit<V, T, Key>;

/** A value that fits, but may have unknown fields. */
type Exact<V, T, Key extends string> = V extends RefTo<unknown> | Primitive | Known<unknown>
  ? unknown
  : V extends readonly unknown[]
    ? Items<V, T, Key>
    : Fitting<V, Extract<T, object>>;

type Items<V extends readonly unknown[], T, Key extends string> =
  Extract<T, readonly unknown[]> extends readonly (infer Item)[]
    ? { readonly [At in keyof V]: Value<V[At], Item, `${Key}[${At & string}]`> }
    : Mapped<T>;

/** A value that does not fit. In a union, members that fit produce no sentence. */
type Misfit<V, T, Key extends string> = [T] extends [Date | undefined]
  ? NoDate
  : V extends RefTo<infer Given>
    ? [Given] extends [Wire<T>]
      ? never
      : Why<V, Given, T, Key>
    : V extends Primitive
      ? V extends T
        ? never
        : Why<V, V, T, Key>
      : V extends Known<unknown>
        ? Mapped<T>
        : Kind<V> extends Kind<T>
          ? V extends readonly unknown[]
            ? Items<V, T, Key>
            : Fitting<V, Extract<T, object>>
          : Why<V, V, T, Key>;

type Why<V, Given, T, Key extends string> = [Exclude<Given, undefined>] extends [Wire<T>]
  ? V extends { readonly [unsure]: true }
    ? `'${Key}' may be absent: the step may have failed before it had a result. Use orElse(…), or let the undo's task do without`
    : `'${Key}' may be absent: use orElse(…), or let the task do without`
  : Kind<T> extends Kind<Given> | "of several types"
    ? Mapped<T>
    : `'${Key}' must be ${Kind<T>}, and is ${Kind<Given>}`;

type Kind<T> = [T] extends [string | null | undefined]
  ? "a string"
  : [T] extends [number | null | undefined]
    ? "a number"
    : [T] extends [boolean | null | undefined]
      ? "a boolean"
      : [T] extends [Date | null | undefined]
        ? "a Date"
        : [T] extends [readonly unknown[] | null | undefined]
          ? "a list"
          : [T] extends [object | null | undefined]
            ? "an object"
            : "of several types";

/** The type of a mapping's value at run time. */
export type Unmapped<M> = M extends { readonly [refersTo]: infer T }
  ? T
  : M extends Primitive
    ? M
    : M extends Known<infer T>
      ? T
      : { -readonly [Key in keyof M]: Unmapped<M[Key]> };

// The only key that a Ref's proxy has itself. It is a private symbol, so it is no field's name.
const SYMBOLIC = Symbol("saga reference");

/**
 * The value that a mapping sees for a symbolic value.
 * @returns undefined or NaN if the value is absent in this trial: see `trial.ts`
 */
export function makeRef(symbolic: Symbolic): object {
  return stand(symbolic, () => proxyOf(symbolic)) as object;
}

function proxyOf(symbolic: Symbolic): object {
  const refuse = (use: string, hint: string): never => {
    throw new SagaDefinitionError(
      "coerced-reference",
      symbolic.where,
      `'${sayOf(symbolic)}' ${use}, but it has no value until the saga runs`,
      hint,
    );
  };
  return new Proxy(Object.freeze({}), {
    get(_target, key) {
      if (key === SYMBOLIC) return symbolic;
      if (key === Symbol.toPrimitive) return (to: string) => (to === "string" ? refuse(...TEXT) : refuse(...COMPUTED));
      if (key === Symbol.iterator)
        return refuse("is spread or gone through", "Go through a list with forEach, or pass it on whole");
      if (key === "toJSON") return refuse("is turned into JSON", "Use text(…), which gives the JSON of a value");
      if (key === "toString" || key === "valueOf") return refuse(...TEXT);
      if (typeof key === "symbol") return refuse("is used as a plain value", AS_IS);
      const step = /^(0|[1-9][0-9]*)$/.test(key) ? Number(key) : key;
      return makeRef({ ...symbolic, path: [...symbolic.path, step], parent: symbolic });
    },
    ownKeys: () => refuse("is spread or listed", "Name each field, or pass the reference on whole"),
    has: () => refuse("is asked for its keys", "Use isPresent(…), in a choose(…) or a when"),
    set: () => refuse("is assigned to", AS_IS),
  });
}

const AS_IS = "Pass the reference on as it is, and compute with its value in the task";
const TEXT = ["is made part of a text", "Use concat(…) to join texts, and text(…) to make one of a value"] as const;
const COMPUTED = [
  "is computed with, or joined to a text",
  "Use concat(…) to join texts, and add(…), subtract(…) or multiply(…) for numbers",
] as const;

/** The symbolic value of a `Ref`, or undefined for any other value. */
export function symbolicOf(value: unknown): Symbolic | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  // Reflect.get answers the private symbol on a Ref, and undefined on anything else.
  return Reflect.get(value, SYMBOLIC) as Symbolic | undefined;
}
