export type { StateMachine } from "./asl";
export { saga, type SagaBuilder, type SagaTypeError, type Step, type Undo } from "./builder";
export { compile } from "./compile";
export { days, type Duration, hours, minutes, seconds } from "./duration";
export { SagaDefinitionError, type SagaDefinitionErrorCode } from "./errors";
export { type Saga, tasksOf } from "./nodes";
export type { Mapped, Maybe, Ref } from "./ref";
export type { Retry } from "./retry";
export { type AnyTask, type SagaIdentity, task, type Task, type TaskEvent, type TaskHandler } from "./task";
