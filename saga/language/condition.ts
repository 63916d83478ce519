import type { Mapped, RefTo } from "./ref";
import { noteTest } from "./trial";

declare const present: unique symbol;

/**
 * What a `when` decides by, as the user writes it: over references, made by the functions below. `Present` is the type of
 * what has a value where the test holds.
 */
export interface Test<Present = unknown> {
  readonly kind: "Test";
  readonly op: Operator;
  readonly operands: readonly unknown[];
  /** For the type checker alone, absent at run time. */
  readonly [present]?: Present;
}

export type Operator = "eq" | "ne" | "gt" | "gte" | "lt" | "lte" | "and" | "or" | "not" | "isPresent";

// A reference would answer to any property that a test could be known by.
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

/** Both are the same, at any depth; an absent value equals nothing. */
export const eq = <T>(left: RefTo<T>, right: Mapped<NoInfer<T>>): Test => test("eq", left, right);
/** Not the same; an absent value differs from everything. */
export const ne = <T>(left: RefTo<T>, right: Mapped<NoInfer<T>>): Test => test("ne", left, right);
/** Greater: two numbers, or two strings by code units. Never true of an absent value, or of two types. */
export const gt = <T extends Ordered>(left: RefTo<T>, right: Mapped<NoInfer<T>>): Test => test("gt", left, right);
/** Greater or equal; see {@link gt}. */
export const gte = <T extends Ordered>(left: RefTo<T>, right: Mapped<NoInfer<T>>): Test => test("gte", left, right);
/** Less; see {@link gt}. */
export const lt = <T extends Ordered>(left: RefTo<T>, right: Mapped<NoInfer<T>>): Test => test("lt", left, right);
/** Less or equal; see {@link gt}. */
export const lte = <T extends Ordered>(left: RefTo<T>, right: Mapped<NoInfer<T>>): Test => test("lte", left, right);
/** Every one holds; true of none. */
export const and = (...tests: readonly Test[]): Test => test("and", ...tests);
/** At least one holds; false of none. */
export const or = (...tests: readonly Test[]): Test => test("or", ...tests);
/** It does not hold. */
export const not = (of: Test): Test => test("not", of);
/** There is a value, and it is not null. */
export const isPresent = <T>(value: RefTo<T>): Test<NonNullable<T>> => test("isPresent", value) as Test<NonNullable<T>>;
