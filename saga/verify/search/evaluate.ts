import type { Ast } from "../expression";
import {
  fieldOf,
  isArray,
  isKnown,
  isObject,
  isTest,
  keyOf,
  Leading,
  type Lengths,
  LENGTHS,
  lift,
  needs,
  NeedsChoice,
  NeedsLength,
  NO_LIST,
  NO_LIST_TYPE,
  ONE_OR_MORE,
  OTHER_FIELDS,
  RESULTS,
  testOf,
  TypeOf,
  OneOf,
  SOMETHING,
  Unknown,
  UNKNOWN,
  type Value,
} from "./value";

/** The values that an expression can read: variables, with `$states`, and the assumed lengths of lists. */
export interface Surroundings {
  readonly variable: (name: string) => Value;
  readonly lengths: Lengths;
}

interface Lambda {
  readonly parameters: readonly string[];
  readonly body: Ast;
}

/** JSONata's result sequences. JSONata spreads them, and replaces one of a single value by that value. Arrays stay arrays. */
const sequences = new WeakSet();

function sequence(values: readonly Value[]): readonly Value[] {
  const made = [...values];
  sequences.add(made);
  return made;
}

/**
 * Evaluates an expression over partly known values. A result is unknown if a value is unknown or if this evaluator has no
 * rule for it. If a test is unknown, both sides are evaluated, and the result is what they have in common.
 *
 * @throws NeedsLength if the result depends on the single items of an unknown list
 * @throws NeedsChoice if the result depends on an open choice
 */
export function evaluate(ast: Ast, around: Surroundings): Value {
  return settled(value(ast, undefined, around));
}

/** A result to be stored. The first of several results is known only while an expression looks for it. */
const settled = (result: Value): Value => (result instanceof Leading ? RESULTS : result);

function value(ast: Ast, context: Value, around: Surroundings): Value {
  let result = resolve(raw(ast, context, around), around.lengths);
  for (const { expr } of [...(ast.predicate ?? []), ...(ast.stages ?? [])]) result = filter(result, expr, around);
  return collapse(result);
}

function collapse(result: Value): Value {
  if (result instanceof OneOf) return lift(result, collapse);
  if (!isArray(result) || !sequences.has(result)) return result;
  return result.length > 1 ? result : result[0];
}

/** A list of assumed length is a list of unknown items. */
export function resolve(found: Value, lengths: Lengths): Value {
  if (!(found instanceof Unknown) || found.path === undefined) return found;
  const { path } = found;
  const ofLength = (length: Value): Value => {
    if (length instanceof OneOf) return lift(length, ofLength);
    if (length === "none") return NO_LIST;
    if (typeof length === "boolean") return length;
    if (typeof length !== "number") return found;
    return Array.from({ length }, (_, index) => new Unknown(`${path}[${index}]`));
  };
  return ofLength(lengths.get(path));
}

function raw(ast: Ast, context: Value, around: Surroundings): Value {
  switch (ast.type) {
    case "string":
    case "number":
    case "value":
      return ast.value as Value;
    case "variable":
      return ast.value === "" ? context : ast.value === "$" ? UNKNOWN : around.variable(String(ast.value));
    case "name":
      return member(context, String(ast.value), around);
    case "wildcard":
      if (context instanceof Unknown) return UNKNOWN;
      if (context instanceof OneOf) throw needs(context);
      if (hasOthers(context)) return UNKNOWN;
      return isObject(context) ? sequence(spread(Object.values(context))) : undefined;
    case "path":
      return path(ast.steps ?? [], context, around);
    case "unary":
      return constructed(ast, context, around);
    case "block":
      return block(ast.expressions ?? [], context, around);
    case "condition": {
      const test = truth(value(ast.condition as Ast, context, around));
      const then = (): Value => value(ast.then as Ast, context, around);
      const otherwise = (): Value => (ast.else ? value(ast.else, context, around) : undefined);
      if (test !== undefined) return test ? then() : otherwise();
      return agreed(then(), otherwise());
    }
    case "binary":
      return binary(String(ast.value), value(ast.lhs as Ast, context, around), () =>
        value(ast.rhs as Ast, context, around),
      );
    case "function":
      return call(ast, context, around);
    case "lambda":
      // What the parser makes of a call at the end of a function.
      return ast.thunk ? value(ast.body as Ast, context, around) : UNKNOWN;
    default:
      return UNKNOWN;
  }
}

function agreed(one: Value, other: Value): Value {
  if (keyOf(one) === keyOf(other)) return one;
  return isThere(one) && isThere(other) ? SOMETHING : UNKNOWN;
}

/** The possible outcomes of a test. The outermost choice is decided first, since the inner ones may not matter then. */
function truths(found: Value): ReadonlySet<boolean | undefined> {
  return new Set(found instanceof OneOf ? found.values.flatMap((one) => [...truths(one)]) : [truth(found)]);
}

