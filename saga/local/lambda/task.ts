import { type Json, TaskFailure } from "../../interpreter";
import { InvocationError } from "./errors";
import type { DeployedFunction, InvokeOptions } from "./function";

/**
 * Invokes a function as the `lambda:invoke` integration does.
 * @throws TaskFailure if the function fails
 */
export async function invokeTask(run: DeployedFunction, payload: Json, options: InvokeOptions = {}): Promise<Json> {
  try {
    const { payload: answer } = await run.invoke(payload, options);
    return { ExecutedVersion: "$LATEST", Payload: answer as Json, StatusCode: 200 };
  } catch (error) {
    if (error instanceof InvocationError) throw new TaskFailure(error.error, error.cause);
    throw error;
  }
}
