import { type Ast, expressionIn, sourceOf } from "../expression";
import { FIELDS } from "../recorded-step";
import type { RawState } from "../../asl/states";
import { evaluate, type Surroundings, truth } from "./evaluate";
import { hasAnswer, isObject, lift, needs, OneOf, TOLD, Unknown, UNKNOWN, type Value } from "./value";

/** Surroundings in which no variable is known. */
const ANYWHERE: Surroundings = { variable: () => UNKNOWN, lengths: new Map() };

/**
 * Whether a Cause has what S6 requires: JSON with four fields. An expression must convert an object with these fields to
 * text. Undefined if that is not known.
 *
 * @throws NeedsChoice if it depends on an open choice
 */
export function tells({ Cause, CausePath }: RawState, around = ANYWHERE): boolean | undefined {
  if (CausePath !== undefined) return undefined;
  if (typeof Cause !== "string") return false;
  if (sourceOf(Cause) === undefined) return isTelling(Cause);
  const ast = expressionIn(Cause);
  return ast && textTells(ast, around);
}

/** The conjunction of two outcomes, either of which may be unknown. */
const both = (one: boolean | undefined, other: boolean | undefined): boolean | undefined =>
  one === false || other === false ? false : one && other;

function isTelling(text: string): boolean {
  try {
    const told = JSON.parse(text) as unknown;
    return typeof told === "object" && told !== null && FIELDS.every((field) => field in told);
  } catch {
    return false;
  }
}

/** Whether an expression converts an object with the four fields to text. */
function textTells(ast: Ast, around: Surroundings): boolean | undefined {
  if (ast.type === "condition") {
    const test = truth(evaluate(ast.condition as Ast, around));
    const then = (): boolean | undefined => textTells(ast.then as Ast, around);
    const otherwise = (): boolean | undefined => ast.else !== undefined && textTells(ast.else, around);
    return test === undefined ? both(then(), otherwise()) : test ? then() : otherwise();
  }
  if (ast.type === "block" && ast.expressions?.length === 1) return textTells(ast.expressions[0] as Ast, around);
  const [given] = ast.arguments ?? [];
  if (ast.type === "function" && ast.procedure?.value === "string" && given) {
    return valueTells(evaluate(given, around));
  }
  const opening = openingOf(ast).trimStart();
  return opening !== "" && !opening.startsWith("{") ? false : isTold(evaluate(ast, around));
}

/** The text that a concatenation certainly begins with, as far as its first part is a constant. */
const openingOf = ({ type, value, lhs }: Ast): string =>
  type === "string" ? String(value) : type === "binary" && value === "&" ? openingOf(lhs as Ast) : "";

/** Whether a text is JSON with the four fields. */
function isTold(text: Value): boolean | undefined {
  if (text instanceof Unknown) return undefined;
  return text instanceof OneOf ? agreed(text, isTold) : typeof text === "string" && isTelling(text);
}

/**
 * The result of a test on which all alternatives of a value agree.
 * @throws NeedsChoice if they do not agree
 */
function agreed(value: OneOf, test: (one: Value) => boolean | undefined): boolean | undefined {
  const [first, ...others] = new Set(value.values.map(test));
  if (others.length > 0) throw needs(value, test);
  return first;
}

/** Whether a value is an object with the four fields. */
function valueTells(value: Value): boolean | undefined {
  if (value === TOLD) return true;
  // The result of an undo is no failure.
  if (value instanceof Unknown) return hasAnswer(value) ? false : undefined;
  if (value instanceof OneOf) return agreed(value, valueTells);
  return isObject(value) && FIELDS.every((field) => (value[field] ?? null) !== null);
}

/** A value as far as a Cause depends on it. All values with the four fields are equal. */
export const outlined = (value: Value): Value =>
  value instanceof OneOf ? lift(value, outlined) : valueTells(value) === true ? TOLD : value;
