import type jsonata = require("jsonata");

/**
 * How deep the evaluation of an expression may nest. A chain of operators nests with each operand, as parentheses do.
 * Measured on the service by others: 99 parentheses and a sum of 100 terms are taken, and one more of either is not.
 */
export const MOST_LEVELS = 100;

const COUNTER = " depth";
type Lookup = { readonly lookup: (name: string) => unknown };

/** Has an evaluation fail as the service does where it nests too deep; `bindings` are to have what `newCounter` gives. */
export function boundDepth(expression: jsonata.Expression): void {
  if (!mayNestTooDeep(expression.ast())) return;
  const assign = expression.assign.bind(expression) as unknown as (name: symbol, hook: unknown) => void;
  const counted = (environment: Lookup): { depth: number } => environment.lookup(COUNTER) as { depth: number };
  assign(Symbol.for("jsonata.__evaluate_entry"), (_node: unknown, _input: unknown, environment: Lookup) => {
    const counter = counted(environment);
    if (++counter.depth <= MOST_LEVELS) return;
    const message = "Check for non-terminating recursive function. Consider rewriting as tail-recursive.";
    throw new Error(`Stack overflow error: ${message} Depth=${counter.depth} max=${MOST_LEVELS}`);
  });
  assign(Symbol.for("jsonata.__evaluate_exit"), (_node: unknown, _input: unknown, environment: Lookup) => {
    counted(environment).depth--;
  });
}

export const newCounter = (): Readonly<Record<string, unknown>> => ({ [COUNTER]: { depth: 0 } });

/**
 * Most expressions are far from it, and counting costs time at every step; and it counts too much where this evaluator, but
 * not the service's, has the items of an array constructor under way at once. A function that has a name may call itself.
 */
function mayNestTooDeep(ast: unknown): boolean {
  return namesFunction(ast) || levelsIn(ast) > MOST_LEVELS;
}

function namesFunction(ast: unknown): boolean {
  if (typeof ast !== "object" || ast === null || ast instanceof RegExp) return false;
  const { type, rhs } = ast as { type?: unknown; rhs?: { type?: unknown } };
  if (type === "bind" && (rhs?.type === "lambda" || rhs?.type === "partial")) return true;
  return Object.values(ast).some(namesFunction);
}

function levelsIn(ast: unknown): number {
  if (Array.isArray(ast)) return ast.reduce<number>((most, each) => Math.max(most, levelsIn(each)), 0);
  if (typeof ast !== "object" || ast === null || ast instanceof RegExp) return 0;
  return ("type" in ast ? 1 : 0) + levelsIn(Object.values(ast));
}
