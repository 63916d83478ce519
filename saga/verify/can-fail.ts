import { type Ast, calledBy, parse, pathOf, TIME_PATHS } from "./expression";
import { certain, COMPUTABLE, type Fact, Facts, type Known, type Type, type VariableTypes } from "./facts";
import { factsFrom } from "./guards";
import { HASHES, SIGNATURES } from "./signatures";

/** Thrown for a part of an expression that can fail. The message names the part. */
export class CanFail extends Error {
  constructor(readonly part: string) {
    super(part);
  }
}

/** The field and the state of an expression. */
export interface ExpressionContext {
  /** The types that the field takes. Any type if undefined. */
  readonly wants?: readonly Type[] | undefined;
  /** Paths that always have a value here, beside those of every state: `states.result.Payload`. */
  readonly there?: ReadonlyMap<string, Type> | undefined;
  /** What is known of the machine's variables here. Any value for a variable that is not in it. */
  readonly variables?: VariableTypes | undefined;
}

/**
 * The part of an expression that can fail for some data. An expression fails if it raises an error, yields nothing, or
 * yields a type that its field does not take. So `$x + 1` can fail, since `$x` may be text; `$type($x) = 'number' ? … : 0`
 * guards it. A part can fail unless it is known to be safe. Undefined if no part can fail.
 */
export function failureIn(ast: Ast, { wants, there, variables }: ExpressionContext = {}): string | undefined {
  try {
    const { type, defined } = inferred(ast, { there, variables });
    if (!defined) return "it may yield nothing";
    return wants && !wants.includes(type) ? `it may yield something else than ${anyOf(wants)}` : undefined;
  } catch (error) {
    if (error instanceof CanFail) return error.part;
    throw error;
  }
}

/** The type of the value that an expression yields, if it yields one. */
export function typeOf(ast: Ast, { there, variables }: Omit<ExpressionContext, "wants"> = {}): Known {
  try {
    return inferred(ast, { there, variables });
  } catch (error) {
    if (error instanceof CanFail) return certain("any");
    throw error;
  }
}

function inferred(ast: Ast, { there = new Map(), variables = new Map() }: Omit<ExpressionContext, "wants">): Known {
  const learned = [...variables].map(([name, known]): Fact => ({ of: [parse(`$${name}`)], known }));
  return new Inference(new Map([...ALWAYS, ...there])).infer(ast, Facts.NONE.with(learned));
}

/** Paths that have a value in every execution. The structure rules check where an expression may read them. */
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

/** `an array or an object`. */
const anyOf = (types: readonly Type[]): string =>
  types.map((type) => `${/^[aeiou]/.test(type) ? "an" : "a"} ${type}`).join(" or ");

function say(ast: Ast): string {
  if (ast.type === "function") return `$${String(ast.procedure?.value)}(…)`;
  if (ast.type === "binary") return `'${String(ast.value)}'`;
  return `a ${ast.type}`;
}

