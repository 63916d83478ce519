import type { Catcher, Retrier } from "./definition";
import { type Fields, isCount, isPositiveInteger } from "./fields";
import { readResult } from "./result-loader";

const MAX_ATTEMPTS = 99_999_999;
const MAX_DELAY_SECONDS = 31_622_400;

/** Reads Retry; an absent field has the default of the service (1 s, three attempts, doubled each time). */
export function readRetriers(fields: Fields): Retrier[] {
  const retriers = fields.objects("Retry");
  return retriers.map((retrier, index) => {
    const errorEquals = readErrorEquals(retrier, index === retriers.length - 1);
    const intervalSeconds =
      retrier.number("IntervalSeconds", (n) => isPositiveInteger(n) && n <= MAX_ATTEMPTS, "a positive integer") ?? 1;
    const maxAttempts =
      retrier.number("MaxAttempts", (n) => isCount(n) && n <= MAX_ATTEMPTS, "a non-negative integer") ?? 3;
    const backoffRate = retrier.number("BackoffRate", (n) => n >= 1, "a number of at least 1") ?? 2;
    const maxDelaySeconds = retrier.number(
      "MaxDelaySeconds",
      (n) => isPositiveInteger(n) && n > intervalSeconds && n <= MAX_DELAY_SECONDS,
      "an integer greater than IntervalSeconds and less than 31622401",
    );
    const jitter = retrier.optionalString("JitterStrategy") ?? "NONE";
    if (jitter !== "FULL" && jitter !== "NONE") retrier.refuse("JitterStrategy", "Expected one of FULL, NONE");
    retrier.allowOnly([
      "Comment",
      "ErrorEquals",
      "IntervalSeconds",
      "MaxAttempts",
      "BackoffRate",
      "MaxDelaySeconds",
      "JitterStrategy",
    ]);
    return {
      errorEquals,
      intervalSeconds,
      maxAttempts,
      backoffRate,
      fullJitter: jitter === "FULL",
      ...(maxDelaySeconds !== undefined && { maxDelaySeconds }),
    };
  });
}

export function readCatchers(fields: Fields): Catcher[] {
  const catchers = fields.objects("Catch");
  return catchers.map((catcher, index) => {
    const errorEquals = readErrorEquals(catcher, index === catchers.length - 1);
    const next = catcher.string("Next");
    catcher.allowOnly(["Comment", "ErrorEquals", "Next", "Assign", "Output"]);
    return { errorEquals, next, ...readResult(catcher) };
  });
}

function readErrorEquals(rule: Fields, isLast: boolean): string[] {
  const names = rule.list("ErrorEquals").map((name) => {
    if (typeof name !== "string") rule.refuse("ErrorEquals", "Expected an array of strings");
    return name;
  });
  if (names.includes("States.ALL") && (names.length > 1 || !isLast)) {
    rule.refuse("ErrorEquals", "States.ALL must be the only name of its ErrorEquals, in the last rule of the list");
  }
  return names;
}
