import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Declaration } from "../../asl/declaration";
import type { Target } from "../../control/target";

/** The target that the console shows. */
export type ConsoleTarget = Omit<Target, "options">;

/** What a console shows and may change. */
export interface ConsoleOptions {
  readonly target: ConsoleTarget;
  /** Whether it may start, stop and redrive executions, and answer approvals. */
  readonly writable: boolean;
  /** The client of the laptop cloud's tables, whose rows are shown. */
  readonly dynamoDB?: () => Promise<DynamoDBClient>;
  /** The current program's knowledge of a machine. */
  readonly known?: (machineArn: string) => KnownMachine | undefined;
  /** Sets faults of calls in the laptop cloud. */
  readonly faults?: FaultSwitch;
  /** Removes secrets from the JSON of answers. */
  readonly mask?: (json: string) => string;
}

/** The mask of a console that knows no secrets. */
export const unmasked = (json: string): string => json;

/** The program's knowledge of a machine. */
export interface KnownMachine {
  /** The name of the saga's component. */
  readonly name: string;
  /** The alias with which the machine is started, if it has one. */
  readonly startArn?: string;
  /** Whether users start it, rather than another machine. */
  readonly startable: boolean;
  readonly declaration?: Declaration;
  readonly examples: readonly { readonly name: string; readonly input: unknown }[];
}

export const FAULT_KINDS = ["fail-before", "fail-after", "late", "throttle", "crash"] as const;

/** A fault of the calls of one state: of the next call alone, or of every call. */
export interface ConsoleFault {
  readonly machineArn: string;
  readonly state: string;
  readonly kind: (typeof FAULT_KINDS)[number];
  readonly times: "once" | "always";
}

export interface FaultSwitch {
  readonly list: () => readonly ConsoleFault[];
  /** Replaces an earlier fault of the same state. */
  readonly add: (fault: ConsoleFault) => void;
  /** Removes all faults, or the fault of one state. */
  readonly clear: (of?: Pick<ConsoleFault, "machineArn" | "state">) => void;
}
