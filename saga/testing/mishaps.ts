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

/** Which calls of a step go wrong. A retry is a call of its own. */
export interface Strikes {
  /** The first that does, counted from 1. Default 1. */
  readonly call?: number;
  /** How many do, from there on. Default: all. */
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
  if (!Number.isInteger(call) || call < 1) throw new Error(`call: ${call}, but calls are counted from 1`);
  if (times < 1) throw new Error(`times: ${times}, but a mishap strikes once or more`);
  return Object.freeze({ kind: "Mishap", name, call, times, strike });
}

/** For the execution no answer comes: the state's timeout ends its wait. */
const silence = (): Promise<never> => new Promise(() => {});
const landed = (call: Promise<Json>): Promise<unknown> => call.catch(() => undefined);

/** Whether the task takes effect all the same, though nobody hears of it (S2). */
interface Effect extends Strikes {
  readonly effect?: boolean;
}

/**
 * The task fails: with an error of its own, or with one of Lambda's, which is retried. By default it has no effect.
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

/** No answer comes until the step gives up. By default the task has no effect, either. */
export function timingOut(options: Effect = {}): Mishap {
  return mishap("times out", options, async ({ deliver }) => {
    if (options.effect) await landed(deliver());
    return silence();
  });
}

/**
 * The call reaches the task late. After the step's timeout that is after its undo: the task must refuse it then (S3).
 */
export function arrivingLate(after: Duration, options: Strikes = {}): Mishap {
  return mishap(`arrives ${after.seconds} s late`, options, async ({ deliver, sleep }) => {
    await sleep(after.seconds * 1000);
    return deliver();
  });
}

/** The task answers late. After the step's timeout nobody hears it, and the effect is there. */
export function answeringLate(after: Duration, options: Strikes = {}): Mishap {
  return mishap(`answers ${after.seconds} s late`, options, async ({ deliver, sleep }) => {
    const answer = await deliver();
    await sleep(after.seconds * 1000);
    return answer;
  });
}

/** The task's process dies: by default once it has taken effect, before it answers. */
export function crashing(options: Effect = {}): Mishap {
  return mishap("crashes", options, async ({ deliver }) => {
    if (options.effect ?? true) await landed(deliver());
    throw new TaskFailure("Lambda.Unknown", "The process exited before it answered");
  });
}

/** Somebody stops the execution while the task runs: by default it takes effect nevertheless (S12). */
export function stopping(options: Effect = {}): Mishap {
  return mishap("is stopped", options, async ({ deliver, stop }) => {
    stop();
    if (options.effect ?? true) await landed(deliver());
    return silence();
  });
}
