/** The builder of sagas, and what it builds. */
export { saga } from "./builder";
export { and, eq, gt, gte, isPresent, lt, lte, ne, not, or, type Test } from "./condition";
export { days, type Duration, hours, minutes, seconds } from "./duration";
export { SagaDefinitionError, type SagaDefinitionErrorCode } from "./errors";
export { add, choose, concat, count, hash, multiply, number, orElse, subtract, sum, text } from "./functions";
export { mustSucceed, type Saga, statementsOf, tasksOf } from "./nodes";
export type { Mapped, Maybe, Ref } from "./ref";
export type { Retry } from "./retry";
export {
  callbackTask,
  type LambdaTask,
  type SagaIdentity,
  serviceTask,
  type ServiceTask,
  type Statement,
  task,
  type Task,
  type TaskEvent,
  type TaskHandler,
} from "./task";
export type { Defaults, Given, SagaBuilder, SagaTypeError } from "./types";
