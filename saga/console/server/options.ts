import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Declaration } from "../../asl/declaration";
import type { Target } from "../../control/target";

/** Where the console looks. */
export type ConsoleTarget = Omit<Target, "options">;

/** What a console shows, and what it may do. */
export interface ConsoleOptions {
  readonly target: ConsoleTarget;
  /** Whether it starts, stops, redrives and answers. */
  readonly writable: boolean;
  /** The tables of this machine, whose rows are shown. */
  readonly dynamoDB?: () => Promise<DynamoDBClient>;
  /** What the program says, as it is now, of a machine with an ARN. */
  readonly known?: (machineArn: string) => KnownMachine | undefined;
  /** Lets calls go wrong on this machine. */
  readonly faults?: FaultSwitch;
  /** Takes what must not be shown out of JSON that is about to be. */
  readonly mask?: (json: string) => string;
}

/** Where nothing must be taken out. */
export const unmasked = (json: string): string => json;

/** What the program says of a machine. */
export interface KnownMachine {
  /** What a person calls it: the name of its saga's component. */
  readonly name: string;
  /** What is started, where it is not the machine itself: an alias. */
  readonly startArn?: string;
  /** Whether somebody starts it, rather than another machine. */
  readonly startable: boolean;
  readonly declaration?: Declaration;
  readonly examples: readonly { readonly name: string; readonly input: unknown }[];
}

export const FAULT_KINDS = ["fail-before", "fail-after", "late", "throttle", "crash"] as const;

/** A way in which the calls of one state go wrong: the next one, or each. */
export interface ConsoleFault {
  readonly machineArn: string;
  readonly state: string;
  readonly kind: (typeof FAULT_KINDS)[number];
  readonly times: "once" | "always";
}

export interface FaultSwitch {
  readonly list: () => readonly ConsoleFault[];
  /** Takes the place of what was set for the state before. */
  readonly add: (fault: ConsoleFault) => void;
  /** All of them, or that of one state. */
  readonly clear: (of?: Pick<ConsoleFault, "machineArn" | "state">) => void;
}
