import { FURTHEST, NUMERIC } from "../asl/numbers";
import type { Ast } from "./expression";
import { type Fact, Facts, type Known, type Type } from "./facts";

/** Something that an expression does and that can fail, as it stands in the source. */
export class PartialExpression extends Error {
  constructor(readonly part: string) {
    super(part);
  }
}

/** What an expression is held against. */
export interface ExpressionContext {
  /** What the field takes; anything where that is not said. */
  readonly wants?: readonly Type[] | undefined;
  /** What is always there, by its path, beside what every state has: `states.result.Payload`. */
  readonly there?: ReadonlyMap<string, Type>;
}

/**
 * Whether an expression can't fail, whatever the data: neither raise an error, nor yield nothing, nor what its field does
 * not take. Undefined if so, else what in it can fail. It knows the shapes that matter, and takes any other for one that
 * can fail.
 */
export function partialIn(ast: Ast, { wants, there = new Map() }: ExpressionContext = {}): string | undefined {
  try {
    const { type, defined } = new Knower(new Map([...ALWAYS, ...there])).know(ast, Facts.NONE);
    if (!defined) return "it may yield nothing";
    return wants && !wants.includes(type) ? `it may yield something else than a ${wants.join(" or ")}` : undefined;
  } catch (error) {
    if (error instanceof PartialExpression) return error.part;
    throw error;
  }
}

/** What every execution has, where it may stand at all: that is another rule. */
const ALWAYS: ReadonlyMap<string, Type> = new Map<string, Type>([
  ["states.input", "any"],
  ["states.result", "any"],
  ["states.errorOutput", "any"],
  ["states.context.Execution.Id", "string"],
  ["states.context.Execution.Input", "any"],
  ["states.context.Execution.Name", "string"],
  ["states.context.Execution.StartTime", "string"],
  ["states.context.State.EnteredTime", "string"],
  ["states.context.State.Name", "string"],
  ["states.context.Map.Item.Index", "number"],
  ["states.context.Map.Item.Value", "any"],
]);

const TYPES: ReadonlySet<unknown> = new Set<Type>(["string", "number", "boolean", "array", "object"]);
const NOTHING: Known = { type: "any", defined: false };
const certain = (type: Type): Known => ({ type, defined: true });

function say(ast: Ast): string {
  if (ast.type === "function") return `$${String(ast.procedure?.value)}(…)`;
  if (ast.type === "binary") return `'${String(ast.value)}'`;
  return `a ${ast.type}`;
}

class Knower {
  constructor(private readonly there: ReadonlyMap<string, Type>) {}

  know(ast: Ast, facts: Facts): Known {
    if (ast.focus !== undefined || ast.index !== undefined) throw new PartialExpression("a name bound within a path");
    const filters = [...(ast.predicate ?? []), ...(ast.stages ?? [])];
    for (const { expr } of filters) this.know(expr, facts.elsewhere());
    if (ast.group) this.fields(ast.group.lhs, facts);
    const known = facts.of(ast);
    if (known) return known;
    const result = this.shape(ast, facts);
    if (ast.group) return certain("object");
    return filters.length > 0 ? NOTHING : result;
  }

  private shape(ast: Ast, facts: Facts): Known {
    switch (ast.type) {
      case "string":
      case "number":
        return certain(ast.type);
      case "value":
        return certain(typeof ast.value === "boolean" ? "boolean" : "any");
      case "regex":
        if (!consumes(ast.value as RegExp)) throw new PartialExpression("a regular expression that may match nothing");
        return certain("regex");
      case "name":
      case "wildcard":
        return NOTHING;
      case "variable":
        // That one has been assigned on every path is another rule's matter; that there is a context is nobody's.
        return ast.value === "" || ast.value === "$" ? NOTHING : certain("any");
      case "path":
        ast.steps?.forEach((step, index) => this.know(step, index === 0 ? facts : facts.elsewhere()));
        return this.path(ast);
      case "unary":
        return this.constructed(ast, facts);
      case "block":
        return this.block(ast, facts);
      case "condition":
        return this.condition(ast, facts);
      case "binary":
        return this.binary(ast, facts);
      case "function":
        return this.call(ast, facts);
      case "lambda":
        // What the parser makes of a call at the end of a function.
        if (ast.thunk) return this.know(ast.body as Ast, facts);
        throw new PartialExpression(say(ast));
      default:
        throw new PartialExpression(say(ast));
    }
  }

  private path(ast: Ast): Known {
    const type = this.there.get(pathOf(ast));
    return type === undefined ? NOTHING : certain(type);
  }

