/** The mistakes in a saga's definition. */
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

/** A mistake in a saga's definition: what is wrong, where, and what to do. It is thrown while the program runs, before any deploy. */
export class SagaDefinitionError extends Error {
  override readonly name = "SagaDefinitionError";
  /** The kind of mistake, for programs. docs/mistakes.md explains each. */
  readonly code: SagaDefinitionErrorCode;
  /** The step or undo with the mistake, if there is one. */
  readonly step: string | undefined;
  /** What to do. */
  readonly hint: string;
  /**
   * The mark of Pulumi's own RunError. Pulumi prints an error with this mark as a user's mistake: its message without a stack.
   * It works between any two copies of Pulumi.
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
