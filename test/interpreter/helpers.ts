import {
  type Clock,
  type ExecutionOptions,
  type HistoryEvent,
  type Invoke,
  type Json,
  loadMachine,
  seededRandom,
  startExecution,
  TaskFailure,
  virtualClock,
} from "../../saga/interpreter";

export const INVOKE = "arn:aws:states:::lambda:invoke";

/** A machine of these states, which starts at the first one. */
export function machineOf(states: Record<string, object>, extra: object = {}) {
  return loadMachine({ QueryLanguage: "JSONata", StartAt: Object.keys(states)[0], States: states, ...extra });
}

export function start(states: Record<string, object>, options: Partial<ExecutionOptions> & { top?: object } = {}) {
  const { top, ...rest } = options;
  return startExecution(machineOf(states, top), {
    input: {},
    clock: virtualClock(0),
    random: seededRandom(7),
    invoke: () => Promise.resolve(null),
    ...rest,
  });
}

/** Runs a machine of these states to its end. */
export async function run(states: Record<string, object>, options: Parameters<typeof start>[1] = {}) {
  const execution = start(states, options);
  return { ...(await execution.result), history: execution.history };
}

/** Answers in this order; a string is the name of an error. */
export function answers(...list: (Json | TaskFailure)[]): Invoke {
  const left = [...list];
  return () => {
    const answer = left.length > 1 ? left.shift() : left[0];
    return answer instanceof TaskFailure ? Promise.reject(answer) : Promise.resolve(answer ?? null);
  };
}

export const fails = (error: string, cause = ""): TaskFailure => new TaskFailure(error, cause);

/** Answers after that many seconds of the clock. */
export function slow(clock: Clock, seconds: number, answer: Json = null): Invoke {
  return async () => {
    await clock.sleep(seconds * 1000);
    return answer;
  };
}

export const types = (history: readonly HistoryEvent[]): string[] => history.map(({ type }) => type);

/** The times of the events of a type, in seconds. */
export const secondsOf = (history: readonly HistoryEvent[], type: string): number[] =>
  history.filter((event) => event.type === type).map(({ timestamp }) => timestamp / 1000);
