import type { JournalEntry } from "../../interpreter";
import type { StartedExecution } from "./executions";

/** The data that an execution starts with, except its input. */
export interface StartedAs extends StartedExecution {
  readonly arn: string;
  /** In ISO 8601, as in its Context object. */
  readonly startTime: string;
}

/** An execution of an earlier process. */
export interface KeptExecution extends StartedAs {
  readonly entries: readonly JournalEntry[];
  /** Whether it has ended without its end being published. */
  readonly untold: boolean;
}

/** Stores executions for the next process. */
export interface ExecutionJournal {
  /** Begins the journal of an execution. The returned function appends an entry. */
  begin(started: StartedAs): (entry: JournalEntry) => void;
  /** Continues the journal of an execution of an earlier process. The returned function appends an entry. */
  goOn(arn: string): (entry: JournalEntry) => void;
  /** Resolves once everything so far is written. Rejects if a write fails. */
  durable(): Promise<void>;
  /** Records that the end of an execution was published. */
  told(arn: string): void;
  /** Deletes the journal of an execution. */
  drop(arn: string): void;
}
