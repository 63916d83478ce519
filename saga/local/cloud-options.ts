import type { Time } from "./clock";
import type { WorkerPool } from "./lambda/pool";
import type { KnownExecution } from "./step-functions/executions";
import type { Stubs } from "./stubs";
import type { AnswerTask } from "./answers";
import type { WireOptions } from "./wire";

/** The options of a local cloud. */
export interface CloudOptions {
  /** Receives each line that a function logs. */
  readonly onLog?: (line: string) => void;
  /** Receives notes for the user, such as a secret that has no value here. */
  readonly onNote?: (note: string) => void;
  /** Answers task tokens in place of a person or another system. Without an answer the task waits. */
  readonly answer?: AnswerTask;
  /** Answers for resources that are not on this machine. */
  readonly stubs?: Stubs;
  /**
   * How time passes for executions; `"real"` by default. In virtual time, waits, backoffs and timeouts take no real
   * time: the clock stops during calls and jumps otherwise.
   */
  readonly time?: Time;
  /**
   * The folder that keeps executions, tables and sent messages after this process. Without it they are only in memory.
   */
  readonly data?: string;
  /** How many finished executions to keep, and also how many stuck ones. By default all are kept. */
  readonly keep?: number;
  /** The port for AWS clients. By default it is a free port of the loopback interface. */
  readonly wire?: WireOptions;
  /** Called each time that an execution ends. */
  readonly onEnd?: (ended: KnownExecution) => void;
  /** The environment variables with the values of secrets. */
  readonly env?: NodeJS.ProcessEnv;
  /** The threads that run the functions. By default all clouds of this process share a few for each core. */
  readonly pool?: WorkerPool;
}