  private constructed(ast: Ast, facts: Facts): Known {
    if (ast.value === "{") {
      this.fields(ast.lhs as readonly (readonly [Ast, Ast])[], facts);
      return certain("object");
    }
    if (ast.value !== "[") throw new PartialExpression(`unary '${String(ast.value)}'`);
    for (const item of ast.expressions ?? []) this.know(item, facts);
    return certain("array");
  }

  /** Of an object, or of a grouping: each value in the context of what has its key. */
  private fields(pairs: readonly (readonly [Ast, Ast])[], facts: Facts): void {
    const names = new Set<unknown>();
    for (const [name, value] of pairs) {
      if (name.type !== "string") throw new PartialExpression("a computed key");
      if (names.has(name.value)) throw new PartialExpression(`the key '${String(name.value)}', which is there twice`);
      names.add(name.value);
      this.know(value, facts.elsewhere());
    }
  }

  private block({ expressions = [] }: Ast, facts: Facts): Known {
    let inside = facts;
    let last = NOTHING;
    for (const expression of expressions) {
      if (expression.type === "bind") {
        last = this.know(expression.rhs as Ast, inside);
        inside = inside.bind(expression.lhs as Ast, last);
      } else last = this.know(expression, inside);
    }
    return last;
  }

  private condition(ast: Ast, facts: Facts): Known {
    const test = ast.condition as Ast;
    this.know(test, facts);
    const then = this.know(ast.then as Ast, facts.with(learned(test)));
    const otherwise = ast.else ? this.know(ast.else, facts) : NOTHING;
    return { type: then.type === otherwise.type ? then.type : "any", defined: then.defined && otherwise.defined };
  }

  private binary(ast: Ast, facts: Facts): Known {
    const [lhs, rhs] = [ast.lhs as Ast, ast.rhs as Ast];
    const left = this.know(lhs, facts);
    // What follows `and` is evaluated only where what stands before it holds.
    const right = this.know(rhs, ast.value === "and" ? facts.with(learned(lhs)) : facts);
    switch (ast.value) {
      case "=":
      case "!=":
      case "in":
      case "and":
      case "or":
        return certain("boolean");
      case "&":
        return certain("string");
      case "<":
      case "<=":
      case ">":
      case ">=": {
        const same = left.type === right.type && (left.type === "number" || left.type === "string");
        if (facts.of(lhs, rhs) || (same && left.defined && right.defined)) return certain("boolean");
        throw new PartialExpression(`'${ast.value}' between values that may not be comparable`);
      }
      case "+":
      case "-":
      case "*":
        if (left.type === "number" && right.type === "number" && left.computable && right.computable) {
          return { type: "number", defined: left.defined && right.defined };
        }
        throw new PartialExpression(`'${ast.value}' of what may not be two numbers, or outgrow one`);
      default:
        throw new PartialExpression(say(ast));
    }
  }

  private call(ast: Ast, facts: Facts): Known {
    const name = ast.procedure?.type === "variable" ? String(ast.procedure.value) : "";
    const given = ast.arguments ?? [];
    // A function, unless the expression has given its name to something else.
    if (facts.of(ast.procedure as Ast)) throw new PartialExpression(say(ast));
    if (name === "map" || name === "filter") return this.each(ast, given, facts);
    if (name === "merge") return this.merge(ast, given, facts);
    if (name === "number" || name === "sum") return this.numeric(ast, given, facts);
    if (name === "toMillis" || name === "fromMillis") return this.time(ast, given, facts);
    const signature = SIGNATURES.get(name);
    if (!signature) throw new PartialExpression(say(ast));
    const { takes, least = takes.length, yields, always } = signature;
    if (given.length < least || given.length > takes.length)
      throw new PartialExpression(`${say(ast)} with ${given.length} arguments`);
    const known = given.map((argument) => this.know(argument, facts));
    known.forEach(({ type, defined }, index) => {
      const types = takes[index] as readonly Type[];
      if (types.length === 0) return;
      if (!types.includes(type)) throw new PartialExpression(`${say(ast)} of what may not be a ${types.join(" or ")}`);
      // Where there is nothing to begin with, there is no result; anything else that is not there is an error.
      if (index > 0 && !defined) throw new PartialExpression(`${say(ast)} of what may not be there`);
    });
    if (name === "hash" && !HASHES.has(given[1]?.value))
      throw new PartialExpression(`${say(ast)} by an unknown algorithm`);
    return { type: yields, defined: always ?? known[0]?.defined ?? true };
  }

