/**
 * `saga-aws-pulumi/policy`: a policy for Pulumi's policy packs. A stack, in whatever language it is written, deploys no state
 * machine that breaks the rules of a saga.
 * @module
 */
export { type SagaPolicyOptions, soundStateMachines } from "./sound-state-machines";