/**
 * Infers the type of an expression, and whether it always has a value, from its parts. `facts` holds what the tests around
 * a part guarantee. Throws CanFail for the first part that can fail.
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
        return certain("string");
      case "number":
        return isStep(ast) ? { ...certain("number"), ...COMPUTABLE } : certain("number");
      case "value":
        return certain(typeof ast.value === "boolean" ? "boolean" : "any");
      case "regex":
        if (!consumes(ast.value as RegExp)) throw new CanFail("a regular expression that may match nothing");
        return certain("regex");
      case "name":
      case "wildcard":
        return NOTHING;
      case "variable":
        // The lints check that every path assigns a variable. Nothing guarantees a context.
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
        // The parser wraps a call at the end of a function in a lambda.
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

  /** The fields of an object or a grouping. In a grouping, the context of a value is the items that have its key. */
  private fields(pairs: readonly (readonly [Ast, Ast])[], facts: Facts): void {
    const names = new Set<unknown>();
    for (const [name, value] of pairs) {
      if (name.type !== "string") throw new CanFail("a computed key");
      if (names.has(name.value)) throw new CanFail(`the key '${String(name.value)}', which occurs twice`);
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
    // JSONata evaluates the right side of `and` only if the left side is true.
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
          const counts = ast.value !== "*" && (isStep(lhs) || isStep(rhs));
          return { type: "number", defined: left.defined && right.defined, ...(counts ? COMPUTABLE : {}) };
        }
        throw new CanFail(`'${ast.value}' of values that may not be two numbers, or whose result may be too large`);
      default:
        throw new CanFail(say(ast));
    }
  }

  private call(ast: Ast, facts: Facts): Known {
    const name = ast.procedure?.type === "variable" ? String(ast.procedure.value) : "";
    const given = ast.arguments ?? [];
    // A built-in function, unless the expression binds its name.
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
      if (!types.includes(type)) throw new CanFail(`${say(ast)} of a value that may not be ${anyOf(types)}`);
      // An absent first argument yields no result. Any other absent argument is an error.
      if (index > 0 && !defined) throw new CanFail(`${say(ast)} of a value that may be absent`);
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

  /** `$number` and `$sum`. They raise an error for a text that is no number, and for an item that is none. */
  private numeric(ast: Ast, given: readonly Ast[], facts: Facts): Known {
    const [only] = given;
    const takes = ast.procedure?.value === "sum" ? "array" : "string";
    const known = only && given.length === 1 ? this.infer(only, facts) : NOTHING;
    if (known.type === takes && known.computable) return { type: "number", defined: known.defined };
    throw new CanFail(`${say(ast)} of a value that may not be ${takes === "array" ? "a list of numbers" : "a number"}`);
  }

  /** `$toMillis` of a time that the clock or Step Functions has written, and `$fromMillis` of the clock's time. */
  private time(ast: Ast, given: readonly Ast[], facts: Facts): Known {
    const [only] = given;
    const to = ast.procedure?.value === "toMillis";
    if (!only || given.length !== 1) throw new CanFail(`${say(ast)} with ${given.length} arguments`);
    this.infer(only, facts);
    const clock = calledBy(only) === (to ? "now" : "millis") && (only.arguments ?? []).length === 0;
    if (!clock && !(to && TIME_PATHS.has(pathOf(only)))) {
      throw new CanFail(`${say(ast)} of a value that may be no ${to ? "time" : "number of milliseconds"}`);
    }
    return to ? { ...certain("number"), ...COMPUTABLE } : certain("string");
  }

  private merge(ast: Ast, given: readonly Ast[], facts: Facts): Known {
    const [list] = given;
    if (given.length !== 1 || list?.type !== "unary" || list.value !== "[" || list.predicate || list.group) {
      throw new CanFail(say(ast));
    }
    for (const part of list.expressions ?? []) {
      if (this.infer(part, facts).type !== "object")
        throw new CanFail(`${say(ast)} of a value that may not be an object`);
    }
    return certain("object");
  }
}

/**
 * The number that a counter is changed by. An execution has at most 25,000 events, so a sum of such numbers stays far below
 * the limit of computable numbers.
 */
const isStep = ({ type, value }: Ast): boolean => type === "number" && Math.abs(Number(value)) <= 1e9;

/** The parameters of a function in `$map` and `$filter`: an item, its index, and all items. */
const PARAMETERS: readonly Known[] = [certain("any"), certain("number"), certain("array")];

/** Whether every match of a regular expression has a character. JSONata raises an error for an empty match. */
function consumes({ source }: RegExp): boolean {
  let rest = source
    .replace(/\\[bB]/g, "")
    .replace(/\\./g, "c")
    .replace(/\[[^\]]*\]/g, "c");
  const group = /\([^()]*\)([*+?]|\{[^}]*\})?/g;
  for (let outer = rest.replace(group, ""); outer !== rest; outer = rest.replace(group, "")) rest = outer;
  return !rest.includes("|") && rest.replace(/[\^$]/g, "").replace(/.([*?]|\{[^}]*\})\??/g, "") !== "";
}
