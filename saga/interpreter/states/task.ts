import type { TaskState } from "../definition";
import { Interrupted, StateFailure, TaskFailure } from "../errors";
import type { Scheduled } from "../frame";
import { HeldTime } from "../held-time";
import { copyJson, exceedsPayloadLimit, type Json } from "../json";
import type { TaskCall } from "../runtime";
import type { PendingTask } from "../task-tokens";
import { type Outcome, type Visit, withRetryAndCatch } from "../visit";

// The service's own default, about three years.
const NO_TIMEOUT_SECONDS = 99_999_999;

export function runTask(visit: Visit<TaskState>): Promise<Outcome> {
  return withRetryAndCatch(visit, async (progress) => {
    const { state } = visit;
    const pending = state.resource.waitsForToken ? visit.runtime.tokens.issue(progress?.token) : undefined;
    visit.taskToken = pending?.token;
    if (pending && progress?.token === undefined) visit.mark({ mark: "token", token: pending.token });
    try {
      const result = progress?.result ? progress.result.output : await runOnce(visit, pending, progress?.scheduled);
      return await visit.leave(state, state.next, result, { result });
    } finally {
      if (pending) visit.runtime.tokens.withdraw(pending);
    }
  });
}

async function runOnce(
  visit: Visit<TaskState>,
  pending: PendingTask | undefined,
  before: Scheduled | undefined,
): Promise<Json> {
  const { state, runtime } = visit;
  const events = eventsOf(visit);
  const task = before ?? (await schedule(visit, events));
  visit.throwIfInterrupted();
  if (!task.started) events.started();

  const call = new AbortController();
  const clock = runtime.clock;
  const time = new HeldTime(clock);
  const expire = (seconds: number, from: number, ...aliases: string[]): Promise<never> =>
    time.sleep(from + seconds * 1000 - clock.now()).then(() => {
      throw new StateFailure("States.Timeout", undefined, aliases);
    });
  // After a restore, a call that is made again has its whole timeout. A task that went on without us has the rest of
  // it.
  const from = before && goesOnAlone(state) ? task.at : clock.now();
  let interrupt = (): void => {};
  try {
    const contenders: Promise<Json>[] = [
      new Promise<never>((_, reject) => {
        interrupt = () => {
          reject(new Interrupted());
        };
        visit.signal.addEventListener("abort", interrupt, { once: true });
      }),
      ...work(visit, task, pending, {
        signal: call.signal,
        hold: () => bothOf(time.hold(), runtime.hold()),
        submitted(output) {
          // The task has ended before it was submitted, or it was submitted before a restore.
          if (time.ended || task.submitted) return;
          task.submitted = true;
          events.submitted(copyJson(output));
        },
      }),
    ];
    const { timeoutSeconds: timeout, heartbeatSeconds: heartbeat } = task;
    if (timeout !== undefined) contenders.push(expire(timeout, from));
    if (heartbeat !== undefined) {
      const since = Math.max(from, pending?.lastHeartbeat ?? from);
      contenders.push(
        watchHeartbeats(heartbeat, pending, (seconds, first, ...aliases) =>
          expire(seconds, first ? since : clock.now(), ...aliases),
        ),
      );
    }
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
    time.end();
    visit.signal.removeEventListener("abort", interrupt);
  }
}

const bothOf = (one: () => void, other: () => void) => (): void => {
  one();
  other();
};
/** Whether the task goes on without this process: somebody has its token, or another service runs its job. */
const goesOnAlone = ({ resource }: TaskState): boolean =>
  resource.waitsForToken || (resource.integration?.action.includes(".sync") ?? false);

async function schedule(visit: Visit<TaskState>, events: ReturnType<typeof eventsOf>): Promise<Scheduled> {
  const { state, runtime } = visit;
  const args = state.arguments ? await visit.evaluate(state.arguments) : visit.input;
  visit.checkSize(args, `The state/task '${state.name}' has arguments`);
  const positive = (n: number): boolean => Number.isInteger(n) && n > 0 && n <= NO_TIMEOUT_SECONDS;
  const timeout =
    state.timeoutSeconds && (await visit.evaluateNumber(state.timeoutSeconds, "TimeoutSeconds", positive));
  const heartbeat =
    state.heartbeatSeconds && (await visit.evaluateNumber(state.heartbeatSeconds, "HeartbeatSeconds", positive));
  visit.throwIfInterrupted();
  events.scheduled(args, timeout, heartbeat);
  return {
    arguments: args,
    ...(timeout !== undefined && { timeoutSeconds: timeout }),
    ...(heartbeat !== undefined && { heartbeatSeconds: heartbeat }),
    at: runtime.clock.now(),
    started: false,
    submitted: false,
  };
}

/** The promises that end the task: the first one to settle decides. */
function work(
  visit: Visit<TaskState>,
  task: Scheduled,
  pending: PendingTask | undefined,
  of: Pick<TaskCall, "signal" | "hold" | "submitted">,
): Promise<Json>[] {
  // The call was made before a restore. Its answer is there, or it will come.
  if (pending && (task.submitted || pending.answered)) return [pending.outcome];
  const iteration = visit.frame.mapItem?.Index;
  const call: TaskCall = {
    resource: visit.state.resource.arn,
    state: visit.state.name,
    arguments: copyJson(task.arguments),
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

/** Fails when no heartbeat arrives for that many seconds. */
async function watchHeartbeats(
  seconds: number,
  pending: PendingTask | undefined,
  expire: (seconds: number, first: boolean, ...aliases: string[]) => Promise<never>,
): Promise<never> {
  for (let first = true; ; first = false) {
    const beat = new Promise<void>((resolve) => {
      if (pending) pending.onHeartbeat = resolve;
    });
    // The service records States.Timeout; the guide lets States.HeartbeatTimeout catch it.
    await Promise.race([expire(seconds, first, "States.HeartbeatTimeout"), beat]);
  }
}

/** Records the events of a task. A function's own ARN has LambdaFunction… events. */
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
    failed({ error, cause, aliases }: StateFailure): void {
      if (aliases.length > 0) visit.mark({ mark: "missedHeartbeat" });
      visit.record(error === "States.Timeout" ? `${prefix}TimedOut` : `${prefix}Failed`, {
        ...about,
        ...(error !== undefined && { error }),
        ...(cause !== undefined && { cause }),
      });
    },
  };
}
