export type DefinitionErrorCode =
  | "SCHEMA_VALIDATION_FAILED"
  | "MISSING_TRANSITION_TARGET"
  | "UNREACHABLE_STATE"
  | "DUPLICATE_STATE_NAME"
  | "VARIABLE_SCOPE"
  | "DEFINITION_TOO_LARGE"
  | "NOT_IMPLEMENTED";

/**
 * A definition that the service would refuse, or (`NOT_IMPLEMENTED`) one that it runs and this interpreter does not.
 * `location` is a path as in ValidateStateMachineDefinition: `/States/Charge/Retry[0]`.
 */
export class DefinitionError extends Error {
  override readonly name = "DefinitionError";

  constructor(
    readonly code: DefinitionErrorCode,
    readonly location: string,
    detail: string,
  ) {
    super(`${code}: ${detail} at ${location || "/"}`);
  }
}

/** How a task fails: reject the promise of `invoke` with this. */
export class TaskFailure extends Error {
  override readonly name = "TaskFailure";

  constructor(
    readonly error: string,
    override readonly cause: string = "",
  ) {
    super(cause ? `${error}: ${cause}` : error);
  }
}

/** StartExecution refuses this request; no execution was started. */
export class InvalidExecutionInput extends Error {
  override readonly name = "InvalidExecutionInput";
}

/** An error that a state reports, which Retry and Catch may handle. A Fail state may report neither name nor cause. */
export class StateFailure extends Error {
  override readonly name = "StateFailure";
  /** The states that it passed through uncaught, outermost first. */
  readonly path: string[] = [];

  constructor(
    readonly error: string | undefined,
    override readonly cause: string | undefined,
    /** Further names that ErrorEquals may use for it. */
    readonly aliases: readonly string[] = [],
  ) {
    super(`${error ?? "(no error name)"}: ${cause ?? "(no cause)"}`);
  }
}

/** The execution was stopped, or a sibling branch failed. This part of the execution ends. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";

  constructor() {
    // Each cancelled timer makes one, and nobody reads its stack. Capturing the stack would cost more than all the
    // rest.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super();
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Ends the execution at once. Neither Retry nor Catch handles it. */
export class ExecutionEnded extends Error {
  override readonly name = "ExecutionEnded";

  constructor(
    readonly error: string,
    override readonly cause: string,
  ) {
    super(`${error}: ${cause}`);
  }
}
