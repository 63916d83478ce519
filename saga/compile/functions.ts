import type { FunctionName } from "../language/symbolic";
import { FURTHEST, NUMERIC } from "../asl/numbers";
import { balanced, object } from "./syntax";

/**
 * The result of a mapping function, as JSONata. No function can fail, whatever its operands are: without a result it yields
 * nothing (S8). JSONata by itself raises an error for a sum of texts, for a number that it can't read, and for a number
 * larger than a double. Each operand occurs once.
 */
export function called(name: Exclude<FunctionName, "choose">, operands: readonly string[]): string {
  const [first = "()", second = "()"] = operands;
  switch (name) {
    case "concat":
      return operands.length > 1 ? balanced(operands, "&") : `('' & ${first})`;
    case "orElse":
      return firstOf(operands);
    case "text":
      return `$string(${first})`;
    case "number":
      return of(first, `$type(${OF}) = 'number' ? ${OF} : $type(${OF}) = 'string' ? (${ifNumeric(OF)})`);
    case "add":
      return computed(first, "+", second);
    case "subtract":
      return computed(first, "-", second);
    case "multiply":
      return computed(first, "*", second);
    case "count":
      return of(first, `$type(${OF}) = 'array' ? $count(${OF}) : 0`);
    case "sum":
      return of(first, `${OF} != null ? ($type(${OF}) = 'array' ? (${ifNumbers(OF)})) : 0`);
    case "hash":
      return `$hash($string(${first}), 'SHA-256')`;
  }
}

/**
 * Binds values and evaluates an expression over them: `$given.of`. The values are fields of an object, because a name that is
 * bound to nothing must not be read. The expression reads nothing else, so the name hides no other name.
 */
export const bind = (values: readonly (readonly [string, string])[], expression: string): string =>
  `($given := ${object(values)}; ${expression})`;

const OF = "$given.of";
const of = (operand: string, expression: string): string => bind([["of", operand]], expression);

function firstOf(operands: readonly string[]): string {
  const [only = "()"] = operands;
  if (operands.length < 2) return only;
  const half = Math.ceil(operands.length / 2);
  return bind(
    [
      ["first", firstOf(operands.slice(0, half))],
      ["else", firstOf(operands.slice(half))],
    ],
    "$given.first != null ? $given.first : $given.else",
  );
}

function computed(left: string, operator: string, right: string): string {
  const result = `$given.left ${operator} $given.right`;
  const inRange = `${isNumber("$given.left")} ? (${isNumber("$given.right")} ? ${result})`;
  return bind(
    [
      ["left", left],
      ["right", right],
    ],
    inRange,
  );
}

/** Whether something is a number with which one can compute: false for what is absent. */
const isNumber = (value: string): string => `($type(${value}) = 'number' ? $abs(${value}) <= ${FURTHEST} : false)`;

const ifNumeric = (text: string): string => `$contains(${text}, /${NUMERIC}/) ? $number(${text})`;

const ifNumbers = (list: string): string =>
  `$count($filter(${list}, function($n) {${isNumber("$n")}})) = $count(${list}) ? $sum(${list})`;
