/** The response of a failed invocation, in the form of Lambda's runtimes. */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

/**
 * A failed invocation, as Step Functions reports it: the Error is the response's type, and the Cause is the response as
 * text.
 */
export class InvocationError extends Error {
  readonly error: string;
  override readonly cause: string;

  constructor(answer: FunctionError) {
    super(`${answer.errorType}: ${answer.errorMessage}`);
    this.name = "InvocationError";
    this.error = answer.errorType;
    this.cause = JSON.stringify(answer);
  }
}

export function timedOut(requestId: string, seconds: number): FunctionError {
  return {
    errorType: "Sandbox.Timedout",
    errorMessage: `RequestId: ${requestId} Error: Task timed out after ${seconds.toFixed(2)} seconds`,
  };
}

export function killed(requestId: string): FunctionError {
  return runtimeExited(requestId, "with error: signal: killed");
}

export function exited(requestId: string, status: number): FunctionError {
  return runtimeExited(requestId, status === 0 ? "without providing a reason" : `with error: exit status ${status}`);
}

// Lambda's response names Runtime.ExitError. Step Functions reports Lambda.Unknown instead.
function runtimeExited(requestId: string, how: string): FunctionError {
  return { errorType: "Lambda.Unknown", errorMessage: `RequestId: ${requestId} Error: Runtime exited ${how}` };
}

export function requestTooLarge(bytes: number, limit: number): FunctionError {
  return {
    errorType: "Lambda.RequestTooLargeException",
    errorMessage: `${bytes} byte payload is too large for the RequestResponse invocation type (limit ${limit} bytes)`,
  };
}

export function responseTooLarge(limit: number): FunctionError {
  return {
    errorType: "Function.ResponseSizeTooLarge",
    errorMessage: `Response payload size exceeded maximum allowed payload size (${limit} bytes).`,
  };
}
