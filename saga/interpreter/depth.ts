import type jsonata = require("jsonata");
import { levelsIn, MOST_LEVELS } from "../asl/expressions";

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

/** Most expressions are far from it, and counting costs time at every step. A function that has a name may call itself. */
function mayNestTooDeep(ast: unknown): boolean {
  const text = JSON.stringify(ast);
  const recurs = text.includes('"type":"bind"') && /"type":"(lambda|partial)"/.test(text);
  return recurs || levelsIn(ast) > MOST_LEVELS;
}
