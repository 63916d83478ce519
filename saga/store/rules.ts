import { refusal } from "./refusal";

/** What a field of an input must be. */
export interface Rule<T = unknown> {
  readonly expected: string;
  readonly holds: (value: unknown) => value is T;
}

/** A string that is not blank. */
export function nonBlank(maxBytes: number): Rule<string> {
  return {
    expected: `a string of 1 to ${maxBytes} bytes, not blank`,
    holds: (value): value is string =>
      typeof value === "string" && value.trim() !== "" && Buffer.byteLength(value) <= maxBytes,
  };
}

/** Refuses what breaks a rule, all of it at once: which field, what was expected, what kind of thing came instead. */
export function check(errorName: string, input: object, rules: Readonly<Record<string, Rule>>): void {
  const broken = Object.entries(rules).flatMap(([field, { expected, holds }]) => {
    const value = (input as Record<string, unknown>)[field];
    return holds(value) ? [] : [`${field}: expected ${expected}, got ${kindOf(value)}`];
  });
  if (broken.length > 0) throw refusal(errorName, broken.join("; "));
}

// Never the value itself: it may be a card number that came in the wrong field.
function kindOf(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (typeof value === "string") {
    const bytes = Buffer.byteLength(value);
    return value.trim() === "" ? "a blank string" : `a string of ${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
  }
  if (typeof value === "number") return value < 0 ? "a negative number" : value === 0 ? "zero" : "a number";
  return Array.isArray(value) ? "an array" : typeof value === "object" ? "an object" : `a ${typeof value}`;
}