/**
 * The outcome of a test. Undefined if it is unknown.
 * @throws NeedsChoice if some alternatives of the value are true and others false
 */
export function truth(found: Value): boolean | undefined {
  if (found instanceof Unknown) return undefined;
  if (found instanceof OneOf) {
    const each = found.values.map((one) => [...truths(one)]);
    const [first, ...others] = new Set(each.flat());
    if (others.length === 0) return first;
    const comesTo = each.map((one) => one.map(String).sort().join());
    // If every alternative may be either, an inner choice decides, and the outer choice decides which inner one.
    throw new Set(comesTo).size > 1 ? new NeedsChoice(found.name, comesTo) : needs(found);
  }
  if (isArray(found)) {
    const all = found.map(truth);
    return all.includes(true) ? true : all.includes(undefined) ? undefined : false;
  }
  return isObject(found) ? Object.keys(found).length > 0 : Boolean(found);
}

function member(context: Value, key: string, around: Surroundings): Value {
  if (context instanceof Unknown) {
    return context.path === undefined ? UNKNOWN : resolve(new Unknown(`${context.path}.${key}`), around.lengths);
  }
  if (context instanceof OneOf) return lift(context, (one) => member(one, key, around));
  if (isArray(context)) return joined(context.map((item) => member(item, key, around)));
  return isObject(context) ? resolve(fieldOf(context, key), around.lengths) : undefined;
}

/**
 * Joins results in their order. Their number is unknown if one may be absent, or may be several.
 * @throws NeedsChoice if their number depends on an open choice
 */
function joined(found: readonly Value[]): Value {
  const open = found.filter((one) => one instanceof Unknown || (one instanceof OneOf && !one.values.every(isSingle)));
  if (open.length === 0) return sequence(spread(found));
  const certain = found.some((one) => isThere(one) && !(isArray(one) && one.length === 0));
  const first = certain ? firstOf(found) : undefined;
  if (isSingle(first)) return new Leading(first);
  if (certain) return found.some((one) => isSingle(one)) ? RESULTS : SOMETHING;
  for (const one of open) if (one instanceof OneOf) throw needs(one);
  return UNKNOWN;
}

/** The first of several results, if it is known. */
function firstOf([one, ...others]: readonly Value[]): Value {
  if (one === undefined) return others.length === 0 ? undefined : firstOf(others);
  return one instanceof OneOf && !isSingle(one) ? lift(one, (each) => firstOf([each, ...others])) : one;
}

const isSomething = (one: Value): boolean => one === SOMETHING || one === RESULTS || one instanceof Leading;
const isThere = (one: Value): boolean =>
  isSomething(one) ||
  (one instanceof OneOf ? one.values.every(isThere) : one !== undefined && !(one instanceof Unknown));
const isSingle = (one: Value): boolean =>
  one instanceof OneOf ? one.values.every(isSingle) : isThere(one) && !isSomething(one) && !isArray(one);

const spread = (found: readonly Value[]): readonly Value[] =>
  found.flatMap((one) => (one === undefined ? [] : isArray(one) ? one : [one]));

function path(steps: readonly Ast[], context: Value, around: Surroundings): Value {
  const [first, ...rest] = steps as readonly [Ast, ...Ast[]];
  return rest.reduce<Value>(
    (before, step) => {
      if (before === undefined) return undefined;
      if (!isArray(before)) return value(step, before, around);
      const found = before.map((item) => value(step, item, around));
      return collapse(joined(found));
    },
    value(first, context, around),
  );
}

function filter(found: Value, test: Ast, around: Surroundings): Value {
  if (found === undefined) return undefined;
  if (found instanceof Leading && test.type === "number" && test.value === 0) return found.first;
  if (isSomething(found) && test.type === "number" && test.value === 0) return SOMETHING;
  if (found instanceof Unknown) return UNKNOWN;
  if (found instanceof OneOf && test.type === "number") return lift(found, (one) => filter(one, test, around));
  if (found instanceof OneOf && !found.values.every(isSingle)) throw needs(found);
  const items = isArray(found) ? found : [found];
  if (test.type === "number") return items.at(Number(test.value));
  const kept = items.map((item) => truth(value(test, item, around)));
  return kept.includes(undefined) ? UNKNOWN : sequence(items.filter((_, index) => kept[index]));
}

