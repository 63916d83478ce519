import { randomUUID } from "node:crypto";
import {
  type Clock,
  type Execution,
  type HistoryEvent,
  InvalidExecutionInput,
  type Json,
  type Machine,
  type Random,
  restoreExecution,
  startExecution,
  type TaskCall,
} from "../../interpreter";
import { isExecutionName } from "../../asl/execution-name";
import { AwsError } from "../aws-error";
import { executionArn } from "./arns";
import { describe } from "./description";
import { Executions, type KnownExecution, type Parent } from "./executions";
import type { ExecutionJournal, KeptExecution, StartedAs } from "./journal";
import { type MachineKeeper, type StateMachine, StateMachines, type Target } from "./machines";
import { invalidToken } from "./pages";

/** The caller of a task: a machine with its role, in an execution. */
export interface TaskCaller {
  readonly machine: Pick<StateMachine, "arn" | "name">;
  readonly roleArn: string;
  readonly execution: Execution;
}

export interface StepFunctionsOptions {
  readonly clock: Clock;
  readonly random?: Random;
  /** Makes the call of a task. */
  readonly invoke: (call: TaskCall, caller: TaskCaller) => Promise<Json>;
  /** Called each time that an execution ends, so again after a redrive. */
  readonly onEnd?: (ended: KnownExecution) => void;
  /** The maximum number of running executions; 10,000 by default. */
  readonly maxRunning?: number;
  /** Stores machines and the entries of executions. Without it they end with the process. */
  readonly journal?: (ExecutionJournal & MachineKeeper) | undefined;
}

export interface StartOptions {
  readonly input: Json;
  /** A UUID by default, as on AWS. */
  readonly name?: string | undefined;
  /** Receives each event of its history. */
  readonly onEvent?: ((event: HistoryEvent) => void) | undefined;
  /** Holds the timeouts of the parent while a call of this execution waits for a worker. */
  readonly onHold?: (() => () => void) | undefined;
  /**
   * Whether a machine or a function starts it. What serves executions that began before a release may start machines
   * that the release withdrew: child sagas, and the undos of a stopped execution (S12).
   */
  readonly byProgram?: boolean;
  readonly parent?: Parent | undefined;
}

/** Step Functions in this process: state machines and their executions. It receives the function that calls tasks. */
export class StepFunctions {
  readonly machines: StateMachines;
  readonly executions: Executions;
  readonly clock: Clock;
  private readonly random: Random;
  private readonly maxRunning: number;
  private readonly frozen = new Set<string>();

  constructor(private readonly options: StepFunctionsOptions) {
    this.clock = options.clock;
    this.random = options.random ?? Math.random;
    this.maxRunning = options.maxRunning ?? 10_000;
    this.machines = new StateMachines(options.clock, this.random, options.journal);
    this.executions = new Executions(options.clock, options.onEnd ?? (() => {}));
  }

  /**
   * Starts an execution of a machine, of a version, or of the version that an alias picks.
   * @throws AwsError as StartExecution does
   */
  start(stateMachineArn: string, options: StartOptions): KnownExecution {
    const { input, name = randomUUID(), byProgram = false, ...listeners } = options;
    const target = this.machines.get(stateMachineArn, { withdrawn: byProgram });
    const { machine } = target;
    if (!isExecutionName(name)) throw new AwsError("InvalidName", `Invalid Name: '${name}'`);
    if (machine.type === "EXPRESS") {
      const arn = machine.arn.replace(":stateMachine:", ":express:");
      return this.begin(target, { id: `${arn}:${name}:${randomUUID()}`, name, input, ...listeners });
    }
    const id = executionArn(machine.arn, name);
    if (this.executions.get(id)) throw new AwsError("ExecutionAlreadyExists", `Execution Already Exists: '${id}'`);
    return this.begin(target, { id, name, input, ...listeners });
  }

  /** @throws AwsError ExecutionNotRedrivable */
  redrive(known: KnownExecution): void {
    const { redriveStatusReason } = describe(known, this.clock.now());
    if (redriveStatusReason !== undefined) throw new AwsError("ExecutionNotRedrivable", redriveStatusReason);
    this.executions.redrive(known);
  }

