export { type Config, readConfig } from "./config";
export { sagaKey } from "./encryption";
export { SagaStateMachine } from "./saga-state-machine";
export { sagaTable } from "./table";
