import type jsonata = require("jsonata");
import { levelsIn, MOST_LEVELS } from "../asl/expressions";

const COUNTER = " depth";
type Lookup = { readonly lookup: (name: string) => unknown };

/** Limits how deep the evaluation of an expression may nest: beyond that, it fails with the service's error. */
export function boundDepth(expression: jsonata.Expression): jsonata.Expression {
  if (!mayNestTooDeep(expression.ast())) return expression;
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
  // Evaluations of one expression may overlap, so each has its own counter.
  const evaluate = (input: unknown, bindings?: Record<string, unknown>): Promise<unknown> =>
    expression.evaluate(input, { ...bindings, [COUNTER]: { depth: 0 } });
  return { ...expression, evaluate };
}

/**
 * Counting slows every step down, and most expressions cannot nest too deep. It also overestimates: unlike the service,
 * this evaluator evaluates all items of an array constructor at once. A function that is bound to a name may call
 * itself.
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
