import { randomUUID } from "node:crypto";
import {
  type Clock,
  type Execution,
  type HistoryEvent,
  type Json,
  type Random,
  restoreExecution,
  startExecution,
  type TaskCall,
} from "../../interpreter";
import { AwsError } from "../aws-error";
import { executionArn } from "./arns";
import { Executions, type KnownExecution } from "./executions";
import type { ExecutionJournal, KeptExecution, StartedAs } from "./journal";
import { type StateMachine, StateMachines, type Target } from "./machines";

/** Who calls a task: a machine, by its role, in an execution. */
export interface TaskCaller {
  readonly machine: StateMachine;
  readonly roleArn: string;
  readonly execution: Execution;
}

export interface StepFunctionsOptions {
  readonly clock: Clock;
  readonly random?: Random;
  /** Makes the call of a task; where there is a journal, once what has led to it will not be forgotten. */
  readonly invoke: (call: TaskCall, caller: TaskCaller) => Promise<Json>;
  /** Is told each time that an execution ends: after a redrive once more. */
  readonly onEnd?: (ended: KnownExecution) => void;
  /** Is told of each machine that is new, or another. */
  readonly onMachine?: (machine: StateMachine) => void;
  /** Keeps what executions record. Without it they end with the process. */
  readonly journal?: ExecutionJournal | undefined;
}

export interface StartOptions {
  readonly input: Json;
  /** A uuid, where there is none, as on AWS. */
  readonly name?: string | undefined;
  /** Gets each event of its history. */
  readonly onEvent?: ((event: HistoryEvent) => void) | undefined;
  /** Of the execution that starts it and waits for its end. */
  readonly parentArn?: string | undefined;
}

/** Step Functions, in this process: its state machines and their executions. How tasks are called is not its affair. */
export class StepFunctions {
  readonly machines: StateMachines;
  readonly executions: Executions;
  private readonly random: Random;
  private readonly frozen = new Set<string>();

  constructor(private readonly options: StepFunctionsOptions) {
    this.random = options.random ?? Math.random;
    this.machines = new StateMachines(options.clock, this.random, options.onMachine);
    this.executions = new Executions(options.clock, options.onEnd ?? (() => {}));
  }

  /**
   * Starts an execution of a machine, of a version, or of what an alias leads to.
   * @throws AwsError as StartExecution does
   * @throws InvalidExecutionInput when the input is over 256 KiB
   */
  start(stateMachineArn: string, { input, name = randomUUID(), onEvent, parentArn }: StartOptions): KnownExecution {
    const target = this.machines.get(stateMachineArn);
    const { machine } = target;
    if (!EXECUTION_NAME.test(name)) throw new AwsError("InvalidName", `Invalid Name: '${name}'`);
    const id = executionArn(machine.arn, name);
    if (this.executions.get(id)) throw new AwsError("ExecutionAlreadyExists", `Execution Already Exists: '${id}'`);
    return this.begin(target, { id, name, input, onEvent, parentArn });
  }

  /** Has time stand still for an execution: what it waits for does not come, and neither do its timeouts. */
  freeze(executionArn: string): void {
    this.frozen.add(executionArn);
  }

  private clockOf(executionArn: string): Clock {
    const { clock } = this.options;
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
    { id, name, input, onEvent, parentArn }: StartOptions & { readonly id: string; readonly name: string },
  ): KnownExecution {
    const { clock, journal } = this.options;
    const started: StartedAs = {
      arn: id,
      name,
      startTime: new Date(clock.now()).toISOString(),
      machineArn: machine.arn,
      versionArn: version?.arn,
      aliasArn: alias?.arn,
      revision,
      parentArn,
    };
    const execution: Execution = startExecution(revision.machine, {
      ...this.optionsOf(started, () => execution),
      input,
      // An input that is refused begins no journal.
      ...(journal && { onEntry: later(() => journal.begin(started)) }),
      ...(onEvent && { onEvent }),
    });
    return this.executions.add(execution, started);
  }

  /**
   * Goes on with an execution of an earlier process where its journal ends.
   * @throws JournalError
   */
  restore(kept: KeptExecution): KnownExecution {
    const { journal } = this.options;
    const execution: Execution = restoreExecution(kept.revision.machine, kept.entries, {
      ...this.optionsOf(kept, () => execution),
      ...(journal && { onEntry: journal.goOn(kept.arn) }),
    });
    return this.executions.add(execution, kept);
  }

  /** Forgets an execution that has ended. */
  drop(arn: string): void {
    this.executions.remove(arn);
    this.options.journal?.drop(arn);
  }

  private optionsOf({ arn, name, startTime, machineArn, revision }: StartedAs, execution: () => Execution) {
    const { invoke } = this.options;
    const { roleArn } = revision;
    const { machine } = this.machines.get(machineArn);
    return {
      invoke: (call: TaskCall): Promise<Json> => invoke(call, { machine, roleArn, execution: execution() }),
      clock: this.clockOf(arn),
      random: this.random,
      execution: { name, id: arn, roleArn, startTime },
      stateMachine: { id: machine.arn, name: machine.name },
    };
  }
}

/** A function that is made when it is called first. */
function later<T>(make: () => (value: T) => void): (value: T) => void {
  let made: ((value: T) => void) | undefined;
  return (value) => {
    made ??= make();
    made(value);
  };
}

/** @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html */
const EXECUTION_NAME = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u;