  /** `$map` and `$filter`. */
  private each(ast: Ast, [list, each, ...more]: readonly Ast[], facts: Facts): Known {
    if (!list || each?.type !== "lambda" || more.length > 0) throw new PartialExpression(say(ast));
    this.know(list, facts);
    const inside = (each.arguments ?? []).reduce(
      (before, parameter, index) => before.bind(parameter, PARAMETERS[index] ?? NOTHING),
      facts.elsewhere(),
    );
    this.know(each.body as Ast, inside);
    return NOTHING;
  }

  /** `$number` and `$sum`, which raise an error for any other text, or item. */
  private numeric(ast: Ast, given: readonly Ast[], facts: Facts): Known {
    const [only] = given;
    const takes = ast.procedure?.value === "sum" ? "array" : "string";
    const known = only && given.length === 1 ? this.know(only, facts) : NOTHING;
    if (known.type === takes && known.computable) return { type: "number", defined: known.defined };
    throw new PartialExpression(
      `${say(ast)} of what may not be ${takes === "array" ? "a list of numbers" : "a number"}`,
    );
  }

  /** `$toMillis` of a time that the clock, or Step Functions, has written; `$fromMillis` of what the clock says. */
  private time(ast: Ast, given: readonly Ast[], facts: Facts): Known {
    const [only] = given;
    const to = ast.procedure?.value === "toMillis";
    if (!only || given.length !== 1) throw new PartialExpression(`${say(ast)} with ${given.length} arguments`);
    this.know(only, facts);
    const called = only.type === "function" && only.procedure?.type === "variable" ? only.procedure.value : undefined;
    const clock = called === (to ? "now" : "millis") && (only.arguments ?? []).length === 0;
    if (!clock && !(to && TIMES.has(pathOf(only)))) {
      throw new PartialExpression(`${say(ast)} of what may be no ${to ? "time" : "number of milliseconds"}`);
    }
    return to ? { ...certain("number"), ...COMPUTABLE } : certain("string");
  }

  private merge(ast: Ast, given: readonly Ast[], facts: Facts): Known {
    const [list] = given;
    if (given.length !== 1 || list?.type !== "unary" || list.value !== "[" || list.predicate || list.group) {
      throw new PartialExpression(say(ast));
    }
    for (const part of list.expressions ?? []) {
      if (this.know(part, facts).type !== "object")
        throw new PartialExpression(`${say(ast)} of what may not be an object`);
    }
    return certain("object");
  }
}

/** `states.input.a`, of a path of plain names that begins with a variable; empty for any other expression. */
function pathOf({ steps = [], predicate, group }: Ast): string {
  const plain = steps.every(({ type, stages, predicate: filter }, at) => {
    return type === (at ? "name" : "variable") && !stages && !filter;
  });
  return plain && !predicate && !group ? steps.map(({ value }) => String(value)).join(".") : "";
}

/** What Step Functions writes as a time, ISO 8601. */
const TIMES: ReadonlySet<string> = new Set(["states.context.Execution.StartTime", "states.context.State.EnteredTime"]);

/** What a function takes and yields. */
interface Signature {
  /** Of each parameter the types that it takes; any, or nothing at all, where there is none. */
  readonly takes: readonly (readonly Type[])[];
  /** How many must be given; all where that is not said. */
  readonly least?: number;
  readonly yields: Type;
  /** Whether there is a result whatever is given; as with the first argument, where that is not said. */
  readonly always?: boolean;
}

const ANY: readonly Type[] = [];
const SIGNATURES: ReadonlyMap<string, Signature> = new Map<string, Signature>([
  ["abs", { takes: [["number"]], yields: "number" }],
  ["boolean", { takes: [ANY], yields: "boolean" }],
  ["contains", { takes: [["string"], ["string", "regex"]], yields: "boolean" }],
  ["count", { takes: [ANY], yields: "number", always: true }],
  ["exists", { takes: [ANY], yields: "boolean", always: true }],
  ["hash", { takes: [["string"], ["string"]], yields: "string" }],
  ["length", { takes: [["string"]], yields: "number" }],
  ["millis", { takes: [], yields: "number" }],
  ["lookup", { takes: [ANY, ["string"]], yields: "any", always: false }],
  ["not", { takes: [ANY], yields: "boolean", always: true }],
  ["now", { takes: [], yields: "string" }],
  ["replace", { takes: [["string"], ["regex"], ["string"]], yields: "string" }],
  ["string", { takes: [ANY, ["boolean"]], least: 1, yields: "string" }],
  ["substring", { takes: [["string"], ["number"], ["number"]], least: 2, yields: "string" }],
  ["type", { takes: [ANY], yields: "string" }],
  ["uuid", { takes: [], yields: "string" }],
]);
const HASHES: ReadonlySet<unknown> = new Set(["MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512"]);
/** What `$map` and `$filter` give their function: an item, its index, and all of them. */
const PARAMETERS: readonly Known[] = [certain("any"), certain("number"), certain("array")];

