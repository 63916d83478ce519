/** A string that Step Functions reads as an expression. */
export const expression = (jsonata: string): string => `{% ${jsonata} %}`;

/** Any JSON as a literal of JSONata. */
export function literal(value: unknown): string {
  if (typeof value === "string") return text(value);
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value ?? null);
  return object(Object.entries(value).map(([key, field]) => [key, literal(field)]));
}

/** An object constructor over fields that are rendered already. */
export function object(fields: readonly (readonly [string, string])[]): string {
  return `{${fields.map(([key, value]) => `${text(key)}: ${value}`).join(", ")}}`;
}

/** Single quotes keep a definition readable, because it is JSON. JSONata has no escape for a single quote. */
export function text(value: string): string {
  const quoted = JSON.stringify(value);
  return value.includes("'") ? quoted : `'${quoted.slice(1, -1).replaceAll('\\"', '"')}'`;
}

/**
 * Operands joined by an operator, in a balanced tree. In a chain each operand would nest in the next one, and Step Functions
 * ends an evaluation that is a hundred levels deep.
 */
export function balanced(operands: readonly string[], operator: string): string {
  const [only] = operands;
  if (only !== undefined && operands.length === 1) return only;
  const half = Math.ceil(operands.length / 2);
  return `(${balanced(operands.slice(0, half), operator)} ${operator} ${balanced(operands.slice(half), operator)})`;
}
