import type { Mapped, RefTo } from "./ref";
import { noteTest } from "./trial";

declare const present: unique symbol;

/**
 * The test of a `when`, made by the functions below over references. `Present` is the type of the reference that has a value if
 * the test holds.
 */
export interface Test<Present = unknown> {
  readonly kind: "Test";
  readonly op: Operator;
  readonly operands: readonly unknown[];
  /** For the type checker alone, absent at run time. */
  readonly [present]?: Present;
}

export type Operator = "eq" | "ne" | "gt" | "gte" | "lt" | "lte" | "and" | "or" | "not" | "isPresent";

// Tests are in a set, because a reference has a value for every property that could mark a test.
const tests = new WeakSet<object>();
export const isTest = (value: unknown): value is Test =>
  typeof value === "object" && value !== null && tests.has(value);

function test(op: Operator, ...operands: readonly unknown[]): Test {
  const made: Test = Object.freeze({ kind: "Test", op, operands });
  tests.add(made);
  noteTest(made, operands);
  return made;
}

type Ordered = number | string | undefined;

/** Both values are equal, at any depth. An absent value equals nothing. */
export const eq = <T>(left: RefTo<T>, right: Mapped<NoInfer<T>>): Test => test("eq", left, right);
/** The values differ. An absent value differs from everything. */
export const ne = <T>(left: RefTo<T>, right: Mapped<NoInfer<T>>): Test => test("ne", left, right);
/** The left one is greater: two numbers, or two strings by code units. False for an absent value, and for two types. */
export const gt = <T extends Ordered>(left: RefTo<T>, right: Mapped<NoInfer<T>>): Test => test("gt", left, right);
/** The left one is greater or equal; see {@link gt}. */
export const gte = <T extends Ordered>(left: RefTo<T>, right: Mapped<NoInfer<T>>): Test => test("gte", left, right);
/** The left one is less; see {@link gt}. */
export const lt = <T extends Ordered>(left: RefTo<T>, right: Mapped<NoInfer<T>>): Test => test("lt", left, right);
/** The left one is less or equal; see {@link gt}. */
export const lte = <T extends Ordered>(left: RefTo<T>, right: Mapped<NoInfer<T>>): Test => test("lte", left, right);
/** Every test holds. True without tests. */
export const and = (...tests: readonly Test[]): Test => test("and", ...tests);
/** At least one test holds. False without tests. */
export const or = (...tests: readonly Test[]): Test => test("or", ...tests);
/** The test does not hold. */
export const not = (of: Test): Test => test("not", of);
/** The value is neither absent nor null. */
export const isPresent = <T>(value: RefTo<T>): Test<NonNullable<T>> => test("isPresent", value) as Test<NonNullable<T>>;
