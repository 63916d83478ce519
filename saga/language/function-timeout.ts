import type { AnyTask, LambdaTask } from "./task";
import { LONGEST_FUNCTION } from "./task-check";

/** Of a function that no step waits for: it hands out a token, or only executions from before a deploy call it. */
const ALONE = 25;

/**
 * How long a call of a function may take, where nothing says so: a bit less than the state machine waits for it, so
 * that a function that hangs has ended by the time its undo begins.
 *
 * @param waits In seconds, of the steps that call it.
 */
export function functionSeconds({ timeout, callback }: LambdaTask, waits: readonly number[]): number {
  if (timeout) return timeout.seconds;
  const longest = Math.max(...waits.map(within), ...(waits.length === 0 ? [ALONE] : []));
  // The answer comes later, and from elsewhere.
  return callback ? Math.min(longest, ALONE) : Math.min(longest, LONGEST_FUNCTION);
}

/** A sixth less, 5 s at most. */
const within = (seconds: number): number => Math.max(1, seconds - Math.min(5, Math.ceil(seconds / 6)));

/** How long a step waits, in seconds, where neither it nor the saga says so. */
export function waitSeconds(task: AnyTask, { seconds } = { seconds: 30 }): number {
  const own = task.kind === "Task" ? task.timeout : undefined;
  return own ? Math.min(LONGEST_FUNCTION, Math.max(seconds, own.seconds + 5)) : seconds;
}
