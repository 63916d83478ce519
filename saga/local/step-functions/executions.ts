import { executionOutcomeOf } from "../../asl/outcome";
import type { Clock, Execution, ExecutionResult } from "../../interpreter";
import type { MachineType } from "./definitions";
import type { Revision } from "./machines";

/** The execution that started another one. */
export interface Parent {
  readonly arn: string;
  /** Whether it waits for the other one's end, and stops it when it is stopped itself. */
  readonly waits: boolean;
}

/** How an execution was started. */
export interface StartedExecution {
  readonly name: string;
  readonly machineArn: string;
  readonly machineName: string;
  readonly type: MachineType;
  /** The ARN of the version that started it: of the one named, or of the one that the alias chose. */
  readonly versionArn?: string | undefined;
  readonly aliasArn?: string | undefined;
  /** The revision that it runs. A newer one may have been deployed since. */
  readonly revision: Revision;
  /** The time at which the machine got that revision. */
  readonly updateDate: number;
  readonly parent?: Parent | undefined;
}

/** An execution, with further data of DescribeExecution. Times are milliseconds since the epoch. */
export interface KnownExecution extends StartedExecution {
  readonly execution: Execution;
  readonly startDate: number;
  /** Absent while it runs. */
  ended?: { readonly result: ExecutionResult; readonly stopDate: number };
  redriveCount: number;
  redriveDate?: number;
  /** Resolves once `ended` is set. */
  over: Promise<void>;
}

/** The executions of all machines, by ARN. As on AWS, an EXPRESS execution is removed when it ends. */
export class Executions {
  private readonly known = new Map<string, KnownExecution>();
  private readonly open = new Set<KnownExecution>();

  /** @param onEnd Called each time that an execution ends, so again after a redrive. */
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

  /** The executions that have not ended. */
  running(): ReadonlySet<KnownExecution> {
    return this.open;
  }

  add(execution: Execution, started: StartedExecution): KnownExecution {
    const { name, machineArn, machineName, type, versionArn, aliasArn, revision, updateDate, parent } = started;
    const how = { name, machineArn, machineName, type, versionArn, aliasArn, revision, updateDate, parent };
    // DescribeExecution reports the same start time as the Context object.
    const startDate = Date.parse(execution.startTime);
    const known: KnownExecution = { execution, ...how, startDate, ...pastOf(execution), over: Promise.resolve() };
    this.known.set(execution.arn, known);
    // `EarlierProcess` handles the ends of an earlier process.
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
      // A fault of this machine. It is reported to the callers that await the result.
      () => void this.open.delete(known),
    );
  }
}

/** Whether an execution waits for a redrive: it has failed, and not because it was compensated (S5, S6). */
export const isStuck = ({
  status,
  error,
}: {
  readonly status: ExecutionResult["status"];
  readonly error?: string | undefined;
}): boolean => executionOutcomeOf(status, error) === "stuck";

/** The past of a restored execution: its end and its redrives. A new one has none. */
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
