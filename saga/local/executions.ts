import type { Execution, ExecutionResult } from "../interpreter";

/** An execution, and what DescribeExecution tells of it beside that. Times are milliseconds since the epoch. */
export interface KnownExecution {
  readonly execution: Execution;
  readonly machineArn: string;
  /** Of the version by which it was started, if it was by any, or by an alias. */
  readonly versionArn?: string | undefined;
  /** The definition that it runs, as JSON: another may have been deployed since. */
  readonly definition: string;
  readonly name: string;
  readonly startDate: number;
  /** Absent while it runs. */
  ended?: { readonly result: ExecutionResult; readonly stopDate: number };
  redriveCount: number;
  redriveDate?: number;
}

/** Every execution of a program's machines, by its ARN. */
export class Executions {
  private readonly known = new Map<string, KnownExecution>();

  /** @param onEnd Is told each time that an execution ends: after a redrive once more. */
  constructor(private readonly onEnd: (ended: KnownExecution) => void) {}

  get(arn: string): KnownExecution | undefined {
    return this.known.get(arn);
  }

  values(): Iterable<KnownExecution> {
    return this.known.values();
  }

  add(execution: Execution, of: Pick<KnownExecution, "machineArn" | "versionArn" | "definition" | "name">): void {
    const { machineArn, versionArn, definition, name } = of;
    // What DescribeExecution tells is what a state reads.
    const startDate = Date.parse(execution.startTime);
    const known = { execution, machineArn, versionArn, definition, name, startDate, redriveCount: 0 };
    this.known.set(execution.arn, known);
    this.watch(known, execution.result);
  }

  redrive(known: KnownExecution): void {
    const result = known.execution.redrive();
    delete known.ended;
    known.redriveCount++;
    known.redriveDate = Date.now();
    this.watch(known, result);
  }

  private watch(known: KnownExecution, result: Promise<ExecutionResult>): void {
    result.then(
      (ended) => {
        known.ended = { result: ended, stopDate: Date.now() };
        this.onEnd(known);
      },
      // A fault of this machine, of which whoever waits for the result is told.
      () => {},
    );
  }
}

/** The ARN of the execution of that name: it has its machine's name, and not the version's. */
export const executionArn = (machineArn: string, name: string): string =>
  `${withoutVersion(machineArn).replace(":stateMachine:", ":execution:")}:${name}`;

/** The ARN of a machine, from that of one of its versions: the one that IAM knows. */
export const withoutVersion = (machineArn: string): string => machineArn.replace(/(:stateMachine:[^:]+).*/, "$1");