function constructed(ast: Ast, context: Value, around: Surroundings): Value {
  if (ast.value === "{") {
    const fields = (ast.lhs as readonly (readonly [Ast, Ast])[]).map(
      ([key, field]) => [value(key, context, around), settled(value(field, context, around))] as const,
    );
    if (!fields.every(([key]) => typeof key === "string")) return UNKNOWN;
    return Object.fromEntries(fields.filter(([, field]) => field !== undefined)) as { readonly [key: string]: Value };
  }
  if (ast.value !== "[") return UNKNOWN;
  const items = (ast.expressions ?? []).map((item) => {
    const found = value(item, context, around);
    // An array constructor within the brackets stays one item. Any other array is spread.
    return item.type === "unary" && item.value === "[" && !(found instanceof Unknown) ? [found] : found;
  });
  for (const item of items) if (item instanceof OneOf && !item.values.every(isSingle)) throw needs(item);
  const [only] = items;
  // `[x]` is `x` itself if that is a list. Else it is a list of one item or of none, like another list of this length.
  if (items.length === 1 && only instanceof Unknown && isList(only) && !isArrayOf(ast)) return only;
  return items.some((item) => item instanceof Unknown) ? UNKNOWN : spread(items);
}

/** Whether an unknown value may be a list that another expression reads too. */
const isList = (one: Unknown): boolean => one.path !== undefined && !isTest(one.path) && !(one instanceof TypeOf);

/** Whether an array constructor has an array constructor as its first item. */
const isArrayOf = ({ expressions: [item] = [] }: Ast): boolean => item?.type === "unary" && item.value === "[";

function block(expressions: readonly Ast[], context: Value, around: Surroundings): Value {
  const own = new Map<string, Value>();
  const inside: Surroundings = {
    ...around,
    variable: (name) => (own.has(name) ? own.get(name) : around.variable(name)),
  };
  let last: Value;
  for (const expression of expressions) {
    if (expression.type === "bind") {
      last = value(expression.rhs as Ast, context, inside);
      own.set(String((expression.lhs as Ast).value), last);
    } else last = value(expression, context, inside);
  }
  return last;
}

/** JSONata writes a number with 15 digits. */
const textOf = (found: string | number): string =>
  typeof found === "number" ? String(Number(found.toPrecision(15))) : found;

const kindOf = (found: Value): string => (found === null ? "null" : isArray(found) ? "array" : typeof found);

function binary(operator: string, left: Value, right: () => Value): Value {
  if (operator !== "and" && operator !== "or") {
    const other = right();
    if (left instanceof OneOf) return lift(left, (one) => binary(operator, one, () => other));
    if (other instanceof OneOf) return lift(other, (one) => binary(operator, left, () => one));
  }
  switch (operator) {
    case "and":
    case "or": {
      const decisive = operator === "or";
      const first = truth(left);
      if (first === decisive) return decisive;
      const other = right();
      const second = truth(other);
      if (second === decisive) return decisive;
      if (first !== undefined && second !== undefined) return !decisive;
      return testOf(operator, first ?? left, second ?? other);
    }
    case "=":
    case "!=": {
      const other = right();
      if (left === undefined || other === undefined) return false;
      if (isListType(left, other) || isListType(other, left)) return operator === "!=";
      if (left === ONE_OR_MORE ? other === 0 : other === ONE_OR_MORE && left === 0) return operator === "!=";
      if (left instanceof Unknown || other instanceof Unknown) return testOf(operator, left, other);
      if (kindOf(left) !== kindOf(other)) return operator === "!=";
      if (!isKnown(left) || !isKnown(other)) return UNKNOWN;
      return (keyOf(left) === keyOf(other)) === (operator === "=");
    }
    case "&": {
      const parts = [left, right()];
      if (!parts.every((part) => part === undefined || typeof part === "string" || typeof part === "number")) {
        return UNKNOWN;
      }
      return parts.map((part) => (part === undefined ? "" : textOf(part))).join("");
    }
    case "in": {
      const list = right();
      if (left === undefined || list === undefined) return false;
      if (!isKnown(left) || !isKnown(list)) return UNKNOWN;
      return (isArray(list) ? list : [list]).some((one) => keyOf(one) === keyOf(left));
    }
    case "+":
    case "-":
    case "*": {
      const other = right();
      if (!(typeof left === "number" && typeof other === "number")) return UNKNOWN;
      return { "+": left + other, "-": left - other, "*": left * other }[operator];
    }
    default: {
      const other = right();
      if (left === ONE_OR_MORE && other === 0 && (operator === ">" || operator === "<=")) return operator === ">";
      if (!(typeof left === "number" && typeof other === "number")) return testOf(operator, left, other);
      return { "<": left < other, "<=": left <= other, ">": left > other, ">=": left >= other }[operator] ?? UNKNOWN;
    }
  }
}

/**
 * Whether one value is the type of a list and the other the type of something else.
 * @throws NeedsLength if the other one is unknown
 */
function isListType(one: Value, other: Value): boolean {
  if (one !== "array") return false;
  if (other instanceof TypeOf) throw new NeedsLength(other.of, ["none", ...LENGTHS]);
  return other === NO_LIST_TYPE;
}

