import type { SagaTypeError } from "./type-error";

/**
 * A result that is the same after it was sent as JSON: a `T` of which no field is lost or of another type. Any other field has a
 * sentence as its required type, which the checker prints. A function of your own that is generic in the result of `task` declares
 * it: `<Out extends AsJson<Out>>`.
 */
export type AsJson<T> = [T] extends [Kept<T>] ? unknown : Kept<T>;

/* eslint-disable @typescript-eslint/no-explicit-any -- a Map of anything: its types stand on both sides of its methods */
type Kept<T> = unknown extends T
  ? unknown
  : T extends Scalar
    ? Scalar
    : T extends bigint
      ? SagaTypeError<"a result is JSON, which has no bigint: return a string or a number">
      : T extends Date
        ? SagaTypeError<"a result is JSON, which makes a string of a Date: return date.toISOString()">
        : T extends ReadonlyMap<any, any> | ReadonlySet<any>
          ? SagaTypeError<"a result is JSON, which empties a Map and a Set: return an object or an array">
          : T extends ArrayBufferView
            ? SagaTypeError<"a result is JSON, which has no bytes: return a text, such as their base64">
            : T extends symbol | ((...given: never) => unknown)
              ? SagaTypeError<"a result is JSON, which has no functions and no symbols: return data alone">
              : T extends readonly (infer Item)[]
                ? Items<Item>
                : { readonly [Key in keyof T]: Kept<T[Key]> };
/* eslint-enable @typescript-eslint/no-explicit-any */

/** A mapped list would have the checker go round in a type such as that of any JSON, which contains lists of itself. */
interface Items<T> {
  readonly [at: number]: Kept<T>;
}

// eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- a handler may return nothing
type Scalar = string | number | boolean | null | undefined | void;
