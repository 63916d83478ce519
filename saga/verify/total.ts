import type { Ast } from "./expression";

type Type = "string" | "number" | "boolean" | "array" | "object" | "any";

/** What is known of an expression that can't raise an error: its type, and whether it always yields a value. */
interface Known {
  readonly type: Type;
  readonly defined: boolean;
}

/** Something that an expression does and that can fail, as it stands in the source. */
export class Partial extends Error {
  constructor(readonly part: string) {
    super(part);
  }
}

type Facts = ReadonlyMap<string, Known>;

/**
 * Whether an expression can't fail, whatever the data: neither raise an error nor yield nothing. Undefined if so, else
 * what in it can fail. It knows the shapes that matter, and takes any other for one that can fail.
 */
export function partialIn(ast: Ast): string | undefined {
  try {
    return know(ast, new Map()).defined ? undefined : "it may yield nothing";
  } catch (error) {
    if (error instanceof Partial) return error.part;
    throw error;
  }
}

const say = (ast: Ast): string => {
  if (ast.type === "function") return `$${String(ast.procedure?.value)}(…)`;
  if (ast.type === "binary") return `'${String(ast.value)}'`;
  return `a ${ast.type}`;
};
const key = (ast: Ast): string =>
  JSON.stringify(ast, (name, value: unknown) => (name === "position" ? undefined : value));

function know(ast: Ast, facts: Facts): Known {
  for (const { expr } of ast.predicate ?? []) know(expr, facts);
  const known = facts.get(key(ast));
  if (known) return known;
  const result = shape(ast, facts);
  return ast.predicate ? { type: "any", defined: false } : result;
}

function shape(ast: Ast, facts: Facts): Known {
  switch (ast.type) {
    case "string":
    case "number":
      return { type: ast.type, defined: true };
    case "value":
      return { type: typeof ast.value === "boolean" ? "boolean" : "any", defined: true };
    case "regex":
      return { type: "any", defined: true };
    case "name":
    case "wildcard":
      return { type: "any", defined: false };
    case "variable":
      // That it has been assigned on every path is another rule's matter.
      return { type: "any", defined: true };
    case "path":
      for (const step of ast.steps ?? []) know(step, facts);
      return { type: "any", defined: alwaysThere(ast) };
    case "unary":
      return constructor(ast, facts);
    case "block":
      return block(ast, facts);
    case "condition":
      return condition(ast, facts);
    case "binary":
      return binary(ast, facts);
    case "function":
      return call(ast, facts);
    default:
      throw new Partial(say(ast));
  }
}

/** What every execution has, where it may stand at all: that is another rule. */
function alwaysThere({ steps = [] }: Ast): boolean {
  const path = steps.map(({ value }) => String(value)).join(".");
  return /^states\.(input|result|errorOutput|context\.(Execution\.(Id|Input|Name|StartTime)|State\.Name|Map\.Item\.Index))$/.test(
    path,
  );
}

function constructor(ast: Ast, facts: Facts): Known {
  if (ast.value === "{") {
    for (const [name, value] of ast.lhs as readonly (readonly [Ast, Ast])[]) {
      if (name.type !== "string") throw new Partial("a computed key");
      know(value, facts);
    }
    return { type: "object", defined: true };
  }
  if (ast.value !== "[") throw new Partial(`unary '${String(ast.value)}'`);
  for (const item of ast.expressions ?? []) know(item, facts);
  return { type: "array", defined: true };
}

function block({ expressions = [] }: Ast, facts: Facts): Known {
  const inside = new Map(facts);
  let last: Known = { type: "any", defined: false };
  for (const expression of expressions) {
    if (expression.type === "bind") {
      last = know(expression.rhs as Ast, inside);
      inside.set(key(expression.lhs as Ast), last);
    } else last = know(expression, inside);
  }
  return last;
}

function condition(ast: Ast, facts: Facts): Known {
  const test = ast.condition as Ast;
  know(test, facts);
  const then = know(ast.then as Ast, new Map([...facts, ...learned(test)]));
  const otherwise = ast.else ? know(ast.else, facts) : { type: "any" as const, defined: false };
  return { type: then.type === otherwise.type ? then.type : "any", defined: then.defined && otherwise.defined };
}

