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
  /** Of the execution that started it and waits for its end, if one does. */
  readonly parentArn?: string | undefined;
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
    const { name, machineArn, versionArn, aliasArn, revision, parentArn } = started;
    // What DescribeExecution tells is what a state reads.
    const startDate = Date.parse(execution.startTime);
    const of = { name, machineArn, versionArn, aliasArn, revision, parentArn };
    const known: KnownExecution = { execution, ...of, startDate, ...pastOf(execution) };
    this.known.set(execution.arn, known);
    // Who was to be told of an earlier end is told by others.
    if (!known.ended) this.watch(known, execution.result);
    return known;
  }

  /** Forgets an execution that has ended. */
  remove(arn: string): void {
    this.known.delete(arn);
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

/** What has become of an execution of an earlier process; of a new one, nothing. */
function pastOf({ history, outcome }: Execution): Pick<KnownExecution, "ended" | "redriveCount" | "redriveDate"> {
  const redriven = history.filter(({ type }) => type === "ExecutionRedriven");
  const redriveDate = redriven.at(-1)?.timestamp;
  const stopDate = history.at(-1)?.timestamp ?? 0;
  return {
    ...(outcome && { ended: { result: outcome, stopDate } }),
    redriveCount: redriven.length,
    ...(redriveDate !== undefined && { redriveDate }),
  };
}
