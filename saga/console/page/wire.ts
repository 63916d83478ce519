import type { Declaration } from "../../asl/declaration";
import type { RawStates } from "../../asl/states";
import type { ExecutionOutcome } from "../../asl/outcome";
import type { Violation } from "../../verify/rules";

/** The JSON of the console's API. */

export interface Session {
  readonly target: { readonly kind: "local" | "endpoint" | "stack"; readonly name: string; readonly region?: string };
  /** Whether the console may change something. */
  readonly writable: boolean;
  /** Whether faults can be set. */
  readonly faults: boolean;
  /** Every request that changes something must carry it. */
  readonly token: string;
}

export interface SagaVerdict {
  readonly status: "sound" | "unsound" | "not proved" | "only undos";
  readonly summary: string;
  readonly violations: readonly Violation[];
  /** The proof is still running. */
  readonly pending?: boolean;
}

export interface SagaEntry {
  readonly name: string;
  readonly machineArn: string;
  /** Whether users start it, rather than another machine. */
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
  readonly outcome: ExecutionOutcome;
  readonly started: string;
  readonly stopped?: string;
}

export interface ExecutionsPage {
  readonly executions: readonly ExecutionEntry[];
  readonly next?: string;
}

/** The fields of DescribeExecution that are shown. */
export interface Description {
  readonly executionArn?: string;
  readonly name?: string;
  /** The status in Step Functions. */
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
  /** The execution that recovers it, if it was stopped; null if none has begun yet, undefined if none will. */
  readonly recovery?: { readonly arn: string; readonly outcome: ExecutionOutcome } | null;
  /** Whether data is hidden, since the machine's log leaves out execution data. */
  readonly dataHidden?: boolean;
}

export interface HistoryPage {
  /** The events of GetExecutionHistory. */
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
