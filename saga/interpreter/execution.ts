import type { Clock } from "./clock";
import type { Machine } from "./definition";
import type { ExecutionResult } from "./execution-result";
import { ExecutionEnded, Interrupted, InvalidExecutionInput, StateFailure } from "./errors";
import { Frame } from "./frame";
import { awsFunctions } from "./functions";
import { HeldTime } from "./held-time";
import { History, type HistoryEvent, type JournalEntry } from "./history";
import { copyJson, exceedsPayloadLimit, type Json, type JsonObject } from "./json";
import { randomUuid, type Random } from "./random";
import { readJournal, type Restored } from "./restore";
import { runFrame } from "./run";
import type { Invoke, Runtime } from "./runtime";
import { TaskTokens } from "./task-tokens";

export interface ExecutionOptions {
  readonly input: Json;
  readonly invoke: Invoke;
  readonly clock: Clock;
  readonly random: Random;
  /** For the Context object; each has a default that looks like the service's. */
  readonly execution?: {
    readonly id?: string;
    readonly name?: string;
    readonly roleArn?: string;
    /** ISO 8601 */
    readonly startTime?: string;
  };
  readonly stateMachine?: { readonly id?: string; readonly name?: string };
  readonly onEvent?: (event: HistoryEvent) => void;
  /** Receives the journal that `restoreExecution` reads: the events, and the marks between them. */
  readonly onEntry?: (entry: JournalEntry) => void;
  /**
   * Called when a call suspends its timeouts (`TaskCall.hold`), so that an execution that waits for this one suspends
   * its own. The returned function resumes them.
   */
  readonly onHold?: () => () => void;
}

/** One run of a machine. */
export class Execution {
  readonly arn: string;
  readonly input: Json;
  /** As in the Context object. A redrive does not change it. */
  readonly startTime: string;
  /** Rejects only if `invoke` rejects with anything but a `TaskFailure`: a fault of the caller, not of the machine. */
  result: Promise<ExecutionResult>;
  private readonly runtime: Runtime;
  private readonly frame: Frame;
  private redriveCount: number;
  /** When it was started or last redriven. */
  private since: number;
  private time: HeldTime;
  private finished: ExecutionResult | undefined;
  private ending = new AbortController();
  private endedBy: ExecutionResult | undefined;

  constructor(
    private readonly machine: Machine,
    options: ExecutionOptions,
    restored?: Restored,
  ) {
    if (!restored && exceedsPayloadLimit(options.input)) {
      throw new InvalidExecutionInput("The input of the execution is larger than 262144 bytes");
    }
    const { clock, random, invoke, onHold } = options;
    const machineName = options.stateMachine?.name ?? "local";
    const machineArn = options.stateMachine?.id ?? `arn:aws:states:us-east-1:123456789012:stateMachine:${machineName}`;
    const name = options.execution?.name ?? randomUuid(random);
    this.arn = options.execution?.id ?? `arn:aws:states:us-east-1:123456789012:execution:${machineName}:${name}`;
    this.input = copyJson(options.input);
    const startedAt = restored?.events[0]?.timestamp ?? clock.now();
    this.startTime = options.execution?.startTime ?? new Date(startedAt).toISOString();
    this.frame = restored?.frame ?? new Frame(machine, this.input);
    this.redriveCount = restored?.redriveCount ?? 0;
    this.since = restored?.since ?? startedAt;
    const history = new History(
      clock,
      (entry) => {
        options.onEntry?.(entry);
        if (!("mark" in entry)) options.onEvent?.(entry);
      },
      restored?.events,
    );
    this.time = new HeldTime(clock);
    this.runtime = {
      invoke,
      clock,
      random,
      functions: awsFunctions(random, clock),
      history,
      tokens: new TaskTokens(
        random,
        () => clock.now(),
        (mark) => {
          history.mark(mark);
        },
        restored,
      ),
      hold: () => {
        const releases = [this.time.hold(), onHold?.()];
        return () => {
          for (const release of releases) release?.();
        };
      },
      context: {
        Execution: {
          Id: this.arn,
          Input: this.input,
          Name: name,
          RoleArn: options.execution?.roleArn ?? "arn:aws:iam::123456789012:role/local",
          StartTime: this.startTime,
          ...redriven(this.redriveCount, restored?.redriveTime),
        },
        StateMachine: { Id: machineArn, Name: machineName },
      },
    };
    if (restored?.ended) {
      this.finished = restored.ended;
      history.close();
      this.result = Promise.resolve(restored.ended);
      return;
    }
    // The service gives the first state no previous event.
    if (!restored) history.add({ previous: 0 }, "ExecutionStarted", { input: this.input });
    if (restored?.stopping) this.interrupt(restored.stopping);
    // A restored execution begins after the constructor has returned: a call that it makes again may need the
    // Execution.
    this.result = this.start(restored && Promise.resolve());
  }

  /** How it ended; undefined while it runs. */
  get outcome(): ExecutionResult | undefined {
    return this.finished;
  }

  get history(): readonly HistoryEvent[] {
    return this.runtime.history.events;
  }

