import { refusal } from "./refusal";

/** A rule for a field of an input. */
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

/**
 * A whole number, such as an amount in cents. JavaScript counts exactly up to `Number.MAX_SAFE_INTEGER`, the default of
 * `max`.
 */
export function wholeNumber({
  min = 0,
  max = Number.MAX_SAFE_INTEGER,
}: { readonly min?: number; readonly max?: number } = {}): Rule<number> {
  return {
    expected: `a whole number, ${min} to ${max}`,
    holds: (value): value is number => Number.isSafeInteger(value) && min <= Number(value) && Number(value) <= max,
  };
}

/**
 * Refuses an input that breaks a rule. The message lists every broken rule: the field, what was expected, and what kind
 * of value came instead. TypeScript checks types before a deploy, but a saga can be started with any JSON.
 * @throws a refusal with the name `errorName`
 *
 * @example
 * check("InvalidBooking", event, { account: nonBlank(100), amount: wholeNumber({ min: 1 }) });
 */
export function check<T extends object>(
  errorName: string,
  input: T,
  rules: Readonly<Partial<Record<keyof NoInfer<T>, Rule>>>,
): void {
  const broken = Object.entries<Rule>(rules as Readonly<Record<string, Rule>>).flatMap(
    ([field, { expected, holds }]) => {
      const value = (input as Record<string, unknown>)[field];
      return holds(value) ? [] : [`${field}: expected ${expected}, got ${kindOf(value)}`];
    },
  );
  if (broken.length > 0) throw refusal(errorName, broken.join("; "));
}

// Never the value itself: it may be a card number that came in the wrong field.
function kindOf(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (typeof value === "string") {
    const bytes = Buffer.byteLength(value);
    return value.trim() === "" ? "a blank string" : `a string of ${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
  }
  if (typeof value === "number") {
    return value < 0 ? "a negative number" : value === 0 ? "zero" : Number.isInteger(value) ? "a number" : "a fraction";
  }
  return Array.isArray(value) ? "an array" : typeof value === "object" ? "an object" : `a ${typeof value}`;
}
