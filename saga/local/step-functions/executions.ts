import type { Clock, Execution, ExecutionResult } from "../../interpreter";
import type { Revision } from "./machines";

/** How an execution was started. */
export interface StartedExecution {
  readonly name: string;
  readonly machineArn: string;
  /** Of the version by which it was started, if it was by any, or by an alias. */
  readonly versionArn?: string | undefined;
  readonly aliasArn?: string | undefined;
  /** What it runs: another may have been deployed since. */
  readonly revision: Revision;
}

/** An execution, and what DescribeExecution tells of it beside that. Times are milliseconds since the epoch. */
export interface KnownExecution extends StartedExecution {
  readonly execution: Execution;
  readonly startDate: number;
  /** Absent while it runs. */
  ended?: { readonly result: ExecutionResult; readonly stopDate: number };
  redriveCount: number;
  redriveDate?: number;
}

/** Every execution of all machines, by its ARN. */
export class Executions {
  private readonly known = new Map<string, KnownExecution>();

  /** @param onEnd Is told each time that an execution ends: after a redrive once more. */
  constructor(
    private readonly clock: Pick<Clock, "now">,
    private readonly onEnd: (ended: KnownExecution) => void,
  ) {}

  get(arn: string): KnownExecution | undefined {
    return this.known.get(arn);
  }

  values(): Iterable<KnownExecution> {
    return this.known.values();
  }

  add(execution: Execution, started: StartedExecution): KnownExecution {
    const { name, machineArn, versionArn, aliasArn, revision } = started;
    // What DescribeExecution tells is what a state reads.
    const startDate = Date.parse(execution.startTime);
    const known = { execution, name, machineArn, versionArn, aliasArn, revision, startDate, redriveCount: 0 };
    this.known.set(execution.arn, known);
    this.watch(known, execution.result);
    return known;
  }

  redrive(known: KnownExecution): void {
    const result = known.execution.redrive();
    delete known.ended;
    known.redriveCount++;
    known.redriveDate = this.clock.now();
    this.watch(known, result);
  }

  private watch(known: KnownExecution, result: Promise<ExecutionResult>): void {
    result.then(
      (ended) => {
        known.ended = { result: ended, stopDate: this.clock.now() };
        this.onEnd(known);
      },
      // A fault of this machine, of which whoever waits for the result is told.
      () => {},
    );
  }
}
