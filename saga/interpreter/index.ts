export { childResult } from "./child-execution";
export { realClock, virtualClock, type Clock, type VirtualClock } from "./clock";
export type { Machine } from "./definition";
export { DefinitionError, InvalidExecutionInput, TaskFailure, type DefinitionErrorCode } from "./errors";
export {
  restoreExecution,
  startExecution,
  type Execution,
  type ExecutionOptions,
  type RestoreOptions,
} from "./execution";
export type { ExecutionResult } from "./execution-result";
export { MAX_EVENTS, type HistoryEvent, type JournalEntry } from "./history";
export { MAX_PAYLOAD_BYTES, type Json, type JsonObject } from "./json";
export { loadMachine } from "./loader";
export type { Mark } from "./marks";
export { randomUuid, seededRandom, type Random } from "./random";
export type { Context, Invoke, TaskCall } from "./runtime";
export { JournalError, readJournal } from "./restore";
export { TaskTimedOut } from "./task-tokens";
export { testState, type TestStateRequest, type TestStateResult } from "./test-state";
