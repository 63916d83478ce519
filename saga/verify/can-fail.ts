import type { Ast } from "./expression";
import { certain, COMPUTABLE, Facts, type Known, type Type } from "./facts";
import { factsFrom } from "./guards";
import { HASHES, SIGNATURES } from "./signatures";

/** Thrown at a part of an expression that can fail, with what it is. */
export class CanFail extends Error {
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
 * What in an expression can fail; undefined where nothing can, whatever the data: it neither raises an error, nor yields
 * nothing, nor something that its field does not take. So `$x + 1` can, for `$x` may be text, and
 * `$type($x) = 'number' ? … : 0` guards what it does. What is not known to be safe is taken for what can fail.
 */
export function failureIn(ast: Ast, { wants, there = new Map() }: ExpressionContext = {}): string | undefined {
  try {
    const { type, defined } = new Inference(new Map([...ALWAYS, ...there])).infer(ast, Facts.NONE);
    if (!defined) return "it may yield nothing";
    return wants && !wants.includes(type) ? `it may yield something else than a ${wants.join(" or ")}` : undefined;
  } catch (error) {
    if (error instanceof CanFail) return error.part;
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

const NOTHING: Known = { type: "any", defined: false };

function say(ast: Ast): string {
  if (ast.type === "function") return `$${String(ast.procedure?.value)}(…)`;
  if (ast.type === "binary") return `'${String(ast.value)}'`;
  return `a ${ast.type}`;
}

/**
 * What an expression yields, from the inside out: its type, and whether there always is a value. `facts` are what the tests
 * around a part have made certain of it. Throws at the first part that can fail.
 */
class Inference {
  constructor(private readonly there: ReadonlyMap<string, Type>) {}

  infer(ast: Ast, facts: Facts): Known {
    if (ast.focus !== undefined || ast.index !== undefined) throw new CanFail("a name bound within a path");
    const filters = [...(ast.predicate ?? []), ...(ast.stages ?? [])];
    for (const { expr } of filters) this.infer(expr, facts.elsewhere());
    if (ast.group) this.fields(ast.group.lhs, facts);
    const known = facts.of(ast);
    if (known) return known;
    const result = this.inferAlone(ast, facts);
    if (ast.group) return certain("object");
    return filters.length > 0 ? NOTHING : result;
  }

  private inferAlone(ast: Ast, facts: Facts): Known {
    switch (ast.type) {
      case "string":
      case "number":
        return certain(ast.type);
      case "value":
        return certain(typeof ast.value === "boolean" ? "boolean" : "any");
      case "regex":
        if (!consumes(ast.value as RegExp)) throw new CanFail("a regular expression that may match nothing");
        return certain("regex");
      case "name":
      case "wildcard":
        return NOTHING;
      case "variable":
        // That one has been assigned on every path is another rule's matter; that there is a context is nobody's.
        return ast.value === "" || ast.value === "$" ? NOTHING : certain("any");
      case "path":
        ast.steps?.forEach((step, index) => this.infer(step, index === 0 ? facts : facts.elsewhere()));
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
        if (ast.thunk) return this.infer(ast.body as Ast, facts);
        throw new CanFail(say(ast));
      default:
        throw new CanFail(say(ast));
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
    if (ast.value !== "[") throw new CanFail(`unary '${String(ast.value)}'`);
    for (const item of ast.expressions ?? []) this.infer(item, facts);
    return certain("array");
  }

  /** Of an object, or of a grouping: each value in the context of what has its key. */
  private fields(pairs: readonly (readonly [Ast, Ast])[], facts: Facts): void {
    const names = new Set<unknown>();
    for (const [name, value] of pairs) {
      if (name.type !== "string") throw new CanFail("a computed key");
      if (names.has(name.value)) throw new CanFail(`the key '${String(name.value)}', which is there twice`);
      names.add(name.value);
      this.infer(value, facts.elsewhere());
    }
  }

  private block({ expressions = [] }: Ast, facts: Facts): Known {
    let inside = facts;
    let last = NOTHING;
    for (const expression of expressions) {
      if (expression.type === "bind") {
        last = this.infer(expression.rhs as Ast, inside);
        inside = inside.bind(expression.lhs as Ast, last);
      } else last = this.infer(expression, inside);
    }
    return last;
  }

  private condition(ast: Ast, facts: Facts): Known {
    const test = ast.condition as Ast;
    this.infer(test, facts);
    const then = this.infer(ast.then as Ast, facts.with(factsFrom(test)));
    const otherwise = ast.else ? this.infer(ast.else, facts) : NOTHING;
    return { type: then.type === otherwise.type ? then.type : "any", defined: then.defined && otherwise.defined };
  }

  private binary(ast: Ast, facts: Facts): Known {
    const [lhs, rhs] = [ast.lhs as Ast, ast.rhs as Ast];
    const left = this.infer(lhs, facts);
    // What follows `and` is evaluated only where what stands before it holds.
    const right = this.infer(rhs, ast.value === "and" ? facts.with(factsFrom(lhs)) : facts);
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
        throw new CanFail(`'${ast.value}' between values that may not be comparable`);
      }
      case "+":
      case "-":
      case "*":
        if (left.type === "number" && right.type === "number" && left.computable && right.computable) {
          return { type: "number", defined: left.defined && right.defined };
        }
        throw new CanFail(`'${ast.value}' of what may not be two numbers, or outgrow one`);
      default:
        throw new CanFail(say(ast));
    }
  }

  private call(ast: Ast, facts: Facts): Known {
    const name = ast.procedure?.type === "variable" ? String(ast.procedure.value) : "";
    const given = ast.arguments ?? [];
    // A function, unless the expression has given its name to something else.
    if (facts.of(ast.procedure as Ast)) throw new CanFail(say(ast));
    if (name === "map" || name === "filter") return this.each(ast, given, facts);
    if (name === "merge") return this.merge(ast, given, facts);
    if (name === "number" || name === "sum") return this.numeric(ast, given, facts);
    if (name === "toMillis" || name === "fromMillis") return this.time(ast, given, facts);
    const signature = SIGNATURES.get(name);
    if (!signature) throw new CanFail(say(ast));
    const { takes, least = takes.length, yields, always } = signature;
    if (given.length < least || given.length > takes.length)
      throw new CanFail(`${say(ast)} with ${given.length} arguments`);
    const known = given.map((argument) => this.infer(argument, facts));
    known.forEach(({ type, defined }, index) => {
      const types = takes[index] as readonly Type[];
      if (types.length === 0) return;
      if (!types.includes(type)) throw new CanFail(`${say(ast)} of what may not be a ${types.join(" or ")}`);
      // Where there is nothing to begin with, there is no result; anything else that is not there is an error.
      if (index > 0 && !defined) throw new CanFail(`${say(ast)} of what may not be there`);
    });
    if (name === "hash" && !HASHES.has(given[1]?.value)) throw new CanFail(`${say(ast)} by an unknown algorithm`);
    return { type: yields, defined: always ?? known[0]?.defined ?? true };
  }

  /** `$map` and `$filter`. */
  private each(ast: Ast, [list, each, ...more]: readonly Ast[], facts: Facts): Known {
    if (!list || each?.type !== "lambda" || more.length > 0) throw new CanFail(say(ast));
    this.infer(list, facts);
    const inside = (each.arguments ?? []).reduce(
      (before, parameter, index) => before.bind(parameter, PARAMETERS[index] ?? NOTHING),
      facts.elsewhere(),
    );
    this.infer(each.body as Ast, inside);
    return NOTHING;
  }

  /** `$number` and `$sum`, which raise an error for any other text, or item. */
  private numeric(ast: Ast, given: readonly Ast[], facts: Facts): Known {
    const [only] = given;
    const takes = ast.procedure?.value === "sum" ? "array" : "string";
    const known = only && given.length === 1 ? this.infer(only, facts) : NOTHING;
    if (known.type === takes && known.computable) return { type: "number", defined: known.defined };
    throw new CanFail(`${say(ast)} of what may not be ${takes === "array" ? "a list of numbers" : "a number"}`);
  }

  /** `$toMillis` of a time that the clock, or Step Functions, has written; `$fromMillis` of what the clock says. */
  private time(ast: Ast, given: readonly Ast[], facts: Facts): Known {
    const [only] = given;
    const to = ast.procedure?.value === "toMillis";
    if (!only || given.length !== 1) throw new CanFail(`${say(ast)} with ${given.length} arguments`);
    this.infer(only, facts);
    const called = only.type === "function" && only.procedure?.type === "variable" ? only.procedure.value : undefined;
    const clock = called === (to ? "now" : "millis") && (only.arguments ?? []).length === 0;
    if (!clock && !(to && TIMES.has(pathOf(only)))) {
      throw new CanFail(`${say(ast)} of what may be no ${to ? "time" : "number of milliseconds"}`);
    }
    return to ? { ...certain("number"), ...COMPUTABLE } : certain("string");
  }

  private merge(ast: Ast, given: readonly Ast[], facts: Facts): Known {
    const [list] = given;
    if (given.length !== 1 || list?.type !== "unary" || list.value !== "[" || list.predicate || list.group) {
      throw new CanFail(say(ast));
    }
    for (const part of list.expressions ?? []) {
      if (this.infer(part, facts).type !== "object") throw new CanFail(`${say(ast)} of what may not be an object`);
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

/** What `$map` and `$filter` give their function: an item, its index, and all of them. */
const PARAMETERS: readonly Known[] = [certain("any"), certain("number"), certain("array")];

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
