export { type Config, readConfig } from "./config";
export { sagaKey } from "./encryption";
export { prove } from "./prove";
export { SagaStateMachine, type SagaStateMachineArgs } from "./saga-state-machine";
export { sagaTable, type SagaTableArgs } from "./table";
export type { TaskTable } from "./tables";
export type { TaskFunction } from "./task-function";
export { VerifiedStateMachine, type VerifiedStateMachineArgs } from "./verified-state-machine";
