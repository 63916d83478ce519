import type { Test } from "./condition";
import { makeRef } from "./ref";
import type { Mapped, Ref, RefTo, Unmapped } from "./ref";
import type { FunctionName } from "./symbolic";
import { noteUse, place } from "./trial";

/** What may be computed with where it is a number, and gives nothing where it is none. */
type Numeric = Mapped<number | undefined>;

/** What one of several is that is present: each of them but for nothing, and the last as it is. */
type FirstOf<Of extends readonly unknown[]> = Of extends readonly [infer Only]
  ? Unmapped<Only>
  : Of extends readonly [infer First, ...infer Rest]
    ? NonNullable<Unmapped<First>> | FirstOf<Rest>
    : Unmapped<Of[number]>;

function call<T>(name: FunctionName, operands: readonly unknown[]): Ref<T> {
  noteUse(operands);
  return makeRef({ kind: "Call", name, operands, path: [], parent: undefined, where: place() }) as Ref<T>;
}

/**
 * The parts joined to one text; one that is absent is left out. What is no text is turned into one, as by {@link text}.
 *
 * @example
 * concat("Booking ", input.id, " of ", input.guest.name)
 */
export const concat = (...parts: readonly Mapped<string | number | boolean | undefined>[]): Ref<string> =>
  call("concat", parts);

/**
 * The first that is present: neither absent nor null.
 *
 * @example
 * orElse(input.coupon, "none")
 */
export const orElse = <const Of extends readonly [unknown, ...unknown[]]>(...of: Of): Ref<FirstOf<Of>> =>
  call("orElse", of);

/**
 * One value where a test holds, or else another; without another, nothing.
 *
 * @example
 * choose(gt(input.total, 1000), "large", "small")
 */
export const choose = <const Then, const Otherwise = undefined>(
  test: Test,
  then: Then,
  otherwise?: Otherwise,
): Ref<Unmapped<Then> | Unmapped<Otherwise>> => call("choose", [test, then, otherwise]);

/**
 * A value as text: a text as it is, and anything else as JSON.
 *
 * @example
 * text(input.total) // "12.5"
 */
export const text = <T>(of: RefTo<T>): Ref<undefined extends T ? string | undefined : string> => call("text", [of]);

/**
 * A number, or what a text says is one: `12`, `-0.5`, `1e6`, with 15 digits at most on either side of the point and two in
 * the exponent. Nothing for anything else.
 *
 * @example
 * number(input.amount) // 12.5, of 12.5 and of "12.5"
 */
export const number = (of: Mapped<string | number | undefined>): Ref<number | undefined> => call("number", [of]);

/**
 * The sum of two numbers; nothing where one is none, or beyond 1e150.
 *
 * @example
 * add(input.price, input.postage)
 */
export const add = (left: Numeric, right: Numeric): Ref<number | undefined> => call("add", [left, right]);

/**
 * The difference of two numbers; nothing where one is none, or beyond 1e150.
 *
 * @example
 * subtract(input.total, input.paid)
 */
export const subtract = (left: Numeric, right: Numeric): Ref<number | undefined> => call("subtract", [left, right]);

/**
 * The product of two numbers; nothing where one is none, or beyond 1e150.
 *
 * @example
 * multiply(input.price, input.quantity)
 */
export const multiply = (left: Numeric, right: Numeric): Ref<number | undefined> => call("multiply", [left, right]);

/**
 * How many items a list has; 0 for what is no list.
 *
 * @example
 * count(input.lines)
 */
export const count = (list: RefTo<readonly unknown[] | undefined>): Ref<number> => call("count", [list]);

/**
 * The sum of a list of numbers, and 0 of an empty or an absent one; nothing where an item is no number, or beyond 1e150.
 *
 * @example
 * sum(input.weights)
 */
export const sum = (list: RefTo<readonly number[] | undefined>): Ref<number | undefined> => call("sum", [list]);

/**
 * The SHA-256 hash of the parts, in hexadecimal: the same for the same parts, so it can be an identity that a retry and an
 * undo share. What is absent counts as null.
 *
 * @example
 * hash(saga.id, input.sku)
 */
export const hash = (...parts: readonly [unknown, ...unknown[]]): Ref<string> => call("hash", parts);
