import type { Clock, Execution, ExecutionResult } from "../../interpreter";
import type { MachineType } from "./definitions";
import type { Revision } from "./machines";

/** The execution whose state started another one. */
export interface Parent {
  readonly arn: string;
  /** Whether it waits for the end of the other one, and stops it when it goes itself. */
  readonly waits: boolean;
}

/** How an execution was started. */
export interface StartedExecution {
  readonly name: string;
  readonly machineArn: string;
  readonly machineName: string;
  readonly type: MachineType;
  /** Of the version by which it was started, if it was by any, or by an alias. */
  readonly versionArn?: string | undefined;
  readonly aliasArn?: string | undefined;
  /** What it runs: another may have been deployed since. */
  readonly revision: Revision;
  /** When that became what its machine runs. */
  readonly updateDate: number;
  readonly parent?: Parent | undefined;
}

/** An execution, and what DescribeExecution tells of it beside that. Times are milliseconds since the epoch. */
export interface KnownExecution extends StartedExecution {
  readonly execution: Execution;
  readonly startDate: number;
  /** Absent while it runs. */
  ended?: { readonly result: ExecutionResult; readonly stopDate: number };
  redriveCount: number;
  redriveDate?: number;
  /** Comes once what is told of its end is noted here. */
  over: Promise<void>;
}

/** Every execution of all machines, by its ARN. One of an EXPRESS machine is forgotten when it ends, as on AWS. */
export class Executions {
  private readonly known = new Map<string, KnownExecution>();
  private readonly open = new Set<KnownExecution>();

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

  /** Those that have not ended. */
  running(): ReadonlySet<KnownExecution> {
    return this.open;
  }

  add(execution: Execution, started: StartedExecution): KnownExecution {
    const { name, machineArn, machineName, type, versionArn, aliasArn, revision, updateDate, parent } = started;
    const how = { name, machineArn, machineName, type, versionArn, aliasArn, revision, updateDate, parent };
    // What DescribeExecution tells is what a state reads.
    const startDate = Date.parse(execution.startTime);
    const known: KnownExecution = { execution, ...how, startDate, ...pastOf(execution), over: Promise.resolve() };
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
    this.open.add(known);
    known.over = result.then(
      (ended) => {
        this.open.delete(known);
        known.ended = { result: ended, stopDate: this.clock.now() };
        if (known.type === "EXPRESS") this.known.delete(known.execution.arn);
        this.onEnd(known);
      },
      // A fault of this machine, of which whoever waits for the result is told.
      () => void this.open.delete(known),
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
