import type { Time } from "./clock";
import type { KnownExecution } from "./step-functions/executions";
import type { Stubs } from "./stubs";
import type { AnswerTask } from "./answers";
import type { WireOptions } from "./wire";

/** How a program runs here. */
export interface CloudOptions {
  /** Gets each line that a function logs. */
  readonly onLog?: (line: string) => void;
  /** Gets what whoever runs the program should know: a secret that is not known here. */
  readonly onNote?: (note: string) => void;
  /** Plays the one who answers with a task token; without an answer the step waits. */
  readonly answer?: AnswerTask;
  /** What stands in for what is not on this machine. */
  readonly stubs?: Stubs;
  /**
   * How time passes for executions: real unless said. Virtual, waits, backoffs and timeouts take none: the clock stands
   * still while something is called, else it jumps.
   */
  readonly time?: Time;
  /** The folder in which executions, tables and what is sent outlive this process. Without it they are in memory. */
  readonly data?: string;
  /** How many executions are kept that have ended, and how many that are stuck. All of them unless it is said. */
  readonly keep?: number;
  /** Where clients of AWS find the cloud: a free port of the loopback interface, unless said. */
  readonly wire?: WireOptions;
  /** Is told each time that an execution ends. */
  readonly onEnd?: (ended: KnownExecution) => void;
  /** Where the values of secrets are looked up. */
  readonly env?: NodeJS.ProcessEnv;
}
