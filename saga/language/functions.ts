import type { Test } from "./condition";
import { makeRef } from "./ref";
import type { Mapped, Ref, RefTo, Unmapped } from "./ref";
import type { FunctionName } from "./symbolic";
import { noteUse, place } from "./trial";

/** An operand of arithmetic. The result is absent if the operand is not a number. */
type Numeric = Mapped<number | undefined>;

/** The type of the first present value: any of them without undefined and null, or the last one as it is. */
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
 * Joins the parts to one text, and leaves out absent parts. Other values become texts, as by {@link text}.
 *
 * @example
 * concat("Booking ", input.id, " of ", input.guest.name)
 */
export const concat = (...parts: readonly Mapped<string | number | boolean | undefined>[]): Ref<string> =>
  call("concat", parts);

/**
 * The first value that is neither absent nor null.
 *
 * @example
 * orElse(input.coupon, "none")
 */
export const orElse = <const Of extends readonly [unknown, ...unknown[]]>(...of: Of): Ref<FirstOf<Of>> =>
  call("orElse", of);

/**
 * One value if a test holds, and otherwise another. Without another value the result is absent.
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
 * A value as text. Texts stay as they are, and other values become JSON.
 *
 * @example
 * text(input.total) // "12.5"
 */
export const text = <T>(of: RefTo<T>): Ref<undefined extends T ? string | undefined : string> => call("text", [of]);

/**
 * A number, or the number in a text: `12`, `-0.5`, `1e6`. A text has at most 15 digits on either side of the point and two in
 * the exponent. For any other value the result is absent.
 *
 * @example
 * number(input.amount) // 12.5, of 12.5 and of "12.5"
 */
export const number = (of: Mapped<string | number | undefined>): Ref<number | undefined> => call("number", [of]);

/**
 * The sum of two numbers. It is absent if one is not a number, or is beyond 1e150.
 *
 * @example
 * add(input.price, input.postage)
 */
export const add = (left: Numeric, right: Numeric): Ref<number | undefined> => call("add", [left, right]);

/**
 * The difference of two numbers. It is absent if one is not a number, or is beyond 1e150.
 *
 * @example
 * subtract(input.total, input.paid)
 */
export const subtract = (left: Numeric, right: Numeric): Ref<number | undefined> => call("subtract", [left, right]);

/**
 * The product of two numbers. It is absent if one is not a number, or is beyond 1e150.
 *
 * @example
 * multiply(input.price, input.quantity)
 */
export const multiply = (left: Numeric, right: Numeric): Ref<number | undefined> => call("multiply", [left, right]);

/**
 * The number of items of a list, and 0 for a value that is not a list.
 *
 * @example
 * count(input.lines)
 */
export const count = (list: RefTo<readonly unknown[] | undefined>): Ref<number> => call("count", [list]);

/**
 * The sum of a list of numbers, and 0 for an empty or missing list. It is absent if an item is not a number, or is beyond 1e150.
 *
 * @example
 * sum(input.weights)
 */
export const sum = (list: RefTo<readonly number[] | undefined>): Ref<number | undefined> => call("sum", [list]);

/**
 * The SHA-256 hash of the parts, in hexadecimal. Equal parts have equal hashes, so a retry and an undo can share it as an
 * identity. An absent part counts as null.
 *
 * @example
 * hash(saga.id, input.sku)
 */
export const hash = (...parts: readonly [unknown, ...unknown[]]): Ref<string> => call("hash", parts);
