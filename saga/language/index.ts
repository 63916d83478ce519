export type { StateMachine } from "../asl/types";
export { saga } from "./builder";
export {
  type ArnOf,
  compile,
  compileMachine,
  machinesOf,
  type Recovery,
  type RecoveryNote,
  recoveryNote,
  recoveryOf,
  type SagaMachine,
} from "../compile";
export { and, eq, gt, gte, isPresent, lt, lte, ne, not, or, type Test } from "./condition";
export { days, type Duration, hours, minutes, seconds } from "./duration";
export { SagaDefinitionError, type SagaDefinitionErrorCode } from "./errors";
export { checkExpress } from "../compile/express";
export { declarationOf } from "../compile/declaration";
export { mustSucceed, type Saga, statementsOf, tasksOf } from "./nodes";
export { prove } from "../deploy/prove";
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
export { type Declaration, SearchLimitError, type Verdict, verify, type Violation } from "../verify";
