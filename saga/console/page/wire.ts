import type { Declaration } from "../../asl/declaration";
import type { RawStates } from "../../asl/states";
import type { Outcome } from "../../control/outcome";
import type { Violation } from "../../verify/rules";

/** What the console's server says, as JSON. */

export interface Session {
  readonly target: { readonly kind: "local" | "endpoint" | "stack"; readonly name: string; readonly region?: string };
  /** Whether it takes what changes something. */
  readonly writable: boolean;
  /** Whether calls can be made to go wrong. */
  readonly faults: boolean;
  /** Goes with every request that changes something. */
  readonly token: string;
}

export interface SagaVerdict {
  readonly status: "sound" | "unsound" | "not proved";
  readonly summary: string;
  readonly violations: readonly Violation[];
  /** It is being proved. */
  readonly pending?: boolean;
}

export interface SagaEntry {
  readonly name: string;
  readonly machineArn: string;
  /** Whether somebody starts it: what undoes a child is started by its parent. */
  readonly startable: boolean;
  readonly definition: RawStates;
  readonly declaration?: Declaration;
  readonly examples: readonly { readonly name: string; readonly input: unknown }[];
  readonly verdict: SagaVerdict;
}

export interface ExecutionEntry {
  readonly arn: string;
  readonly name: string;
  readonly saga: string;
  readonly outcome: Outcome;
  readonly started: string;
  readonly stopped?: string;
}

export interface ExecutionsPage {
  readonly executions: readonly ExecutionEntry[];
  readonly next?: string;
}

/** Of DescribeExecution what is shown. */
export interface Description {
  readonly executionArn?: string;
  readonly name?: string;
  /** Of Step Functions. */
  readonly status?: string;
  readonly startDate?: string | number;
  readonly stopDate?: string | number;
  readonly input?: string;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
  readonly redriveCount?: number;
  readonly redriveStatus?: string;
}

export interface ExecutionAnswer {
  readonly description: Description;
  readonly definition: RawStates;
  readonly declaration?: Declaration;
  readonly saga: string;
  /** The machine's log leaves out what goes in and comes out, and so does the server. */
  readonly dataHidden?: boolean;
}

export interface HistoryPage {
  /** As GetExecutionHistory has them. */
  readonly events: readonly unknown[];
  readonly next?: number;
}

export interface Row {
  readonly table: string;
  readonly key: Readonly<Record<string, unknown>>;
  readonly item: Readonly<Record<string, unknown>>;
}

export interface LogLine {
  readonly function: string;
  readonly at: string | number;
  readonly line: string;
}

export type FaultKind = "fail-before" | "fail-after" | "late" | "throttle" | "crash";

export interface Fault {
  readonly machineArn: string;
  readonly state: string;
  readonly kind: FaultKind;
  readonly times: "once" | "always";
}