/** What holds where a test does. */
function learned(test: Ast): readonly (readonly [string, Known])[] {
  const { lhs, rhs, value } = test as { lhs: Ast; rhs: Ast; value: unknown };
  if (test.type === "block" && test.expressions?.length === 1) return learned(test.expressions[0] as Ast);
  if (test.type !== "binary") return [];
  if (value === "and") return [...learned(lhs), ...learned(rhs), ...comparable(test)];
  const typed = lhs.type === "function" && lhs.procedure?.value === "type" ? lhs.arguments?.[0] : undefined;
  if (value === "=" && typed && rhs.type === "string")
    return [[key(typed), { type: rhs.value as Type, defined: true }]];
  if (value === "!=" && rhs.type === "value" && rhs.value === null) return [[key(lhs), { type: "any", defined: true }]];
  if (value === "=" && (rhs.type === "string" || rhs.type === "number")) {
    return [[key(lhs), { type: rhs.type, defined: true }]];
  }
  return [];
}

const pair = (left: Ast, right: Ast): string => `${key(left)} ~ ${key(right)}`;

/** `$type(a) = $type(b) and $type(a) in ['number', 'string']`: then a and b can be ordered. */
function comparable({ lhs, rhs }: Ast): readonly (readonly [string, Known])[] {
  const same = lhs as Ast;
  const among = rhs as Ast;
  const argument = (ast: Ast | undefined): Ast | undefined =>
    ast?.type === "function" && ast.procedure?.value === "type" ? ast.arguments?.[0] : undefined;
  const [left, right, subject] = [argument(same.lhs as Ast), argument(same.rhs), argument(among.lhs as Ast)];
  const types = (among.rhs?.expressions ?? []).map(({ value }) => value);
  const ordered = types.length > 0 && types.every((type) => type === "number" || type === "string");
  if (same.value !== "=" || among.value !== "in" || !left || !right || !subject || !ordered) return [];
  return key(left) === key(subject) ? [[pair(left, right), { type: "boolean", defined: true }]] : [];
}

function binary(ast: Ast, facts: Facts): Known {
  const [lhs, rhs] = [ast.lhs as Ast, ast.rhs as Ast];
  const [left, right] = [know(lhs, facts), know(rhs, facts)];
  switch (ast.value) {
    case "=":
    case "!=":
    case "in":
    case "and":
    case "or":
      return { type: "boolean", defined: true };
    case "&":
      return { type: "string", defined: true };
    case "<":
    case "<=":
    case ">":
    case ">=": {
      const same = left.type === right.type && (left.type === "number" || left.type === "string");
      if (facts.has(pair(lhs, rhs)) || (same && left.defined && right.defined))
        return { type: "boolean", defined: true };
      throw new Partial(`'${ast.value}' between values that may not be comparable`);
    }
    default:
      throw new Partial(say(ast));
  }
}

function call(ast: Ast, facts: Facts): Known {
  const name = ast.procedure?.value;
  const [first, second] = ast.arguments ?? [];
  const given = first ? know(first, facts) : undefined;
  switch (name) {
    case "exists":
    case "not":
      return { type: "boolean", defined: true };
    case "now":
    case "uuid":
      return { type: "string", defined: true };
    case "type":
    case "string":
      return { type: "string", defined: given?.defined ?? false };
    case "length":
    case "substring":
    case "contains":
      if (given?.type !== "string") throw new Partial(`${say(ast)} of what may not be a string`);
      for (const argument of ast.arguments?.slice(1) ?? []) know(argument, facts);
      return {
        type: name === "length" ? "number" : name === "contains" ? "boolean" : "string",
        defined: given.defined,
      };
    case "lookup":
      if (!second || know(second, facts).type !== "string")
        throw new Partial(`${say(ast)} of what may not be a string`);
      return { type: "any", defined: false };
    case "map":
      if (second?.type !== "lambda") throw new Partial(say(ast));
      know(second.body as Ast, facts);
      return { type: "any", defined: false };
    default:
      throw new Partial(say(ast));
  }
}