function call(ast: Ast, context: Value, around: Surroundings): Value {
  const [first, second] = ast.arguments ?? [];
  const name = String(ast.procedure?.value);
  if (!first) return SOMETHING;
  const counted = name === "count" ? listOf(first, context, around) : undefined;
  // The length of a list decides nothing yet. Of results there is at least one.
  if (counted instanceof Unknown) return settled(counted) === RESULTS && !isFilter(first) ? ONE_OR_MORE : SOMETHING;
  const given = value(first, context, around);
  if (name === "map" || name === "filter") {
    if (second?.type !== "lambda") return UNKNOWN;
    return (name === "map" ? mapped : kept)(given, applying(lambdaOf(second), context, around));
  }
  return given instanceof OneOf ? lift(given, (one) => applied(name, one)) : applied(name, given);
}

const isFilter = ({ type, procedure }: Ast): boolean => type === "function" && procedure?.value === "filter";

/** A list, or the list that a filter is applied to. */
function listOf(list: Ast, context: Value, around: Surroundings): Value {
  const [of] = isFilter(list) ? (list.arguments ?? []) : [];
  return value(of ?? list, context, around);
}

function applied(name: string, given: Value): Value {
  if (name === "exists")
    return isSomething(given) ? true : given instanceof Unknown ? testOf("$exists", given) : given !== undefined;
  if (name === "count") return given instanceof Unknown ? SOMETHING : spread([given]).length;
  if (given === undefined) return undefined;
  switch (name) {
    case "number":
    case "abs":
      return typeof given === "number" ? { number: given, abs: Math.abs(given) }[name] : UNKNOWN;
    case "sum": {
      const items = isArray(given) ? given : [given];
      return items.every((item) => typeof item === "number") ? items.reduce((all, item) => all + item, 0) : UNKNOWN;
    }
    case "not": {
      const negated = truth(given);
      return negated === undefined ? testOf("$not", given) : !negated;
    }
    case "type":
      if (given === NO_LIST) return NO_LIST_TYPE;
      if (given instanceof Unknown) return given.path === undefined ? UNKNOWN : new TypeOf(given.path);
      return kindOf(given);
    case "reverse":
      return itemsOf(given)?.toReversed() ?? UNKNOWN;
    case "string":
      return typeof given === "string" || typeof given === "number" ? textOf(given) : UNKNOWN;
    case "merge": {
      if (!isArray(given) || !given.every(isObject) || given.some(hasOthers)) return UNKNOWN;
      const fields = given.flatMap((one): readonly (readonly [string, Value])[] => Object.entries(one));
      return Object.fromEntries<Value>(fields);
    }
    case "hash":
      // A text that is the same for the same value stands for the hash.
      return typeof given === "string" ? `hash(${given})` : UNKNOWN;
    default:
      return UNKNOWN;
  }
}

/** Whether only some fields of an object are known. */
const hasOthers = (value: Value): boolean => isObject(value) && OTHER_FIELDS in value;

const lambdaOf = (ast: Ast): Lambda => ({
  parameters: (ast.arguments ?? []).map(({ value: name }) => String(name)),
  body: ast.body as Ast,
});

type Apply = (item: Value, index: number, list: Value) => Value;

function applying({ parameters, body }: Lambda, context: Value, around: Surroundings): Apply {
  return (...given) => {
    const variable = (name: string): Value => {
      const at = parameters.indexOf(name);
      return at === -1 ? around.variable(name) : given[at];
    };
    return value(body, context, { ...around, variable });
  };
}

/** The items of a list. Undefined if they are unknown. */
function itemsOf(list: Value): readonly Value[] | undefined {
  if (list instanceof Unknown) {
    if (list.path === undefined) return undefined;
    throw new NeedsLength(list.path);
  }
  if (list instanceof OneOf && !list.values.every(isSingle)) throw needs(list);
  return isArray(list) ? list : [list];
}

/** `$filter`. */
function kept(list: Value, apply: Apply): Value {
  if (list === undefined) return undefined;
  const items = itemsOf(list);
  const tests = items?.map((item, index) => truth(apply(item, index, list)));
  if (!items || !tests || tests.includes(undefined)) return UNKNOWN;
  return sequence(items.filter((_, index) => tests[index]));
}

/** `$map`. */
function mapped(list: Value, apply: Apply): Value {
  if (list === undefined) return undefined;
  const found = itemsOf(list)?.map((item, index) => apply(item, index, list));
  if (!found) return UNKNOWN;
  for (const one of found) if (one instanceof OneOf && !one.values.every(isThere)) throw needs(one);
  if (found.some((one) => one instanceof Unknown)) return UNKNOWN;
  return sequence(found.filter((one) => one !== undefined));
}