/** What holds where a test does. */
function learned(test: Ast): readonly Fact[] {
  const { lhs, rhs, value } = test as { lhs: Ast; rhs: Ast; value: unknown };
  if (test.predicate || test.group) return [];
  if (test.type === "block" && test.expressions?.length === 1) return learned(test.expressions[0] as Ast);
  if (test.type === "condition") {
    const never = test.else?.type === "value" && test.else.value === false;
    return never ? [...learned(test.condition as Ast), ...learned(test.then as Ast)] : [];
  }
  const matched = argumentOf(test, "contains");
  if (matched)
    return isNumeric(test.arguments?.[1]) ? [{ of: [matched], known: { ...certain("string"), ...COMPUTABLE } }] : [];
  const checked = argumentOf(test, "exists");
  if (checked) return [{ of: [checked], known: certain("any") }];
  if (test.type !== "binary") return [];
  if (value === "and") return [...learned(lhs), ...learned(rhs), ...comparable(test)];
  if (value === "!=") {
    // Comparing with what is absent is false, either way.
    return rhs.type === "value" && rhs.value === null ? [{ of: [lhs], known: certain("any") }] : [];
  }
  if (value === "<=") {
    const near = argumentOf(lhs, "abs");
    const inRange = near && rhs.type === "number" && Number(rhs.value) <= Number(FURTHEST);
    return inRange ? [{ of: [near], known: { ...certain("number"), ...COMPUTABLE } }] : [];
  }
  const list = value === "=" ? listOfNumbers(lhs, rhs) : undefined;
  // There may be none: of nothing there are as many numbers as items.
  if (list) return [{ of: [list], known: { type: "array", defined: false, ...COMPUTABLE } }];
  if (value !== "=" || (rhs.type !== "string" && rhs.type !== "number")) return [];
  const typed = argumentOf(lhs, "type");
  const type = TYPES.has(rhs.value) ? (rhs.value as Type) : "any";
  return [{ of: [lhs], known: certain(rhs.type) }, ...(typed ? [{ of: [typed], known: certain(type) }] : [])];
}

const COMPUTABLE = { computable: true } as const;

const isNumeric = (pattern: Ast | undefined): boolean =>
  pattern?.type === "regex" && (pattern.value as RegExp).source === NUMERIC;

/** `$count($filter(list, function($n) {…})) = $count(list)`: each item is a number with which one can compute. */
function listOfNumbers(lhs: Ast, rhs: Ast): Ast | undefined {
  const [kept, all] = [argumentOf(lhs, "count"), argumentOf(rhs, "count")];
  const list = argumentOf(kept, "filter");
  const [, test] = kept?.arguments ?? [];
  const [item] = test?.arguments ?? [];
  if (!list || !all || test?.type !== "lambda" || !item) return undefined;
  const computable = Facts.NONE.with(learned(test.body as Ast)).of(item)?.computable;
  return computable && Facts.NONE.with([{ of: [list], known: certain("any") }]).of(all) ? list : undefined;
}

const argumentOf = (ast: Ast | undefined, name: string): Ast | undefined =>
  ast?.type === "function" && ast.procedure?.value === name && !ast.predicate && !ast.group
    ? ast.arguments?.[0]
    : undefined;

/** `$type(a) = $type(b) and $type(a) in ['number', 'string']`: then a and b can be ordered. */
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

/** Whether whatever a regular expression matches has a character: JSONata raises an error where one matches nothing. */
function consumes({ source }: RegExp): boolean {
  let rest = source
    .replace(/\\[bB]/g, "")
    .replace(/\\./g, "c")
    .replace(/\[[^\]]*\]/g, "c");
  const group = /\([^()]*\)([*+?]|\{[^}]*\})?/g;
  for (let outer = rest.replace(group, ""); outer !== rest; outer = rest.replace(group, "")) rest = outer;
  return !rest.includes("|") && rest.replace(/[\^$]/g, "").replace(/.([*?]|\{[^}]*\})\??/g, "") !== "";
}
