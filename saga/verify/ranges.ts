import { TIMESTAMP } from "../asl/times";
import { type Ast, calledBy, pathOf, TIME_PATHS } from "./expression";
import { keyOf } from "./facts";

/** Numbers of which every one is at least `least` and at most `most`. */
export interface Range {
  readonly least: number;
  readonly most: number;
  /** Each is a whole number. */
  readonly whole: boolean;
}

const ANY: Range = { least: -Infinity, most: Infinity, whole: false };
/** No list and no text of an execution is longer. */
const LONGEST = 10_000_000;

/** The numbers that an expression yields, if it yields numbers. */
export const rangeOf = (ast: Ast): Range => numbers(ast, NO_GUARDS);

/** Whether an expression yields a time that a Wait takes, whatever the data. */
export const isTime = (ast: Ast): boolean => times(ast, NO_GUARDS);

/** What the tests around a part of an expression say of an expression: its numbers, or that it is a time. */
interface Guard {
  readonly of: string;
  readonly range?: Range;
  readonly time?: true;
}
type Guards = readonly Guard[];
const NO_GUARDS: Guards = [];

function numbers(ast: Ast, guards: Guards): Range {
  if (ast.predicate || ast.stages || ast.group) return ANY;
  return numbersAlone(ast, guards).reduce(both);
}

function numbersAlone(ast: Ast, guards: Guards): readonly [Range, ...Range[]] {
  const own = keyOf(ast);
  const known = guards.flatMap(({ of, range }) => (of === own && range ? [range] : []));
  return [numbersOfKind(ast, guards), ...known];
}

function numbersOfKind(ast: Ast, guards: Guards): Range {
  if (ast.type === "number") return only(Number(ast.value));
  if (ast.type === "condition") return either(ways(ast, guards).map(([way, inside]) => numbers(way, inside)));
  if (ast.type === "block") {
    const [last, inside] = lastOf(ast, guards);
    return last ? numbers(last, inside) : ANY;
  }
  const called = calledBy(ast);
  const [argument, ...more] = ast.arguments ?? [];
  if (called === "count" || called === "length") return { least: 0, most: LONGEST, whole: true };
  if (!argument || more.length > 0) return ANY;
  const round = ROUNDING.get(called ?? "");
  if (!round) return ANY;
  const { least, most } = numbers(argument, guards);
  return { least: round(least), most: round(most), whole: true };
}

const ROUNDING: ReadonlyMap<string, (of: number) => number> = new Map([
  ["floor", Math.floor],
  ["ceil", Math.ceil],
]);

function times(ast: Ast, guards: Guards): boolean {
  if (ast.predicate || ast.stages || ast.group) return false;
  const own = keyOf(ast);
  if (guards.some(({ of, time }) => of === own && time)) return true;
  switch (ast.type) {
    case "string":
      return new RegExp(TIMESTAMP).test(String(ast.value));
    case "condition":
      return ways(ast, guards).every(([way, inside]) => times(way, inside));
    case "block": {
      const [last, inside] = lastOf(ast, guards);
      return last !== undefined && times(last, inside);
    }
    case "function": {
      const given = (ast.arguments ?? []).length;
      const called = calledBy(ast);
      return (called === "now" && given === 0) || (called === "fromMillis" && given === 1);
    }
    case "path":
      return TIME_PATHS.has(pathOf(ast));
    default:
      return false;
  }
}

/** Both sides of a condition, each with what the test says there. A side that is missing yields nothing, which is no number. */
function ways({ condition, then, else: otherwise }: Ast, guards: Guards): readonly (readonly [Ast, Guards])[] {
  const test = condition as Ast;
  return [
    [then as Ast, [...guards, ...learnt(test, true)]],
    ...(otherwise ? [[otherwise, [...guards, ...learnt(test, false)]] as const] : []),
  ];
}

/** The last expression of a block, with what is known of the variables that the block binds. */
function lastOf({ expressions = [] }: Ast, guards: Guards): readonly [last: Ast | undefined, inside: Guards] {
  let inside = guards;
  for (const { type, lhs, rhs } of expressions) {
    if (type !== "bind") continue;
    const variable = lhs as Ast;
    const name = JSON.stringify(variable.value);
    const bound: Guard = {
      of: keyOf(variable),
      range: numbers(rhs as Ast, inside),
      ...(times(rhs as Ast, inside) ? { time: true } : {}),
    };
    // What was known of another variable of this name says nothing of this one.
    inside = [...inside.filter(({ of }) => !of.includes(name)), bound];
  }
  const last = expressions.at(-1);
  return [last?.type === "bind" ? last.rhs : last, inside];
}

/** What a test says where it holds, or where it does not. It is asked of expressions that are known to be numbers. */
function learnt(test: Ast, holds: boolean): Guards {
  const { type, value, lhs, rhs } = test as Ast & { readonly lhs: Ast; readonly rhs: Ast };
  if (test.predicate || test.group) return [];
  if (type === "block" && test.expressions?.length === 1) return learnt(test.expressions[0] as Ast, holds);
  if (calledBy(test) === "contains" && holds) {
    const [text, pattern] = test.arguments ?? [];
    const isTimestamp = pattern?.type === "regex" && (pattern.value as RegExp).source === new RegExp(TIMESTAMP).source;
    return text && isTimestamp ? [{ of: keyOf(text), time: true }] : [];
  }
  if (type !== "binary") return [];
  if (value === (holds ? "and" : "or")) return [...learnt(lhs, holds), ...learnt(rhs, holds)];
  if (value === "=" && holds) return [...equal(lhs, rhs), ...equal(rhs, lhs)];
  if (typeof value !== "string" || !ORDERED.has(value)) return [];
  const order = holds ? value : (OPPOSITE[value] as string);
  if (rhs.type === "number") return [{ of: keyOf(lhs), range: ordered(order, Number(rhs.value)) }];
  if (lhs.type === "number") return [{ of: keyOf(rhs), range: ordered(MIRRORED[order] as string, Number(lhs.value)) }];
  return [];
}

const ORDERED: ReadonlySet<string> = new Set(["<", "<=", ">", ">="]);
const OPPOSITE: Readonly<Record<string, string>> = { "<": ">=", "<=": ">", ">": "<=", ">=": "<" };
const MIRRORED: Readonly<Record<string, string>> = { "<": ">", "<=": ">=", ">": "<", ">=": "<=" };

/** The numbers on one side of a limit. A limit that they do not reach is counted in: that is true, if not exact. */
const ordered = (order: string, limit: number): Range =>
  order.startsWith("<") ? { ...ANY, most: limit } : { ...ANY, least: limit };

/** `x = 5` and `x = $floor(x)`. */
function equal(one: Ast, other: Ast): Guards {
  if (other.type === "number") return [{ of: keyOf(one), range: only(Number(other.value)) }];
  const rounded = ROUNDING.has(calledBy(other) ?? "") && other.arguments?.[0];
  return rounded && keyOf(rounded) === keyOf(one) ? [{ of: keyOf(one), range: { ...ANY, whole: true } }] : [];
}

const only = (value: number): Range => ({ least: value, most: value, whole: Number.isInteger(value) });
const both = (a: Range, b: Range): Range => ({
  least: Math.max(a.least, b.least),
  most: Math.min(a.most, b.most),
  whole: a.whole || b.whole,
});
const either = (all: readonly Range[]): Range => ({
  least: Math.min(...all.map(({ least }) => least)),
  most: Math.max(...all.map(({ most }) => most)),
  whole: all.every(({ whole }) => whole),
});
