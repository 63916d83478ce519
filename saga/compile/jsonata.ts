import type { Condition } from "../language/condition";
import type { Mapping } from "../language/mapping";

/** How a name of the scope is spelled in JSONata, in some place: `$CreateOrder`, or `$states.context.Execution.Input`. */
export type Spelling = (root: string) => string;

/** A string as Step Functions takes it for an expression. */
export const expression = (jsonata: string): string => `{% ${jsonata} %}`;

/**
 * A mapping as one JSONata expression. It can't fail, and only a lone reference can yield nothing: JSONata leaves an
 * absent field out of an object, whereas an expression of its own that yields nothing fails the state (S8).
 */
export function render(mapping: Mapping, spell: Spelling): string {
  switch (mapping.kind) {
    case "Absent":
      // An empty block yields nothing.
      return "()";
    case "Literal":
      return typeof mapping.value === "string" ? text(mapping.value) : JSON.stringify(mapping.value);
    case "Reference": {
      const root = spell(mapping.root);
      const value = mapping.path.reduce<string>(part, root);
      // A result that was never had is null, so that the variable is assigned on every path; the task sees it left out.
      // No page and no recording says what Step Functions makes of a field of null, so none is read.
      return mapping.maybe ? `(${root} != null ? ${value})` : value;
    }
    case "Object":
      return object(mapping.fields.map(([key, field]) => [key, render(field, spell)]));
    case "Array":
      return `[${mapping.items.map((item) => element(item, spell)).join(", ")}]`;
  }
}

/** An object constructor over fields that are rendered already. */
export function object(fields: readonly (readonly [string, string])[]): string {
  return `{${fields.map(([key, value]) => `${text(key)}: ${value}`).join(", ")}}`;
}

/** An expression that is an object whatever the mapping yields. */
export function renderObject(mapping: Mapping, spell: Spelling, extra: readonly (readonly [string, string])[]): string {
  if (mapping.kind === "Object") {
    const own = mapping.fields.map(([key, field]) => [key, render(field, spell)] as const);
    return object([...own.filter(([key]) => !extra.some(([reserved]) => reserved === key)), ...extra]);
  }
  const whole = render(mapping, spell);
  return `$merge([$type(${whole}) = 'object' ? ${whole} : {}, ${object(extra)}])`;
}

/** An expression that has a value whatever the mapping yields. */
export function renderValue(mapping: Mapping, spell: Spelling): string {
  const rendered = render(mapping, spell);
  const certain = mapping.kind !== "Reference" && mapping.kind !== "Absent";
  return certain ? rendered : `($exists(${rendered}) ? ${rendered} : null)`;
}

/** An element keeps its place when absent, as in JSON; and an array stays one element: JSONata would splice it in. */
function element(item: Mapping, spell: Spelling): string {
  const rendered = render(item, spell);
  switch (item.kind) {
    case "Absent":
      return "null";
    case "Literal":
    case "Object":
    case "Array":
      return rendered;
    case "Reference":
      return `($exists(${rendered}) ? ($type(${rendered}) = 'array' ? [[${rendered}]] : ${rendered}) : null)`;
  }
}

function part(of: string, key: string | number): string {
  if (typeof key === "number") return `${of}[${key}]`;
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(key) && !["and", "or", "in", "true", "false", "null"].includes(key))
    return `${of}.${key}`;
  // A backtick can't be escaped inside backticks.
  return key.includes("`") ? `$lookup(${of}, ${text(key)})` : `${of}.\`${key}\``;
}

/** JSONata has no escape for a single quote; with single quotes a definition, being JSON, stays readable. */
export function text(value: string): string {
  const quoted = JSON.stringify(value);
  return value.includes("'") ? quoted : `'${quoted.slice(1, -1).replaceAll('\\"', '"')}'`;
}

/** A test as an expression that is true or false whatever its operands: a Choice has no Catch (S7). */
export function renderCondition(condition: Condition, spell: Spelling): string {
  switch (condition.kind) {
    case "Compare": {
      const [left, right] = [render(condition.left, spell), render(condition.right, spell)];
      if (condition.op === "=") return `${left} = ${right}`;
      const ordered = `$type(${left}) = $type(${right}) and $type(${left}) in ['number', 'string']`;
      return `(${ordered} ? ${left} ${condition.op} ${right} : false)`;
    }
    case "Present":
      // Comparing with what is absent is false, either way.
      return `${render(condition.value, spell)} != null`;
    case "All":
      return condition.conditions.length === 0 ? "true" : joined(condition.conditions, "and", spell);
    case "Any":
      return condition.conditions.length === 0 ? "false" : joined(condition.conditions, "or", spell);
    case "Not":
      return `$not(${renderCondition(condition.condition, spell)})`;
  }
}

const joined = (conditions: readonly Condition[], by: string, spell: Spelling): string =>
  balanced(
    conditions.map((condition) => renderCondition(condition, spell)),
    by,
  );

/**
 * Operands joined by an operator, in a tree of which both sides are as deep: in a chain each operand nests in the next one,
 * and Step Functions ends an evaluation that nests a hundred deep.
 */
function balanced(operands: readonly string[], operator: string): string {
  const [only] = operands;
  if (only !== undefined && operands.length === 1) return only;
  const half = Math.ceil(operands.length / 2);
  return `(${balanced(operands.slice(0, half), operator)} ${operator} ${balanced(operands.slice(half), operator)})`;
}