  /** StopExecution: the execution becomes ABORTED; no Catch runs. Does nothing once it has ended. */
  stop(error?: string, cause?: string): void {
    this.endWith({ status: "ABORTED", ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) });
  }

  /** SendTaskSuccess. Throws `TaskTimedOut` if no task waits for the token, as the service does. */
  sendTaskSuccess(token: string, output: Json): void {
    this.runtime.tokens.success(token, output);
  }

  /** SendTaskFailure. */
  sendTaskFailure(token: string, error = "", cause = ""): void {
    this.runtime.tokens.failure(token, error, cause);
  }

  /** Whether a task waits for that token. */
  awaits(token: string): boolean {
    return this.runtime.tokens.has(token);
  }

  /** SendTaskHeartbeat. */
  sendTaskHeartbeat(token: string): void {
    this.runtime.tokens.heartbeat(token);
  }

  /**
   * RedriveExecution: continues in the state in which it ended, with its variables, its input and fresh retries.
   * Branches and iterations that succeeded do not run again. Returns the new `result`.
   */
  redrive(): Promise<ExecutionResult> {
    if (!this.finished || this.finished.status === "SUCCEEDED") {
      throw new Error(`ExecutionNotRedrivable: the execution ${this.finished ? "has succeeded" : "is running"}`);
    }
    this.redriveCount++;
    this.since = this.runtime.clock.now();
    const { Execution: execution, StateMachine } = this.runtime.context;
    this.runtime.context = { Execution: { ...execution, ...redriven(this.redriveCount, this.since) }, StateMachine };
    this.finished = undefined;
    this.endedBy = undefined;
    this.ending = new AbortController();
    this.runtime.history.reopen();
    this.runtime.history.add(this.frame.thread, "ExecutionRedriven", { redriveCount: this.redriveCount });
    this.frame.forgetProgress();
    this.frame.resuming = true;
    this.result = this.start();
    return this.result;
  }

  private endWith(result: ExecutionResult): void {
    if (this.finished || this.endedBy) return;
    const { status, error, cause } = result;
    const why = { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
    if (status === "ABORTED" || status === "TIMED_OUT") this.runtime.history.mark({ mark: "stopping", status, ...why });
    this.interrupt(result);
  }

  private interrupt(result: ExecutionResult): void {
    this.endedBy = result;
    this.runtime.history.close();
    this.ending.abort();
  }

  private start(ready?: Promise<void>): Promise<ExecutionResult> {
    const result = ready ? ready.then(() => this.run()) : this.run();
    // Nobody may await the result yet: a fault of the caller must not become an unhandled rejection.
    result.catch(() => {});
    return result;
  }

  private async run(): Promise<ExecutionResult> {
    const time = (this.time = new HeldTime(this.runtime.clock));
    const { timeoutSeconds } = this.machine;
    if (timeoutSeconds !== undefined) {
      void time.sleep(this.since + timeoutSeconds * 1000 - this.runtime.clock.now()).then(() => {
        this.endWith({ status: "TIMED_OUT" });
      });
    }
    let result: ExecutionResult;
    try {
      const output = await runFrame(this.runtime, this.frame, this.ending.signal);
      result = this.endedBy ?? { status: "SUCCEEDED", output };
    } catch (error) {
      result = this.endedBy ?? failed(error);
    } finally {
      time.end();
    }
    this.finished = result;
    const { status, output, error, cause, failedPath } = result;
    if (failedPath) this.runtime.history.mark({ mark: "failed", path: failedPath });
    const type = { SUCCEEDED: "Succeeded", FAILED: "Failed", ABORTED: "Aborted", TIMED_OUT: "TimedOut" }[status];
    const thread = status === "ABORTED" ? { previous: 0 } : this.frame.thread;
    this.runtime.history.end(thread, `Execution${type}`, {
      ...(output !== undefined && { output }),
      ...(error !== undefined && { error }),
      ...(cause !== undefined && { cause }),
    });
    return result;
  }
}

/** The redrive fields of the Context object. */
const redriven = (count: number, time: number | undefined): JsonObject => ({
  RedriveCount: count,
  ...(time !== undefined && { RedriveTime: new Date(time).toISOString() }),
});

function failed(thrown: unknown): ExecutionResult {
  if (thrown instanceof ExecutionEnded) return { status: "FAILED", error: thrown.error, cause: thrown.cause };
  if (!(thrown instanceof StateFailure) || thrown instanceof Interrupted) throw thrown;
  const { error, cause, path } = thrown;
  const failedState = path.at(-1);
  return {
    status: "FAILED",
    ...(error !== undefined && { error }),
    ...(cause !== undefined && { cause }),
    ...(failedState !== undefined && { failedState, failedPath: path }),
  };
}

/**
 * Starts an execution of a loaded machine.
 *
 * @example
 * const execution = startExecution(loadMachine(definition), { input: {}, invoke, clock: realClock, random: Math.random });
 * const { status, output } = await execution.result;
 */
export function startExecution(machine: Machine, options: ExecutionOptions): Execution {
  return new Execution(machine, options);
}

/** The options of an execution that is restored. Its input is in its journal. */
export type RestoreOptions = Omit<ExecutionOptions, "input">;

/**
 * Continues an execution where its journal ends. A call that was running is made again. Backoffs, Waits and task tokens
 * continue as they were. An execution that has ended can be redriven. `onEntry` receives only new entries.
 * @param machine The machine with which it was started.
 * @param journal All entries that `onEntry` received, in that order.
 * @throws JournalError if no execution of this machine can have written the journal
 */
export function restoreExecution(
  machine: Machine,
  journal: readonly JournalEntry[],
  options: RestoreOptions,
): Execution {
  const restored = readJournal(machine, journal);
  return new Execution(machine, { ...options, input: restored.input }, restored);
}
