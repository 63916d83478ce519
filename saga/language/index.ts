/** The builder of sagas, and what it builds. */
export type { AsJson } from "./as-json";
export { saga } from "./builder";
export { and, eq, gt, gte, isPresent, lt, lte, ne, not, or, type Test } from "./condition";
export { days, type Duration, hours, minutes, seconds } from "./duration";
export { SagaDefinitionError, type SagaDefinitionErrorCode } from "./errors";
export { functionSeconds } from "./function-timeout";
export { add, choose, concat, count, hash, multiply, number, orElse, subtract, sum, text } from "./functions";
export { existingOf, mustSucceed, type Saga, statementsOf, tasksOf, waitsFor } from "./nodes";
export type { Mapped, Maybe, Ref } from "./ref";
export type { Retry } from "./retry";
export {
  callbackTask,
  existingTask,
  type ExistingTask,
  type LambdaTask,
  type SagaIdentity,
  serviceTask,
  type ServiceTask,
  type Statement,
  type TableAction,
  task,
  type Task,
  type TaskDefinition,
  type TaskEvent,
  type TaskHandler,
  type TaskOptions,
  type Vpc,
} from "./task";
export { SECRETS, tableVariable } from "./task-check";
export type { SagaTypeError } from "./type-error";
export type { Defaults, Given, SagaBuilder } from "./types";
