import { type Ast, type Filter, expressionIn, sourceOf } from "./expression";
import { BOOLEAN, either, literal, NUMBER, object, REFERENCE, type Shape, sum, tuple, whole } from "./shape";

/** The shapes of variables, with `states`. An absent variable is a reference. */
export type Variables = ReadonlyMap<string, Shape>;

/** The largest size of a value of a definition after its expressions are evaluated. */
export function templateShape(raw: unknown, variables: Variables): Shape {
  if (sourceOf(raw) !== undefined) {
    const ast = expressionIn(raw);
    return ast ? shapeOf(ast, variables) : REFERENCE;
  }
  if (Array.isArray(raw)) return tuple(raw.map((item) => templateShape(item, variables)));
  if (typeof raw !== "object" || raw === null) return literal(raw);
  return object(Object.fromEntries(Object.entries(raw).map(([key, of]) => [key, templateShape(of, variables)])));
}

function shapeOf(ast: Ast, variables: Variables): Shape {
  return narrow(ast.predicate)(unfiltered(ast, variables));
}

/** A filter may keep all items of a list. */
const narrow =
  (filters: readonly Filter[] = []) =>
  (shape: Shape): Shape =>
    filters.reduce((of, { expr }) => (expr.type === "number" ? of.at(Number(expr.value)) : of), shape);

function unfiltered(ast: Ast, variables: Variables): Shape {
  const of = (part: Ast): Shape => shapeOf(part, variables);
  const parts = [ast.lhs, ast.rhs, ast.expression, ...(ast.arguments ?? [])].filter(isAst);
  switch (ast.type) {
    case "string":
    case "number":
    case "value":
      return literal(ast.value);
    case "variable":
      return variables.get(String(ast.value)) ?? REFERENCE;
    case "path":
      return pathShape(ast, of);
    case "unary":
      return ast.value === "{" ? objectShape(ast, of) : ast.value === "[" ? listShape(ast, of) : NUMBER;
    case "binary":
      return OPERATIONS[String(ast.value)] ?? together(parts.map(of));
    case "condition":
      return either([ast.then, ast.else].filter(isAst).map(of));
    case "block":
      return blockShape(ast, variables);
    case "lambda":
      return of(ast.body as Ast);
    case "bind":
      return of(ast.rhs as Ast);
    case "function": {
      const own = FUNCTIONS[String(ast.procedure?.value)];
      if (own) return own;
      const [list, mapping] = ast.arguments ?? [];
      const each = list && mapping?.type === "lambda" && mapping.body;
      // A filter may keep all items.
      if (each && ast.procedure?.value === "filter") return of(list);
      return each && ast.procedure?.value === "map" ? mapShape(of(list), mapping, variables) : together(parts.map(of));
    }
    default:
      return together(parts.map(of));
  }
}

const isAst = (part: unknown): part is Ast => typeof part === "object" && part !== null && "type" in part;

const OPERATIONS: Readonly<Record<string, Shape>> = {
  ...Object.fromEntries(["=", "!=", "<", "<=", ">", ">=", "in", "and", "or"].map((operator) => [operator, BOOLEAN])),
  ...Object.fromEntries(["+", "-", "*", "/", "%"].map((operator) => [operator, NUMBER])),
};

/** Functions with a result of limited size. */
const FUNCTIONS: Readonly<Record<string, Shape>> = {
  ...Object.fromEntries(["abs", "count", "length", "number", "sum"].map((name) => [name, NUMBER])),
  ...Object.fromEntries(["boolean", "contains", "exists", "not"].map((name) => [name, BOOLEAN])),
  type: literal("undefined"),
  // SHA-512 yields the longest hash.
  hash: literal("x".repeat(128)),
};

/** The shape of an unknown function of values. Its result may contain all of them. */
const together = (shapes: readonly Shape[]): Shape =>
  shapes.length === 0 ? REFERENCE : whole(sum(shapes.map(({ size }) => size)));

function pathShape({ steps = [] }: Ast, of: (part: Ast) => Shape): Shape {
  return steps.reduce<Shape | undefined>((shape, step) => {
    const rest = narrow(step.stages);
    if (!shape) return rest(of(step));
    if (step.type === "name") return shape.field(String(step.value), rest);
    return step.type === "wildcard" ? shape.field(undefined, rest) : together([shape, of(step)]);
  }, undefined) as Shape;
}

function objectShape({ lhs }: Ast, of: (part: Ast) => Shape): Shape {
  const pairs = lhs as readonly (readonly [Ast, Ast])[];
  return pairs.every(([key]) => key.type === "string")
    ? object(Object.fromEntries(pairs.map(([key, value]) => [String(key.value), of(value)])))
    : together(pairs.flat().map(of));
}

/** The shape of a list constructor. It spreads a list in it, unless that is a constructor itself. */
function listShape({ expressions = [] }: Ast, of: (part: Ast) => Shape): Shape {
  const [only, ...others] = expressions;
  const yields = only?.type === "function" || only?.type === "path" || only?.type === "variable";
  return only && yields && others.length === 0 ? of(only) : tuple(expressions.map(of));
}

function blockShape({ expressions = [] }: Ast, variables: Variables): Shape {
  const inside = new Map(variables);
  return expressions.reduce((_, expression) => {
    const shape = shapeOf(expression, inside);
    if (expression.type === "bind") inside.set(String((expression.lhs as Ast).value), shape);
    return shape;
  }, REFERENCE);
}

function mapShape(list: Shape, { arguments: names = [], body }: Ast, variables: Variables): Shape {
  const [item, index] = names.map(({ value }) => String(value));
  return list.each((element) => {
    const inside = new Map(variables);
    if (item !== undefined) inside.set(item, element);
    if (index !== undefined) inside.set(index, NUMBER);
    return shapeOf(body as Ast, inside);
  });
}
