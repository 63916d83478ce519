import { type Json, TaskFailure } from "../interpreter";
import type { Duration } from "../language/duration";

/** One call on its way to the task. */
export interface Delivery {
  /** Runs the task. */
  readonly deliver: () => Promise<Json>;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Stops the execution, as StopExecution does. */
  readonly stop: () => void;
}

/** Which calls of a step go wrong. Each retry counts as a call. */
export interface Strikes {
  /** The first call that goes wrong, counted from 1. Default 1. */
  readonly call?: number;
  /** How many calls go wrong, from that one on. Default: all. */
  readonly times?: number;
}

/** A way in which calls go wrong. */
export interface Mishap extends Required<Strikes> {
  readonly kind: "Mishap";
  /** What happens, for the list of calls. */
  readonly name: string;
  readonly strike: (delivery: Delivery) => Promise<Json>;
}

function mishap(name: string, { call = 1, times = Infinity }: Strikes, strike: Mishap["strike"]): Mishap {
  if (!Number.isInteger(call) || call < 1)
    throw new Error(`call is ${call}, but must be a whole number from 1 on: 1 is the first call`);
  if (times < 1) throw new Error(`times is ${times}, but must be at least 1`);
  return Object.freeze({ kind: "Mishap", name, call, times, strike });
}

/** An answer that never comes: the state times out. */
const silence = (): Promise<never> => new Promise(() => {});
const landed = (call: Promise<Json>): Promise<unknown> => call.catch(() => undefined);

/** Whether the task takes effect, although no answer arrives (S2). */
interface Effect extends Strikes {
  readonly effect?: boolean;
}

/**
 * The task fails, with an error of its own or with one of Lambda's, which is retried. By default it has no effect.
 *
 * @example
 * steps: { Pay: failing("CardDeclined") }
 * steps: { Pay: failing("Lambda.ServiceException", { times: 1, effect: true }) }
 */
export function failing(error: string, options: Effect & { readonly cause?: string } = {}): Mishap {
  const { effect = false, cause = "" } = options;
  return mishap(`fails: ${error}`, options, async ({ deliver }) => {
    if (effect) await landed(deliver());
    throw new TaskFailure(error, cause);
  });
}

/** No answer comes until the step times out. By default the task has no effect. */
export function timingOut(options: Effect = {}): Mishap {
  return mishap("times out", options, async ({ deliver }) => {
    if (options.effect) await landed(deliver());
    return silence();
  });
}

/**
 * The call reaches the task late. If that is after the step's undo, the task must refuse it (S3).
 */
export function arrivingLate(after: Duration, options: Strikes = {}): Mishap {
  return mishap(`arrives ${after.seconds} s late`, options, async ({ deliver, sleep }) => {
    await sleep(after.seconds * 1000);
    return deliver();
  });
}

/** The task takes effect at once and answers late. An answer after the step's timeout is ignored. */
export function answeringLate(after: Duration, options: Strikes = {}): Mishap {
  return mishap(`answers ${after.seconds} s late`, options, async ({ deliver, sleep }) => {
    const answer = await deliver();
    await sleep(after.seconds * 1000);
    return answer;
  });
}

/** The task's process dies before it answers. By default it has taken effect. */
export function crashing(options: Effect = {}): Mishap {
  return mishap("crashes", options, async ({ deliver }) => {
    if (options.effect ?? true) await landed(deliver());
    throw new TaskFailure("Lambda.Unknown", "The process exited before it answered");
  });
}

/** Somebody stops the execution while the task runs (S12). By default the task still takes effect. */
export function stopping(options: Effect = {}): Mishap {
  return mishap("is stopped", options, async ({ deliver, stop }) => {
    stop();
    if (options.effect ?? true) await landed(deliver());
    return silence();
  });
}
