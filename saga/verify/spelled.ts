import { type Ast, parse, sourceOf } from "./expression";

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
  const source = sourceOf(raw);
  if (source === undefined) {
    const there = typeof raw === "object" && raw !== null && Object.hasOwn(raw, name);
    return there ? { raw: (raw as Readonly<Record<string, unknown>>)[name] } : undefined;
  }
  try {
    return fieldOf({ ast: parse(source) }, name);
  } catch {
    return undefined;
  }
}

function fieldIn(ast: Ast, name: string): Ast | undefined {
  if (ast.type === "unary" && ast.value === "{") {
    return (ast.lhs as readonly (readonly [Ast, Ast])[]).find(([key]) => key.value === name)?.[1];
  }
  // `$merge([…, {…}])`, where the fields are in a call and not in an object constructor.
  const parts = [...(ast.arguments ?? []), ...(ast.expressions ?? [])];
  return parts.map((part) => fieldIn(part, name)).findLast((found) => found !== undefined);
}

/** Whether all fields of a value are known. */
export function isSpelledOut(spelled: Spelled): boolean {
  if ("ast" in spelled) return spelled.ast.type === "unary" && spelled.ast.value === "{";
  const source = sourceOf(spelled.raw);
  if (source === undefined) return true;
  try {
    return isSpelledOut({ ast: parse(source) });
  } catch {
    return false;
  }
}

/** The text that a value is, whatever the data. Undefined for any other value. */
export function textOf(spelled: Spelled): string | undefined {
  if ("ast" in spelled) return spelled.ast.type === "string" ? String(spelled.ast.value) : undefined;
  const source = sourceOf(spelled.raw);
  if (source === undefined) return typeof spelled.raw === "string" ? spelled.raw : undefined;
  try {
    return textOf({ ast: parse(source) });
  } catch {
    return undefined;
  }
}
