import { SagaDefinitionError } from "./errors";

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

/** Where a reference points: whose scope it is of, the name in that scope, and the path below it. */
export interface Reference {
  readonly owner: object;
  readonly root: string;
  readonly path: readonly (string | number)[];
  readonly maybe: boolean;
}

// The one key that a Ref's proxy answers for itself; keyed by a private symbol, no field can collide with it.
const REFERENCE = Symbol("saga reference");

/** Makes the symbolic reference that a mapping sees. */
export function makeRef(reference: Reference, where: { saga: string; step: string }): object {
  const said = [reference.root, ...reference.path].join(".");
  const refuse = (use: string, hint: string): never => {
    throw new SagaDefinitionError(
      "coerced-reference",
      where,
      `'${said}' ${use}, but it has no value until the saga runs`,
      hint,
    );
  };
  const asIs = "Pass the reference on as it is, and compute with its value in the task";
  return new Proxy(Object.freeze({}), {
    get(_target, key) {
      if (key === REFERENCE) return reference;
      if (typeof key === "symbol") return refuse("is used as a plain value", asIs);
      if (key === "toJSON" || key === "toString" || key === "valueOf") return refuse("is used as a plain value", asIs);
      const step = /^(0|[1-9][0-9]*)$/.test(key) ? Number(key) : key;
      return makeRef({ ...reference, path: [...reference.path, step] }, where);
    },
    ownKeys: () => refuse("is spread or listed", "Name each field, or pass the reference on whole"),
    has: () => refuse("is asked for its keys", asIs),
    set: () => refuse("is assigned to", asIs),
  });
}

/** The reference behind a `Ref`, or undefined for any other value. */
export function referenceOf(value: unknown): Reference | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  // Reflect.get answers the private symbol on a Ref, and undefined on anything else.
  return Reflect.get(value, REFERENCE) as Reference | undefined;
}
