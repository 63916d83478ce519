/**
 * An expression with values that only the deployment knows, such as outputs of Pulumi. In JSON a placeholder stands for each
 * value, so that a definition can be verified before the deployment.
 */
export class DeferredExpression {
  /** @param texts The texts before, between and after the values: one more than there are values. */
  constructor(
    private readonly texts: readonly string[],
    readonly values: readonly object[],
  ) {
    Object.freeze(this);
  }

  /** The expression, its values spelled in JSONata. */
  with(spelled: readonly string[]): string {
    return this.texts.map((text, index) => (index === 0 ? text : `${spelled[index - 1] as string}${text}`)).join("");
  }

  toJSON(): string {
    return this.with(this.values.map(() => UNKNOWN));
  }
}

/** A value that a definition leaves unknown. */
const UNKNOWN = "$states.context.Execution.Name";
