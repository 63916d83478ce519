/**
 * A policy for Pulumi's policy packs: the state machines of a stack, in whatever language it is written, keep the rules of
 * a saga, or are not deployed.
 */
export { type SagaPolicyOptions, soundStateMachines } from "./sound-state-machines";
