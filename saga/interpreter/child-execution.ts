import { TaskFailure } from "./errors";
import type { Execution } from "./execution";
import type { Json } from "./json";

/** What an execution was started with, as StartExecution takes it. */
export interface Started {
  readonly StateMachineArn: string;
  readonly Name: string;
  readonly Input: Json;
}

/**
 * Waits as `startExecution.sync:2` does: gives the description of the execution that has ended, and stops it when its
 * caller goes away.
 * @throws TaskFailure where the execution does not succeed
 */
export async function childResult(execution: Execution, started: Started, signal: AbortSignal): Promise<Json> {
  const { StateMachineArn, Name, Input } = started;
  const stop = (): void => {
    execution.stop();
  };
  signal.addEventListener("abort", stop);
  const { status, output, error, cause } = await execution.result.finally(() => {
    signal.removeEventListener("abort", stop);
  });
  const described = { ExecutionArn: execution.arn, Input, Name, StateMachineArn, Status: status };
  if (status === "SUCCEEDED") return { ...described, Output: output ?? null };
  throw new TaskFailure("States.TaskFailed", JSON.stringify({ ...described, Error: error, Cause: cause }));
}
