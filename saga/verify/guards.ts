import { FURTHEST, NUMERIC } from "../asl/numbers";
import type { Ast } from "./expression";
import { certain, COMPUTABLE, type Fact, Facts, type Type } from "./facts";

const TYPES: ReadonlySet<unknown> = new Set<Type>(["string", "number", "boolean", "array", "object"]);

/**
 * The facts that hold if a test is true, so that the expression behind it can't fail. `$exists(x)` guarantees that `x` has a
 * value; `$type(x) = 'string'` guarantees that it is a string too.
 */
export function factsFrom(test: Ast): readonly Fact[] {
  const { lhs, rhs, value } = test as { lhs: Ast; rhs: Ast; value: unknown };
  if (test.predicate || test.group) return [];
  if (test.type === "block" && test.expressions?.length === 1) return factsFrom(test.expressions[0] as Ast);
  if (test.type === "condition") {
    const never = test.else?.type === "value" && test.else.value === false;
    return never ? [...factsFrom(test.condition as Ast), ...factsFrom(test.then as Ast)] : [];
  }
  const matched = argumentOf(test, "contains");
  if (matched)
    return isNumeric(test.arguments?.[1]) ? [{ of: [matched], known: { ...certain("string"), ...COMPUTABLE } }] : [];
  const checked = argumentOf(test, "exists");
  if (checked) return [{ of: [checked], known: certain("any") }];
  if (test.type !== "binary") return [];
  if (value === "and") return [...factsFrom(lhs), ...factsFrom(rhs), ...comparable(test)];
  if (value === "!=") {
    // A comparison with an absent value is false.
    return rhs.type === "value" && rhs.value === null ? [{ of: [lhs], known: certain("any") }] : [];
  }
  if (value === "<=") {
    const near = argumentOf(lhs, "abs");
    const inRange = near && rhs.type === "number" && Number(rhs.value) <= Number(FURTHEST);
    return inRange ? [{ of: [near], known: { ...certain("number"), ...COMPUTABLE } }] : [];
  }
  const list = value === "=" ? listOfNumbers(lhs, rhs) : undefined;
  // The list may be absent: $count yields 0 for both sides.
  if (list) return [{ of: [list], known: { type: "array", defined: false, ...COMPUTABLE } }];
  if (value !== "=" || (rhs.type !== "string" && rhs.type !== "number")) return [];
  const typed = argumentOf(lhs, "type");
  const type = TYPES.has(rhs.value) ? (rhs.value as Type) : "any";
  return [{ of: [lhs], known: certain(rhs.type) }, ...(typed ? [{ of: [typed], known: certain(type) }] : [])];
}

const isNumeric = (pattern: Ast | undefined): boolean =>
  pattern?.type === "regex" && (pattern.value as RegExp).source === NUMERIC;

/** `$count($filter(list, function($n) {…})) = $count(list)`: each item is a computable number. */
function listOfNumbers(lhs: Ast, rhs: Ast): Ast | undefined {
  const [kept, all] = [argumentOf(lhs, "count"), argumentOf(rhs, "count")];
  const list = argumentOf(kept, "filter");
  const [, test] = kept?.arguments ?? [];
  const [item] = test?.arguments ?? [];
  if (!list || !all || test?.type !== "lambda" || !item) return undefined;
  const computable = Facts.NONE.with(factsFrom(test.body as Ast)).of(item)?.computable;
  return computable && Facts.NONE.with([{ of: [list], known: certain("any") }]).of(all) ? list : undefined;
}

const argumentOf = (ast: Ast | undefined, name: string): Ast | undefined =>
  ast?.type === "function" && ast.procedure?.value === name && !ast.predicate && !ast.group
    ? ast.arguments?.[0]
    : undefined;

/** `$type(a) = $type(b) and $type(a) in ['number', 'string']`: `a` and `b` can be ordered. */
function comparable({ lhs, rhs }: Ast): readonly Fact[] {
  const same = lhs as Ast;
  const among = rhs as Ast;
  const [left, right, subject] = [same.lhs as Ast, same.rhs, among.lhs as Ast].map((ast) => argumentOf(ast, "type"));
  const types = (among.rhs?.expressions ?? []).map(({ value }) => value);
  const ordered = types.length > 0 && types.every((type) => type === "number" || type === "string");
  if (same.value !== "=" || among.value !== "in" || !left || !right || !subject || !ordered) return [];
  const known = certain("boolean");
  return Facts.NONE.with([{ of: [left], known }]).of(subject) ? [{ of: [left, right], known }] : [];
}
