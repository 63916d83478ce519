import { transientErrors } from "../asl/transient";
import type { Retrier } from "../asl/types";
import type { Duration } from "./duration";
import { SagaDefinitionError } from "./errors";
import { minutes, seconds } from "./duration";
import type { AnyTask } from "./task";

/** The number of retries of a call, and the waits between them. */
export interface Retry {
  /**
   * The names of errors to retry, only for an action or a query up to the pivot. Without it, these settings apply to the
   * transient faults of the called service. An undo, and a step after the pivot, retries on any error.
   */
  readonly errors?: readonly string[];
  /** The number of retries, 1 to 99,999,999. */
  readonly attempts: number;
  /** The longest wait before the first retry. The actual wait is a random part of it (full jitter). Default 2 s. */
  readonly interval?: Duration;
  /** The factor by which the wait grows after each retry, at least 1. Default 2. */
  readonly backoff?: number;
  /** The longest wait, at most 366 days. Default 1 minute for an action, 5 minutes for an undo, 15 after the pivot. */
  readonly ceiling?: Duration;
}

/** The retriers of an action: always for transient faults of what it calls, and for other errors only by name (S4). */
export function actionRetry(
  retry: Retry | undefined,
  task: AnyTask,
  where: { saga: string; step: string },
): readonly Retrier[] {
  const ceiling = minutes(1);
  const passing = transientErrors(task.kind === "Service" ? task.resource : LAMBDA);
  // Without known transient errors there is no retrier, because a list of errors must not be empty.
  const transient = (budget: Retry): readonly Retrier[] =>
    passing.length > 0 ? [retrier(budget, passing, ceiling, where)] : [];
  if (!retry) return Object.freeze(transient({ attempts: 6 }));
  if (!retry.errors) return Object.freeze(transient(retry));
  if (retry.errors.length === 0 || retry.errors.includes("States.ALL")) {
    throw new SagaDefinitionError(
      "bad-retry",
      where,
      `retry.errors is ${JSON.stringify(retry.errors)}`,
      "Name the errors that a second try can mend: a refusal is a refusal every time",
    );
  }
  return Object.freeze([retrier(retry, retry.errors, ceiling, where), ...transient({ attempts: 6 })]);
}

const LAMBDA = "arn:aws:states:::lambda:invoke";

/** The retriers of an undo: for any error, with more retries than an action has (S4). */
export function undoRetry(retry: Retry | undefined, where: { saga: string; step: string }): readonly Retrier[] {
  return anyError(retry ?? { attempts: 12 }, minutes(5), where);
}

/** The retriers after the pivot: for any error, for about nine hours (S9). */
export function forwardRetry(retry: Retry | undefined, where: { saga: string; step: string }): readonly Retrier[] {
  return anyError(retry ?? { attempts: 40 }, minutes(15), where);
}

function anyError(retry: Retry, ceiling: Duration, where: { saga: string; step: string }): readonly Retrier[] {
  if (retry.errors) {
    throw new SagaDefinitionError(
      "bad-retry",
      where,
      "retry.errors picks errors where none may be given up",
      "Leave it out: an undo, and whatever follows the pivot, retries on any error",
    );
  }
  return Object.freeze([retrier(retry, ["States.ALL"], ceiling, where)]);
}

// The limits are those of Step Functions: MaxAttempts up to 99,999,999, MaxDelaySeconds below 31,622,401.
const MOST_ATTEMPTS = 99_999_999;
const LONGEST_DELAY = 31_622_400;

function retrier(
  retry: Retry,
  errors: readonly string[],
  defaultCeiling: Duration,
  where: { saga: string; step: string },
): Retrier {
  const { attempts, interval = seconds(2), backoff = 2 } = retry;
  const ceiling = retry.ceiling ?? (interval.seconds > defaultCeiling.seconds ? interval : defaultCeiling);
  const bad = (what: string, hint: string): never => {
    throw new SagaDefinitionError("bad-retry", where, what, hint);
  };
  if (!Number.isInteger(attempts) || attempts < 1 || attempts > MOST_ATTEMPTS) {
    bad(`retry.attempts is ${attempts}`, `Use a whole number from 1 to ${MOST_ATTEMPTS.toLocaleString("en")}`);
  }
  if (!Number.isFinite(backoff) || backoff < 1) bad(`retry.backoff is ${backoff}`, "Use a number of 1 or more");
  if (ceiling.seconds > LONGEST_DELAY) bad(`retry.ceiling is ${ceiling.seconds} s`, "Use 366 days at most");
  if (ceiling.seconds < interval.seconds) {
    bad(
      `retry.ceiling (${ceiling.seconds} s) is below retry.interval (${interval.seconds} s)`,
      "Raise the ceiling or lower the interval",
    );
  }
  return Object.freeze({
    ErrorEquals: Object.freeze([...errors]),
    IntervalSeconds: interval.seconds,
    BackoffRate: backoff,
    MaxAttempts: attempts,
    MaxDelaySeconds: ceiling.seconds,
    JitterStrategy: "FULL",
  });
}
