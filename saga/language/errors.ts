/** What can be wrong with a saga's definition. */
export type SagaDefinitionErrorCode =
  | "no-steps"
  | "bad-name"
  | "reserved-name"
  | "duplicate-name"
  | "coerced-reference"
  | "foreign-reference"
  | "tested-reference"
  | "unsteady-mapping"
  | "bad-mapping"
  | "bad-duration"
  | "bad-retry"
  | "bad-timeout"
  | "bad-definite-error"
  | "bad-role"
  | "bad-branch"
  | "bad-concurrency"
  | "bad-task"
  | "task-conflict"
  | "not-express"
  | "definition-too-large";

/** A saga that can't be built: what is wrong, where, and what to do. Thrown while the program runs, before any deploy. */
export class SagaDefinitionError extends Error {
  override readonly name = "SagaDefinitionError";
  readonly code: SagaDefinitionErrorCode;
  /** The step or undo in which the mistake is, where there is one. */
  readonly step: string | undefined;
  /** What to do about it. */
  readonly hint: string;
  /**
   * Pulumi prints what has this mark as a user's mistake: its message, and no stack. It is that of Pulumi's own RunError,
   * which holds between any two copies of Pulumi, and so without one too.
   */
  readonly __pulumiRunError = true;

  constructor(code: SagaDefinitionErrorCode, where: { saga?: string; step?: string }, what: string, hint: string) {
    const place = [where.saga && `saga '${where.saga}'`, where.step && `step '${where.step}'`]
      .filter(Boolean)
      .join(", ");
    super(`${place ? `${place}: ` : ""}${what}. ${hint}.`);
    this.code = code;
    this.step = where.step;
    this.hint = hint;
  }
}
