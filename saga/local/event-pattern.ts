import { isObject, type Json, type JsonObject } from "../interpreter/json";

/**
 * Whether an event matches a rule's pattern: each field that the pattern names has one of the listed values. Only the
 * operators below are supported.
 * @throws Error for another operator
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export function matches(pattern: JsonObject, event: Json | undefined): boolean {
  return Object.entries(pattern).every(([field, wanted]) => {
    if (field === "$or") return (wanted as JsonObject[]).some((one) => matches(one, event));
    const value = isObject(event) ? event[field] : undefined;
    if (Array.isArray(wanted)) return wanted.some((one) => matchesOne(one, value));
    return matches(wanted as JsonObject, value);
  });
}

function matchesOne(wanted: Json, value: Json | undefined): boolean {
  if (!isObject(wanted)) return value === wanted;
  const [[operator, operand]] = Object.entries(wanted) as [[string, Json]];
  switch (operator) {
    case "exists":
      return (value !== undefined) === operand;
    case "prefix":
      return typeof value === "string" && value.startsWith(operand as string);
    case "anything-but":
      return value !== undefined && !(operand as Json[]).includes(value);
    default:
      throw new Error(`the pattern of a rule uses the operator '${operator}', which this machine does not support`);
  }
}