  /**
   * The execution with the task that waits for a token.
   * @throws AwsError TaskTimedOut if no task waits for the token any more, InvalidToken if it is not a token
   */
  waitingFor(token: string): KnownExecution {
    for (const known of this.executions.running()) if (known.execution.awaits(token)) return known;
    if (!TASK_TOKEN.test(token)) throw invalidToken();
    throw new AwsError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'");
  }

  /** Stops the clock of an execution: its waits and timeouts never end. */
  freeze(executionArn: string): void {
    this.frozen.add(executionArn);
  }

  private clockOf(executionArn: string): Clock {
    const { clock } = this;
    return {
      now: () => clock.now(),
      sleep: async (ms, signal) => {
        await clock.sleep(ms, signal);
        if (this.frozen.has(executionArn)) await new Promise<never>(() => {});
      },
    };
  }

  private begin(
    { machine, revision, version, alias }: Target,
    { id, name, input, onEvent, onHold, parent }: StartOptions & { readonly id: string; readonly name: string },
  ): KnownExecution {
    if (this.executions.running().size >= this.maxRunning) {
      throw new AwsError(
        "ExecutionLimitExceeded",
        "The maximum number of running executions has been reached. Running executions must end or be stopped before a " +
          "new execution can be started.",
      );
    }
    const started: StartedAs = {
      arn: id,
      name,
      startTime: new Date(this.clock.now()).toISOString(),
      machineArn: machine.arn,
      machineName: machine.name,
      type: machine.type,
      versionArn: version?.arn,
      aliasArn: alias?.arn,
      revision,
      updateDate: version?.creationDate ?? machine.updateDate,
      parent,
    };
    const { journal } = this.options;
    let execution: Execution;
    try {
      execution = startExecution(machineOf(started), {
        ...this.optionsOf(machine, started, () => execution),
        input,
        // The journal begins with the first entry, so a refused input leaves none.
        ...(journal && { onEntry: later(() => journal.begin(started)) }),
        ...(onEvent && { onEvent }),
        ...(onHold && { onHold }),
      });
    } catch (error) {
      if (!(error instanceof InvalidExecutionInput)) throw error;
      throw new AwsError("InvalidExecutionInput", `Invalid State Machine Execution Input: '${error.message}'`);
    }
    return this.executions.add(execution, started);
  }

  /**
   * Continues an execution of an earlier process where its journal ends.
   * @throws JournalError
   */
  restore(kept: KeptExecution): KnownExecution {
    const { journal } = this.options;
    const { machineArn: arn, machineName: name } = kept;
    // The machine may have been deleted meanwhile.
    const machine = this.machines.find(arn)?.machine ?? { arn, name };
    const execution: Execution = restoreExecution(machineOf(kept), kept.entries, {
      ...this.optionsOf(machine, kept, () => execution),
      ...(journal && { onEntry: journal.goOn(kept.arn) }),
    });
    return this.executions.add(execution, kept);
  }

  /** Removes an ended execution. */
  drop(arn: string): void {
    this.executions.remove(arn);
    this.options.journal?.drop(arn);
  }

  private optionsOf(
    machine: Pick<StateMachine, "arn" | "name">,
    { arn, name, startTime, revision: { roleArn } }: StartedAs,
    execution: () => Execution,
  ) {
    return {
      invoke: (call: TaskCall): Promise<Json> =>
        this.options.invoke(call, { machine, roleArn, execution: execution() }),
      clock: this.clockOf(arn),
      random: this.random,
      execution: { name, id: arn, roleArn, startTime },
      stateMachine: { id: machine.arn, name: machine.name },
    };
  }
}

/** The machine that an execution runs. An EXPRESS execution always has a timeout. */
function machineOf({ type, revision: { machine } }: StartedAs): Machine {
  if (type !== "EXPRESS") return machine;
  return { ...machine, timeoutSeconds: Math.min(machine.timeoutSeconds ?? EXPRESS_SECONDS, EXPRESS_SECONDS) };
}

/** Creates a function when it is first called. */
function later<T>(make: () => (value: T) => void): (value: T) => void {
  let made: ((value: T) => void) | undefined;
  return (value) => {
    made ??= make();
    made(value);
  };
}

/** The form of this machine's tokens. */
const TASK_TOKEN = /^[0-9a-f]{64}$/;
/** The maximum duration of an EXPRESS execution. */
const EXPRESS_SECONDS = 300;
