import type { AnyTask, LambdaTask } from "./task";
import { LONGEST_FUNCTION } from "./task-check";

/** The timeout of a function that no step waits for: it passes a token on, or only executions of an older release call it. */
const ALONE = 25;

/**
 * The default timeout of a function: slightly less than the timeout of each of its steps. So a hanging function has ended when its
 * undo begins.
 *
 * @param waits The timeouts of the steps that call it, in seconds.
 */
export function functionSeconds({ timeout, callback }: LambdaTask, waits: readonly number[]): number {
  if (timeout) return timeout.seconds;
  const shortest = Math.min(...waits.map(within), ...(waits.length === 0 ? [ALONE] : []));
  // The answer comes later, and from elsewhere.
  return callback ? Math.min(shortest, ALONE) : Math.min(shortest, LONGEST_FUNCTION);
}

/** A sixth less, but at most 5 s less. */
const within = (seconds: number): number => Math.max(1, seconds - Math.min(5, Math.ceil(seconds / 6)));

/** The default timeout of a step, in seconds. */
export function waitSeconds(task: AnyTask, { seconds } = { seconds: 30 }): number {
  const own = task.kind === "Task" ? task.timeout : undefined;
  return own ? Math.min(LONGEST_FUNCTION, Math.max(seconds, own.seconds + 5)) : seconds;
}
