import { randomUUID } from "node:crypto";
import {
  type Clock,
  type Execution,
  type HistoryEvent,
  type Json,
  type Random,
  startExecution,
  type TaskCall,
} from "../../interpreter";
import { AwsError } from "../aws-error";
import { executionArn } from "./arns";
import { Executions, type KnownExecution } from "./executions";
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
  /** Makes the call of a task. */
  readonly invoke: (call: TaskCall, caller: TaskCaller) => Promise<Json>;
  /** Is told each time that an execution ends: after a redrive once more. */
  readonly onEnd?: (ended: KnownExecution) => void;
}

export interface StartOptions {
  readonly input: Json;
  /** A uuid, where there is none, as on AWS. */
  readonly name?: string | undefined;
  /** Gets each event of its history. */
  readonly onEvent?: ((event: HistoryEvent) => void) | undefined;
}

/** Step Functions, in this process: its state machines and their executions. How tasks are called is not its affair. */
export class StepFunctions {
  readonly machines: StateMachines;
  readonly executions: Executions;
  private readonly random: Random;
  private readonly frozen = new Set<string>();

  constructor(private readonly options: StepFunctionsOptions) {
    this.random = options.random ?? Math.random;
    this.machines = new StateMachines(options.clock, this.random);
    this.executions = new Executions(options.clock, options.onEnd ?? (() => {}));
  }

  /**
   * Starts an execution of a machine, of a version, or of what an alias leads to.
   * @throws AwsError as StartExecution does
   * @throws InvalidExecutionInput when the input is over 256 KiB
   */
  start(stateMachineArn: string, { input, name = randomUUID(), onEvent }: StartOptions): KnownExecution {
    const target = this.machines.get(stateMachineArn);
    const { machine } = target;
    if (!EXECUTION_NAME.test(name)) throw new AwsError("InvalidName", `Invalid Name: '${name}'`);
    const id = executionArn(machine.arn, name);
    if (this.executions.get(id)) throw new AwsError("ExecutionAlreadyExists", `Execution Already Exists: '${id}'`);
    return this.begin(target, { id, name, input, onEvent });
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
    { id, name, input, onEvent }: StartOptions & { readonly id: string; readonly name: string },
  ): KnownExecution {
    const { roleArn } = revision;
    const execution: Execution = startExecution(revision.machine, {
      input,
      invoke: (call) => this.options.invoke(call, { machine, roleArn, execution }),
      clock: this.clockOf(id),
      random: this.random,
      execution: { name, id, roleArn },
      stateMachine: { id: machine.arn, name: machine.name },
      ...(onEvent && { onEvent }),
    });
    return this.executions.add(execution, {
      name,
      machineArn: machine.arn,
      versionArn: version?.arn,
      aliasArn: alias?.arn,
      revision,
    });
  }
}

/** @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html */
const EXECUTION_NAME = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u;
