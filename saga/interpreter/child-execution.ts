import { TaskFailure } from "./errors";
import type { Execution } from "./execution";
import type { Json } from "./json";

/** The parameters with which an execution was started, as in StartExecution. */
export interface Started {
  readonly StateMachineArn: string;
  readonly Name: string;
  readonly Input: Json;
}

/**
 * Waits for an execution as `startExecution.sync:2` does, and returns its description. Stops it if the caller is
 * aborted.
 * @throws TaskFailure if the execution does not succeed
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
