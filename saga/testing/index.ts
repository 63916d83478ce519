/**
 * `saga-aws-pulumi/testing`: runs sagas in virtual time, and checks the contract of a task, in any test runner.
 * @module
 */
export { type MemoryTable, memoryTable } from "./memory-table";
export {
  answeringLate,
  arrivingLate,
  crashing,
  failing,
  type Mishap,
  stopping,
  type Strikes,
  timingOut,
} from "./mishaps";
export {
  type Mishaps,
  type Outcome,
  type RecoveryRun,
  runSaga,
  type RunOptions,
  type SagaCall,
  SagaRun,
  startSaga,
} from "./run";
export { standIn, type StandIn } from "./stand-in";
export {
  type Callable,
  type CheckedCall,
  checkTaskContract,
  type ContractOptions,
  type ContractReport,
  type ContractViolation,
  type Interruption,
  TaskContractError,
} from "./contract";
export { type Law, LAWS } from "./contract-model";
