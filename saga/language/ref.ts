import { SagaDefinitionError } from "./errors";
import { sayOf, type Symbolic } from "./symbolic";
import { stand } from "./trial";

declare const refersTo: unique symbol;

type Primitive = string | number | boolean | bigint | symbol | null | undefined;

/** What stands for a `T`. */
interface Stands<T> {
  readonly [refersTo]: T;
}

/**
 * A value that a running saga will have: the input, a step's result, or a part of either. Reading a property of it
 * records a path; nothing else can be done with it but to stand in a mapping.
 * Where `T` may be undefined, so may each of its fields.
 */
export type Ref<T> = Stands<T> &
  ([T] extends [Primitive] ? unknown : undefined extends T ? Fields<NonNullable<T>, undefined> : Fields<T, never>);

type Fields<T, Absent> = T extends readonly (infer Item)[]
  ? { readonly [index: number]: Ref<Item | undefined> }
  : { readonly [Key in keyof T]-?: Ref<T[Key] | Absent> };

/** The result of a step that may have failed before it had one: every field may be absent. */
export type Maybe<T> = Ref<T | undefined>;

/** What a mapping may give where a task wants a `T`: a reference, a literal, or an object or array of such. */
export type Mapped<T> = Stands<T> | Literal<T>;

type Literal<T> = T extends Primitive ? T : { readonly [Key in keyof T]: Mapped<T[Key]> };

/** The type of the value that a mapping stands for. */
export type Unmapped<M> = M extends { readonly [refersTo]: infer T }
  ? T
  : M extends Primitive
    ? M
    : { -readonly [Key in keyof M]: Unmapped<M[Key]> };

// The one key that a Ref's proxy answers for itself; keyed by a private symbol, no field can collide with it.
const SYMBOLIC = Symbol("saga reference");

/**
 * Makes what a mapping sees of a symbolic value.
 * @returns undefined, or the like, where the value is tried as absent: see `trial.ts`
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

/** What is behind a `Ref`, or undefined for any other value. */
export function symbolicOf(value: unknown): Symbolic | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  // Reflect.get answers the private symbol on a Ref, and undefined on anything else.
  return Reflect.get(value, SYMBOLIC) as Symbolic | undefined;
}
