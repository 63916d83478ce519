import { SagaDefinitionError } from "./errors";
import { levelsOf, type Mapping, readValue, type ReadScope } from "./mapping";
import type { Mapped, RefTo } from "./ref";

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

type Operator = "eq" | "ne" | "gt" | "gte" | "lt" | "lte" | "and" | "or" | "not" | "isPresent";

/** A test as data: its references resolved. */
export type Condition =
  | {
      readonly kind: "Compare";
      readonly op: "=" | ">" | ">=" | "<" | "<=";
      readonly left: Mapping;
      readonly right: Mapping;
    }
  | { readonly kind: "Present"; readonly value: Mapping }
  | { readonly kind: "All" | "Any"; readonly conditions: readonly Condition[] }
  | { readonly kind: "Not"; readonly condition: Condition };

// A reference would answer to any property that a test could be known by.
const tests = new WeakSet<object>();
/** Made, and part of no other yet: JavaScript's own `&&` and `||` drop one of two without a word. */
const loose = new Set<object>();
const isTest = (value: unknown): value is Test => typeof value === "object" && value !== null && tests.has(value);

function test(op: Operator, ...operands: readonly unknown[]): Test {
  const made: Test = Object.freeze({ kind: "Test", op, operands });
  tests.add(made);
  loose.add(made);
  for (const operand of operands) if (isTest(operand)) loose.delete(operand);
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

const COMPARE = { eq: "=", gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;

/**
 * What a `when` has returned, as data.
 * @param resolve Puts what a name stands for in its place.
 * @throws SagaDefinitionError `bad-mapping` for what is no test, or for tests that it leaves out; and what a mapping can throw
 */
export function readTest(from: unknown, scope: ReadScope, resolve: (mapping: Mapping) => Mapping): Condition {
  const dropped = [...loose].filter((each) => each !== from).length;
  loose.clear();
  if (isTest(from) && dropped > 0) {
    throw new SagaDefinitionError(
      "bad-mapping",
      scope.where,
      "a test is made and left out",
      "Combine tests with and(…), or(…) and not(…), and not with &&, || and !",
    );
  }
  const condition = readCondition(from, scope, resolve);
  if (levelsOfTest(condition) > MOST_LEVELS) {
    throw new SagaDefinitionError(
      "bad-mapping",
      scope.where,
      "the test nests so deep that Step Functions does not evaluate it",
      "Make it flatter: and(…) and or(…) take any number of tests",
    );
  }
  return condition;
}

/** Step Functions ends an evaluation that nests 100 deep; the rest is for what is around the test. */
const MOST_LEVELS = 90;

/** How deep the evaluation of a test nests, at most: a comparison first asks for the types of both sides. */
function levelsOfTest(condition: Condition): number {
  switch (condition.kind) {
    case "Compare":
    case "Present":
      return 12 + Math.max(...mappingsOf(condition).map(levelsOf));
    case "Not":
      return 1 + levelsOfTest(condition.condition);
    case "All":
    case "Any": {
      const { conditions } = condition;
      // They are joined in a balanced tree, each node of which is a pair of parentheses and an operator.
      const joins = Math.ceil(Math.log2(Math.max(1, conditions.length)));
      return 2 * joins + Math.max(1, ...conditions.map(levelsOfTest));
    }
  }
}

function readCondition(from: unknown, scope: ReadScope, resolve: (mapping: Mapping) => Mapping): Condition {
  if (!isTest(from)) {
    throw new SagaDefinitionError(
      "bad-mapping",
      scope.where,
      "the function gives no test",
      "Return eq(…), gt(…), isPresent(…), and(…) or the like, of references",
    );
  }
  const value = (index: number): Mapping => resolve(readValue(from.operands[index], scope));
  const inner = (): readonly Condition[] => from.operands.map((operand) => readCondition(operand, scope, resolve));
  switch (from.op) {
    case "ne":
      return { kind: "Not", condition: { kind: "Compare", op: "=", left: value(0), right: value(1) } };
    case "and":
      return { kind: "All", conditions: inner() };
    case "or":
      return { kind: "Any", conditions: inner() };
    case "not":
      return { kind: "Not", condition: readCondition(from.operands[0], scope, resolve) };
    case "isPresent":
      return { kind: "Present", value: value(0) };
    default:
      return { kind: "Compare", op: COMPARE[from.op], left: value(0), right: value(1) };
  }
}

/** The mappings that a condition compares. */
export function mappingsOf(condition: Condition): readonly Mapping[] {
  switch (condition.kind) {
    case "Compare":
      return [condition.left, condition.right];
    case "Present":
      return [condition.value];
    case "All":
    case "Any":
      return condition.conditions.flatMap(mappingsOf);
    case "Not":
      return mappingsOf(condition.condition);
  }
}
