import type { TaskState } from "../definition";
import { Interrupted, StateFailure, TaskFailure } from "../errors";
import { HeldTime } from "../held-time";
import { copyJson, exceedsPayloadLimit, type Json } from "../json";
import type { TaskCall } from "../runtime";
import type { PendingTask } from "../task-tokens";
import { type Outcome, type Visit, withRetryAndCatch } from "../visit";

// The service's own default, about three years.
const NO_TIMEOUT_SECONDS = 99_999_999;

export function runTask(visit: Visit<TaskState>): Promise<Outcome> {
  return withRetryAndCatch(visit, async () => {
    const { state } = visit;
    const pending = state.resource.waitsForToken ? visit.runtime.tokens.issue() : undefined;
    visit.taskToken = pending?.token;
    try {
      const result = await runOnce(visit, pending);
      return await visit.leave(state, state.next, result, { result });
    } finally {
      if (pending) visit.runtime.tokens.withdraw(pending);
    }
  });
}

async function runOnce(visit: Visit<TaskState>, pending: PendingTask | undefined): Promise<Json> {
  const { state, runtime } = visit;
  const args = state.arguments ? await visit.evaluate(state.arguments) : visit.input;
  visit.checkSize(args, `The state/task '${state.name}' has arguments`);
  const positive = (n: number): boolean => Number.isInteger(n) && n > 0 && n <= NO_TIMEOUT_SECONDS;
  const timeout =
    state.timeoutSeconds && (await visit.evaluateNumber(state.timeoutSeconds, "TimeoutSeconds", positive));
  const heartbeat =
    state.heartbeatSeconds && (await visit.evaluateNumber(state.heartbeatSeconds, "HeartbeatSeconds", positive));
  visit.throwIfInterrupted();

  const events = eventsOf(visit);
  events.scheduled(args, timeout, heartbeat);
  events.started();

  const call = new AbortController();
  const timers = new AbortController();
  const time = new HeldTime(runtime.clock);
  const expire = (seconds: number, ...aliases: string[]): Promise<never> =>
    time.sleep(seconds * 1000, timers.signal).then(() => {
      throw new StateFailure("States.Timeout", undefined, aliases);
    });
  let interrupt = (): void => {};
  try {
    const contenders: Promise<Json>[] = [
      new Promise<never>((_, reject) => {
        interrupt = () => {
          reject(new Interrupted());
        };
        visit.signal.addEventListener("abort", interrupt, { once: true });
      }),
      ...work(visit, args, pending, {
        signal: call.signal,
        hold: () => bothOf(time.hold(), runtime.hold()),
        submitted(output) {
          // Answered by its token, or timed out, before it was submitted.
          if (!timers.signal.aborted) events.submitted(copyJson(output));
        },
      }),
    ];
    if (timeout !== undefined) contenders.push(expire(timeout));
    if (heartbeat !== undefined) contenders.push(watchHeartbeats(heartbeat, pending, expire));
    const result = await Promise.race(contenders);
    if (exceedsPayloadLimit(result)) {
      throw new StateFailure(
        "States.DataLimitExceeded",
        `The state/task '${state.resource.arn}' returned a result with a size exceeding the maximum number of bytes service limit.`,
      );
    }
    events.succeeded(result);
    return result;
  } catch (error) {
    if (!(error instanceof TaskFailure)) call.abort(error);
    const failure = error instanceof TaskFailure ? new StateFailure(error.error, error.cause) : error;
    if (failure instanceof StateFailure) events.failed(failure);
    throw failure;
  } finally {
    timers.abort("over");
    visit.signal.removeEventListener("abort", interrupt);
  }
}

const bothOf = (one: () => void, other: () => void) => (): void => {
  one();
  other();
};

/** The promises of which the first to settle decides the task. */
function work(
  visit: Visit<TaskState>,
  args: Json,
  pending: PendingTask | undefined,
  of: Pick<TaskCall, "signal" | "hold" | "submitted">,
): Promise<Json>[] {
  const iteration = visit.frame.mapItem?.Index;
  const call: TaskCall = {
    resource: visit.state.resource.arn,
    state: visit.state.name,
    arguments: copyJson(args),
    attempt: visit.retryCount,
    context: visit.context(),
    ...of,
    ...(pending && { taskToken: pending.token }),
    ...(iteration !== undefined && { iteration }),
  };
  const answer = invokeSafely(visit, call);
  if (!pending) return [answer];
  const submitted = answer.then((output): Promise<Json> => {
    call.submitted(output);
    return new Promise(() => {});
  });
  return [submitted, pending.outcome];
}

async function invokeSafely(visit: Visit<TaskState>, call: TaskCall): Promise<Json> {
  const result = (await visit.runtime.invoke(call)) as Json | undefined;
  return result === undefined ? null : copyJson(result);
}

/** Fails when no heartbeat arrives for so long. */
async function watchHeartbeats(
  seconds: number,
  pending: PendingTask | undefined,
  expire: (seconds: number, ...aliases: string[]) => Promise<never>,
): Promise<never> {
  for (;;) {
    const beat = new Promise<void>((resolve) => {
      if (pending) pending.onHeartbeat = resolve;
    });
    // The service records States.Timeout; the guide lets States.HeartbeatTimeout catch it.
    await Promise.race([expire(seconds, "States.HeartbeatTimeout"), beat]);
  }
}

/** A function's own ARN has events of its own kind. */
function eventsOf(visit: Visit<TaskState>) {
  const { arn, integration } = visit.state.resource;
  const prefix = integration ? "Task" : "LambdaFunction";
  const about = integration ? { resource: integration.action, resourceType: integration.type } : {};
  return {
    scheduled(args: Json, timeoutInSeconds?: number, heartbeatInSeconds?: number): void {
      visit.record(`${prefix}Scheduled`, {
        ...(integration ? { parameters: args, ...about } : { input: args, resource: arn }),
        ...(timeoutInSeconds !== undefined && { timeoutInSeconds }),
        ...(heartbeatInSeconds !== undefined && { heartbeatInSeconds }),
      });
    },
    started: (): number => visit.record(`${prefix}Started`, about),
    submitted: (output: Json): void => void visit.record(`${prefix}Submitted`, { ...about, output }),
    succeeded: (output: Json): number => visit.record(`${prefix}Succeeded`, { ...about, output }),
    failed({ error, cause }: StateFailure): void {
      visit.record(error === "States.Timeout" ? `${prefix}TimedOut` : `${prefix}Failed`, {
        ...about,
        ...(error !== undefined && { error }),
        ...(cause !== undefined && { cause }),
      });
    },
  };
}
