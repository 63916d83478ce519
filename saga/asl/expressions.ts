/** A node of JSONata's syntax tree, as far as it is read here. */
interface Node {
  readonly type?: unknown;
  readonly value?: unknown;
  readonly steps?: readonly unknown[];
  readonly predicate?: unknown;
  readonly stages?: unknown;
  readonly group?: unknown;
}

/**
 * The maximum depth of an expression's evaluation. A chain of operators adds a level for each operand, as parentheses do.
 * Others have measured on the service that it accepts 99 parentheses and a sum of 100 terms, and that one more ends in
 * "Stack overflow error: … Depth=101 max=100".
 */
export const MOST_LEVELS = 100;

/** How many levels a syntax tree has: an evaluation nests no deeper, unless a function calls itself. */
export function levelsIn(ast: unknown): number {
  if (Array.isArray(ast)) return ast.reduce<number>((most, each) => Math.max(most, levelsIn(each)), 0);
  if (!isNode(ast)) return 0;
  return ("type" in ast ? 1 : 0) + levelsIn(Object.values(ast));
}

/**
 * What CreateStateMachine refuses in an expression: a name or `$` that reads the context where there is none, and `$$`
 * anywhere. In a predicate, in a later step of a path and in a grouping, the context is the value before it. The body of a
 * function has the context around the function.
 * Measured on the service by others: `UNSUPPORTED_JSONATA_EXPRESSION: Reference to 'b' at the top level is not supported.`
 */
export function contextReadsIn(ast: unknown): readonly string[] {
  if (Array.isArray(ast)) return ast.flatMap(contextReadsIn);
  if (!isNode(ast)) return [];
  const { type, value, steps = [], predicate, stages, group, ...rest } = ast;
  const [first, ...later] = steps;
  const own = type === "variable" && (value === "" || value === "$") ? [`$${value}`] : [];
  const name = type === "name" && typeof value === "string" ? [value] : [];
  const inside = rootReadsIn([later, predicate, stages, group]);
  return [...own, ...name, ...contextReadsIn(first), ...contextReadsIn(Object.values(rest)), ...inside];
}

/** Every `$$`. */
function rootReadsIn(ast: unknown): readonly string[] {
  if (Array.isArray(ast)) return ast.flatMap(rootReadsIn);
  if (!isNode(ast)) return [];
  return [...(ast.type === "variable" && ast.value === "$" ? ["$$"] : []), ...rootReadsIn(Object.values(ast))];
}

const isNode = (ast: unknown): ast is Node => typeof ast === "object" && ast !== null && !(ast instanceof RegExp);
