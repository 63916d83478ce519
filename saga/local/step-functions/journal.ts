import type { JournalEntry } from "../../interpreter";
import type { StartedExecution } from "./executions";

/** All that an execution is started with, but for its input. */
export interface StartedAs extends StartedExecution {
  readonly arn: string;
  /** ISO 8601, as its Context object has it. */
  readonly startTime: string;
}

/** An execution of an earlier process. */
export interface KeptExecution extends StartedAs {
  readonly entries: readonly JournalEntry[];
  /** It has ended, and nobody has been told. */
  readonly untold: boolean;
}

/** What keeps executions beyond their process. */
export interface ExecutionJournal {
  /** Begins the journal of an execution. What it gives takes its entries. */
  begin(started: StartedAs): (entry: JournalEntry) => void;
  /** Goes on with the journal of an execution of an earlier process. */
  goOn(arn: string): (entry: JournalEntry) => void;
  /** Once all that was given to it will be there after this process. Rejects where that can't be. */
  durable(): Promise<void>;
  /** The end of an execution has been told. */
  told(arn: string): void;
  /** Forgets an execution. */
  drop(arn: string): void;
}
