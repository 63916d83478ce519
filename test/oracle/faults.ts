import type { Call } from "./world";
import type { StateJson } from "./machine";

/** What the environment makes of a call: nothing unusual, or a fault. The first of several options is the usual one. */
export interface Fault {
  readonly label: string;
  readonly error?: string;
  /** Where the effect is by the time of the error. */
  readonly effect?: "before" | "after" | "late";
  /** Of the first try alone, or of every one. */
  readonly times?: "once" | "always";
  readonly definite?: boolean;
  /** No answer ever, and no timeout. */
  readonly hangs?: boolean;
  /** The time of the whole machine is up after the call. */
  readonly ends?: boolean;
  /** What is called without waiting never does its work. */
  readonly lost?: boolean;
}

export const TOO_LARGE = "States.DataLimitExceeded";
/**
 * The same, on a platform where States.ALL catches it: the guide says that it does not, a recording that it does. What is
 * to hold holds either way.
 */
export const TOO_LARGE_CAUGHT = `${TOO_LARGE}, which States.ALL catches`;
export const isTooLarge = (error: string): boolean => error.startsWith(TOO_LARGE);
/** An error that nobody has heard of. */
export const UNEXPECTED = "Unexpected";
const TRANSIENT: readonly string[] = [
  "Lambda.ServiceException",
  "Lambda.ClientExecutionTimeoutException",
  "Lambda.AWSLambdaException",
  "Lambda.SdkClientException",
  "Lambda.TooManyRequestsException",
];

interface Rule {
  readonly ErrorEquals: readonly string[];
  readonly MaxAttempts?: number;
}

/** Whether a Retry or a Catch names an error. */
export function names(rule: Rule, error: string): boolean {
  if (error === "States.Runtime") return false;
  return rule.ErrorEquals.some((name) => {
    if (name === error || (name === TOO_LARGE && error === TOO_LARGE_CAUGHT)) return true;
    if (error === TOO_LARGE) return false;
    if (name === "States.HeartbeatTimeout") return false;
    return name === "States.ALL" || (name === "States.TaskFailed" && error !== "States.Timeout");
  });
}

export const indexOf = (rules: readonly Rule[] | undefined, error: string): number =>
  (rules ?? []).findIndex((rule) => names(rule, error));

/** Whether a state is tried again after an error: a Retry may name it and have no attempt. */
export function isTriedAgain({ Retry }: StateJson, error: string): boolean {
  const rule = Retry?.[indexOf(Retry, error)];
  return rule !== undefined && (rule.MaxAttempts ?? 3) > 0;
}

/** Which promise of S4 an error is about. */
export function promiseOf(call: Call, error: string, definite: boolean): "retried" | "never retried" | "none" {
  if (isTooLarge(error) || call.kind === "other") return "none";
  if (call.kind === "undo" || call.declared.role === "retriable") return "retried";
  if (definite) return "never retried";
  if (TRANSIENT.includes(error)) return "retried";
  return error === UNEXPECTED && call.declared.role !== "query" ? "never retried" : "none";
}

/** Errors that a state treats alike. */
interface Class {
  readonly error: string;
  readonly definite: boolean;
  readonly retried: boolean;
  readonly catcher: number;
  /** Whether that breaks the promise of S4. */
  readonly broken: boolean;
}

/**
 * What a call may do. Of errors that the state treats alike, and the contract too, one stands for all.
 */
export function faultsOf(state: StateJson, call: Call): readonly Fault[] {
  const definite = (call.kind === "action" && call.declared.definite) || [];
  const rules = [...(state.Retry ?? []), ...(state.Catch ?? [])];
  const named = rules.flatMap(({ ErrorEquals }) => ErrorEquals).filter((name) => !name.startsWith("States."));
  const timed = state.TimeoutSeconds !== undefined;
  const errors = [
    UNEXPECTED,
    ...definite,
    ...TRANSIENT,
    ...(timed ? ["States.Timeout"] : []),
    ...named,
    TOO_LARGE,
    TOO_LARGE_CAUGHT,
  ];
  const classes = new Map<string, Class>();
  for (const error of errors) {
    const said = definite.includes(error);
    const [retrier, catcher] = [indexOf(state.Retry, error), indexOf(state.Catch, error)];
    const promise = promiseOf(call, error, said);
    const retried = isTriedAgain(state, error);
    const broken = promise === (retried ? "never retried" : "retried");
    const key = [retrier, catcher, said, isTooLarge(error), broken].join();
    if (!classes.has(key)) classes.set(key, { error, definite: said, retried, catcher, broken });
  }
  const effects = call.kind === "action" && call.declared.role !== "query";
  const faults: Fault[] = [{ label: "succeeds" }];
  for (const { error, definite: said, retried, catcher, broken } of classes.values()) {
    const when = said || !effects ? (["before"] as const) : (["after", "before", "late"] as const);
    // Once the tries are used up it is as if there had been no retry.
    const like = [...classes.values()].some(
      ({ error: other, ...rest }) => !isTooLarge(other) && !rest.retried && !rest.definite && rest.catcher === catcher,
    );
    if (retried) {
      const effect = effects && !said ? "after" : "before";
      faults.push({ label: `fails once with ${error}`, error, effect, definite: said, times: "once" });
      if (like && !said && !broken && !isTooLarge(error)) continue;
    }
    for (const effect of when) {
      // What is too large has been answered, or was never sent.
      if (isTooLarge(error) && effect === "late") continue;
      const how = said || !effects ? "" : `, ${effect === "late" ? "its effect comes later" : `${effect} its effect`}`;
      faults.push({ label: `fails with ${error}${how}`, error, effect, definite: said, times: "always" });
    }
  }
  if (!timed) faults.push({ label: "never answers", hangs: true });
  return faults;
}
