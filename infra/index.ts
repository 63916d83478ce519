export { SagaStateMachine } from "./saga-state-machine";
export { sagaTable } from "./table";
export { TaskFunction } from "./task-function";
