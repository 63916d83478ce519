/**
 * An expression with values in it that only the deployment knows, such as outputs of Pulumi's. As JSON it is the expression
 * with something unknown in the place of each, so that a definition can be verified before anything is deployed.
 */
export class DeferredExpression {
  /** @param texts One more than there are values: what stands before, between and after them. */
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

/** A value of which a definition tells nothing. */
const UNKNOWN = "$states.context.Execution.Name";
