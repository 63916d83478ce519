import { type Ast, parse, sourceOf } from "../expression";
import type { RawState } from "../../asl/states";
import { evaluate, type Surroundings, truth } from "./evaluate";
import { isObject, lift, needs, OneOf, TOLD, Unknown, UNKNOWN, type Value } from "./value";

/** What the Cause of a compensated execution has (S6). */
const FIELDS = ["saga", "step", "error", "cause"];

/** Nothing is known of any variable. */
const ANYWHERE: Surroundings = { variable: () => UNKNOWN, lengths: new Map() };

/**
 * Whether a Cause tells what S6 wants, on a path: it is JSON with four fields. An expression must make text of an object
 * that has them there. Undefined where that is not known.
 *
 * @throws NeedsChoice where it depends on an open choice
 */
export function tells({ Cause, CausePath }: RawState, around = ANYWHERE): boolean | undefined {
  if (CausePath !== undefined) return undefined;
  if (typeof Cause !== "string") return false;
  const source = sourceOf(Cause);
  if (source === undefined) return isTelling(Cause);
  let ast: Ast;
  try {
    ast = parse(source);
  } catch {
    // The lints report an expression that does not parse.
    return undefined;
  }
  return textTells(ast, around);
}

/** Both, or neither, or not known. */
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

/** Whether an expression makes text of what tells. */
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
  return isTold(evaluate(ast, around));
}

/** Whether a text is JSON that tells. */
function isTold(text: Value): boolean | undefined {
  if (text instanceof Unknown) return undefined;
  return text instanceof OneOf ? agreed(text, isTold) : typeof text === "string" && isTelling(text);
}

/**
 * What holds of all that a value may be.
 * @throws NeedsChoice where it holds of some alone
 */
function agreed(value: OneOf, test: (one: Value) => boolean | undefined): boolean | undefined {
  const [first, ...others] = new Set(value.values.map(test));
  if (others.length > 0) throw needs(value, test);
  return first;
}

/** Whether a value is an object with the four fields. */
function valueTells(value: Value): boolean | undefined {
  if (value === TOLD) return true;
  if (value instanceof Unknown) return undefined;
  if (value instanceof OneOf) return agreed(value, valueTells);
  return isObject(value) && FIELDS.every((field) => (value[field] ?? null) !== null);
}

/** A value as far as a Cause depends on it: any that tells is like any other. */
export const outlined = (value: Value): Value =>
  value instanceof OneOf ? lift(value, outlined) : valueTells(value) === true ? TOLD : value;
