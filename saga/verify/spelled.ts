import { type Ast, expressionIn, sourceOf } from "./expression";

/** A part of a payload: a value of the definition, or a part of an expression. */
export type Spelled = { readonly raw: unknown } | { readonly ast: Ast };

/** A field of an object that the definition, or an expression, spells out. */
export function fieldOf(spelled: Spelled | undefined, name: string): Spelled | undefined {
  if (spelled === undefined) return undefined;
  if ("ast" in spelled) {
    const found = fieldIn(spelled.ast, name);
    return found && { ast: found };
  }
  const { raw } = spelled;
  if (sourceOf(raw) === undefined) {
    const there = typeof raw === "object" && raw !== null && Object.hasOwn(raw, name);
    return there ? { raw: (raw as Readonly<Record<string, unknown>>)[name] } : undefined;
  }
  const ast = expressionIn(raw);
  return ast && fieldOf({ ast }, name);
}

function fieldIn(ast: Ast, name: string): Ast | undefined {
  if (ast.type === "unary" && ast.value === "{") {
    return (ast.lhs as readonly (readonly [Ast, Ast])[]).find(([key]) => key.value === name)?.[1];
  }
  // `$merge([…, {…}])`, where the fields are in a call and not in an object constructor.
  const parts = [...(ast.arguments ?? []), ...(ast.expressions ?? [])];
  return parts.map((part) => fieldIn(part, name)).findLast((found) => found !== undefined);
}

/** The item of a list that has just one. */
export function onlyItemOf(spelled: Spelled | undefined): Spelled | undefined {
  if (spelled === undefined) return undefined;
  if ("ast" in spelled) {
    const { type, value, expressions = [] } = spelled.ast;
    const [ast, ...more] = type === "unary" && value === "[" ? expressions : [];
    return ast && more.length === 0 ? { ast } : undefined;
  }
  if (Array.isArray(spelled.raw)) return spelled.raw.length === 1 ? { raw: spelled.raw[0] as unknown } : undefined;
  const ast = expressionIn(spelled.raw);
  return ast && onlyItemOf({ ast });
}

/** Whether all fields of a value are known. */
export function isSpelledOut(spelled: Spelled): boolean {
  if ("ast" in spelled) return spelled.ast.type === "unary" && spelled.ast.value === "{";
  if (sourceOf(spelled.raw) === undefined) return true;
  const ast = expressionIn(spelled.raw);
  return ast !== undefined && isSpelledOut({ ast });
}

/** The text that a value is, whatever the data. Undefined for any other value. */
export function textOf(spelled: Spelled): string | undefined {
  if ("ast" in spelled) return spelled.ast.type === "string" ? String(spelled.ast.value) : undefined;
  if (sourceOf(spelled.raw) === undefined) return typeof spelled.raw === "string" ? spelled.raw : undefined;
  const ast = expressionIn(spelled.raw);
  return ast && textOf({ ast });
}
