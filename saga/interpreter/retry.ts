import type { Catcher, Retrier } from "./definition";
import type { StateFailure } from "./errors";
import type { Random } from "./random";

/** Whether ErrorEquals names the error ("Handling errors in Step Functions workflows"). */
function matchesError(errorEquals: readonly string[], failure: StateFailure): boolean {
  const { error } = failure;
  if (error === "States.Runtime") return false;
  return errorEquals.some((name) => {
    // The guide exempts States.DataLimitExceeded from States.ALL; a recording of the service shows it caught.
    if (name === "States.ALL") return true;
    if (name === "States.TaskFailed") return error !== "States.Timeout";
    return name === error || failure.aliases.includes(name);
  });
}

/** The index of the first retrier or catcher for the error, or -1. */
export function findRule(rules: readonly (Retrier | Catcher)[], failure: StateFailure): number {
  return rules.findIndex((rule) => matchesError(rule.errorEquals, failure));
}

/** The delay before a retry; `retriesDone` counts the retries that this retrier has made before. */
export function backoffSeconds(retrier: Retrier, retriesDone: number, random: Random): number {
  const exponential = retrier.intervalSeconds * retrier.backoffRate ** retriesDone;
  const delay = Math.min(exponential, retrier.maxDelaySeconds ?? Infinity);
  return retrier.fullJitter ? delay * random() : delay;
}

/** The retries of one visit to a state: each retrier has a budget of its own. */
export class RetryBudget {
  private readonly used: number[];

  /** @param taken The index of the retrier of each retry so far. */
  constructor(
    private readonly retriers: readonly Retrier[],
    private readonly random: Random,
    taken: readonly number[],
  ) {
    this.used = retriers.map((_, index) => taken.filter((each) => each === index).length);
  }

  /** Takes one retry for the error, and returns its delay in milliseconds; undefined if no retry is left. */
  take(failure: StateFailure): { readonly retrier: number; readonly delay: number } | undefined {
    const index = findRule(this.retriers, failure);
    const retrier = this.retriers[index];
    const used = this.used[index] ?? 0;
    if (!retrier || used >= retrier.maxAttempts) return undefined;
    this.used[index] = used + 1;
    return { retrier: index, delay: backoffSeconds(retrier, used, this.random) * 1000 };
  }
}
