/**
 * The Pulumi resource types of state machines, each with the fields that may contain the definition, as text or as an
 * object.
 */
export const MACHINE_RESOURCES: Readonly<Record<string, readonly string[]>> = Object.freeze({
  "aws:sfn/stateMachine:StateMachine": ["definition"],
  "aws-native:stepfunctions:StateMachine": ["definitionString", "definition"],
});

/** The components of this package that prove a machine before they register it. */
export const PROVING_COMPONENTS: readonly string[] = Object.freeze([
  "saga-aws-pulumi:index:SagaStateMachine",
  "saga-aws-pulumi:index:VerifiedStateMachine",
]);
