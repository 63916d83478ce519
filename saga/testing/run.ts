import { inspect } from "node:util";
import type { HistoryEvent as AwsHistoryEvent } from "@aws-sdk/client-sfn";
import { historyReader } from "../deploy/recovery/history";
import {
  childResult,
  type Execution,
  type ExecutionResult,
  type Json,
  type JsonObject,
  seededRandom,
  startExecution,
  type TaskCall,
  TaskFailure,
  type VirtualClock,
  virtualClock,
} from "../interpreter";
import type { Duration } from "../language/duration";
import type { Saga } from "../language/nodes";
import type { AnyTask, SagaIdentity, Task } from "../language/task";
import { executionArn } from "../local/step-functions/arns";
import { awsHistoryEvent } from "../local/step-functions/history-events";
import { type Outcome, outcomeOf } from "../asl/outcome";
import { type Machines, machinesFor, stepOf, type TestMachine } from "./machines";
import { type MemoryTable, memoryTable, tableVariables } from "./memory-table";
import type { Mishap } from "./mishaps";
import type { StandIn } from "./stand-in";
import { textOfRun } from "./print-run";
import { Tasks } from "./tasks";

export type { Outcome };

/** Mishaps by step or undo. `RentCar[1]` is the step of one item of a list; `Child.Step` is a step of a child saga. */
export type Mishaps = Readonly<Record<string, Mishap | readonly Mishap[]>>;

export interface RunOptions<Input> {
  /** The input of the execution. */
  readonly input: Input;
  /** Stand-ins for tasks. All other tasks run their handlers, in this process. */
  readonly tasks?: readonly StandIn[];
  /** Which calls go wrong, and how. */
  readonly steps?: Mishaps;
  /** The saga's table: one in memory, or the name of a DynamoDB table. Default: a new one in memory. */
  readonly table?: MemoryTable | string;
  /** Further tables: `{ ledger }` is `LEDGER_TABLE_NAME` to the handlers. */
  readonly tables?: Readonly<Record<string, MemoryTable | string>>;
  /** Environment variables of the handlers. Variables that a task declares as plain strings are set anyway. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The execution's name, which is part of its ARN. Default: a new one in each run. */
  readonly name?: string;
  /** The seed of the jitter in retries. Default 1. */
  readonly seed?: number;
}

/** One call, as the task received it. */
export interface SagaCall {
  /**
   * The state that makes the call: a step or an undo. In a list, it has the item's index, such as `RentCar[1]`. In a child
   * saga, it begins with the name of the child, such as `Seat.Hold`.
   */
  readonly step: string;
  readonly task: string;
  /** The result of the step's mapping. */
  readonly input: JsonObject;
  /**
   * The saga's identity, the same for an action and its undo (S11). A service gets it only if the mapping passes it.
   */
  readonly saga?: SagaIdentity;
  /** 0 for the first call, 1 for the first retry, … */
  readonly attempt: number;
  /** Milliseconds since the execution began, in virtual time. */
  readonly at: number;
  /** The mishap that struck the call, if any. */
  readonly mishap?: string;
  /** The task's answer. It is set even if a mishap kept it from the execution. So are `error` and `cause`. */
  readonly answer?: Json;
  readonly error?: string;
  readonly cause?: string;
}

/** How the execution was recovered from outside (S12). */
export interface RecoveryRun {
  readonly did: "recovered" | "redriven";
  /** The status of the recovery execution, or of the execution itself if it was redriven. */
  readonly status: ExecutionResult["status"];
  /** The states that were entered. */
  readonly path: readonly string[];
}

interface Waiting {
  readonly step: string;
  readonly task: string;
  readonly token: string;
  readonly execution: Execution;
}

let runs = 0;

/**
 * Runs a saga to its end, compiled as for a deploy, in virtual time, with its own handlers or with stand-ins. If a step
 * waits for an answer, its stand-in gives the answer; without a stand-in, the step times out.
 *
 * @throws Error if a mishap has struck no call, unless the saga is stuck: it may strike after a redrive
 *
 * @example
 * const run = await runSaga(sale, { input, steps: { Pay: failing("CardDeclined") } });
 * expect(run.outcome).to.equal("compensated");
 * expect(run.path).to.deep.equal(["Sell", "Pay", "Repay", "TakeBack"]);
 */
export async function runSaga<Input, Output>(
  saga: Saga<Input, Output>,
  options: RunOptions<NoInfer<Input>>,
): Promise<SagaRun<Output>> {
  const run = new SagaRun<Output>(saga, options, false);
  await run.end();
  run.refuseIdleMishaps();
  return run;
}

/**
 * Starts a saga, and runs it until it ends, or until it waits for an answer that no stand-in gives. Virtual time stops
 * then: the test can answer, let time pass, or stop the execution.
 *
 * @example
 * const run = await startSaga(tripBooking, { input });
 * await run.answer(requestApproval, { by: "the manager" });
 */
export async function startSaga<Input, Output>(
  saga: Saga<Input, Output>,
  options: RunOptions<NoInfer<Input>>,
): Promise<SagaRun<Output>> {
  const run = new SagaRun<Output>(saga, options, true);
  await run.proceed();
  return run;
}

/** One execution of a saga, its calls and its results. */
export class SagaRun<Output = unknown> {
  /** Every call in the order in which it was made, even if a mishap kept it from the task. */
  readonly calls: readonly SagaCall[] = [];
  /** The saga's own table; undefined if it is not in memory. */
  readonly table: MemoryTable | undefined;
  private readonly machines: Machines;
  private readonly clock: VirtualClock = virtualClock();
  private readonly began = this.clock.now();
  private readonly execution: Execution;
  private readonly executions = new Map<string, Execution>();
  private readonly tasks: Tasks;
  private readonly random: () => number;
  private readonly waiting = new Map<string, Waiting>();
  /** Tasks that run, even if their step has timed out; and calls that still have to arrive, or to be answered. */
  private readonly running = new Set<Promise<unknown>>();
  private readonly late = new Set<Promise<unknown>>();
  /** By step: how many calls it has made. */
  private readonly counts = new Map<string, number>();
  private mishaps: ReadonlyMap<string, readonly Mishap[]>;
  private readonly struck = new Set<Mishap>();
  private result: ExecutionResult | undefined;
  /** A fault of the test, not of the saga. */
  private fault: Error | undefined;
  /** Resumes virtual time while it is stopped for the test. */
  private release: (() => void) | undefined;

  constructor(
    private readonly saga: Saga,
    options: RunOptions<unknown>,
    private pauses: boolean,
  ) {
    const { input, tasks = [], steps = {}, table = memoryTable(), tables = {}, environment = {}, seed = 1 } = options;
    this.machines = machinesFor(saga);
    this.mishaps = this.checked(steps);
    this.random = seededRandom(seed);
    this.table = typeof table === "string" ? undefined : table;
    const variables = { ...tableVariables(table, tables), ...environment };
    this.tasks = new Tasks(this.standIns(tasks), variables);
    const name = options.name ?? `run-${++runs}`;
    this.execution = this.begin(this.machines.main, name, json(input, `the input of '${saga.name}'`));
    this.watch(this.execution.result);
  }

  /** The execution's ARN: `saga.id` to the tasks. */
  get id(): string {
    return this.execution.arn;
  }

  /** The status, as DescribeExecution returns it. */
  get status(): ExecutionResult["status"] | "RUNNING" {
    return this.result?.status ?? "RUNNING";
  }

  /** How it ended (S6): completed, compensated or stuck. A stopped execution counts as stuck. */
  get outcome(): Outcome | "running" {
    return this.result ? outcomeOf(this.result) : "running";
  }

  /** The states that were entered, without the Fail state that ends a compensated execution. */
  get path(): readonly string[] {
    return pathOf(this.execution);
  }

  /** The output of a completed saga. */
  get output(): Output | undefined {
    return this.result?.output as Output | undefined;
  }

  /** The error of a failed execution, as DescribeExecution returns it. */
  get error(): string | undefined {
    return this.result?.error;
  }

  /** The cause of a failed execution, as DescribeExecution returns it. */
  get cause(): string | undefined {
    return this.result?.cause;
  }

  /** The step that failed, and why; undefined unless the saga is compensated. */
  get failure(): { saga: string; step: string; error: string; cause: string } | undefined {
    return this.outcome === "compensated" ? (JSON.parse(this.cause ?? "null") as SagaRun["failure"]) : undefined;
  }

  /** The state that a redrive resumes; undefined unless the saga is stuck. */
  get stuckAt(): string | undefined {
    return this.outcome === "stuck" ? this.result?.failedState : undefined;
  }

  /** How long the execution took, in milliseconds of virtual time. */
  get elapsed(): number {
    return (this.execution.history.at(-1)?.timestamp ?? this.began) - this.began;
  }

  /** Each line that a handler has written to standard output. */
  get logs(): readonly string[] {
    return this.tasks.logs;
  }

  /** The calls of one step, or of an undo. */
  callsOf(step: string): readonly SagaCall[] {
    return this.calls.filter((call) => call.step === step || call.step.replace(/\[.*/, "") === step);
  }

  /** The steps that wait for an answer. */
  get waitingFor(): readonly string[] {
    return [...this.waiting.values()].map(({ step }) => step);
  }

  /**
   * Answers a step that waits, with SendTaskSuccess, and lets the saga continue. If several steps wait, `step` names one.
   * @throws Error if no such step waits, or if several do
   */
  async answer<Answer>(task: Task<never, Answer>, answer: NoInfer<Answer>, step?: string): Promise<this> {
    const { token, execution } = this.take(task, step);
    execution.sendTaskSuccess(token, json(answer, `the answer to '${task.name}'`));
    return this.proceed();
  }

  /**
   * Refuses a step that waits, with SendTaskFailure, and lets the saga continue. If several steps wait, `step` names one.
   * @throws Error if no such step waits, or if several do
   */
  async refuse(task: Task<never, unknown>, error: string, cause = "", step?: string): Promise<this> {
    const { token, execution } = this.take(task, step);
    execution.sendTaskFailure(token, error, cause);
    return this.proceed();
  }

  /**
   * Sends a heartbeat for a step that waits, with SendTaskHeartbeat.
   * @throws Error if no such step waits, or if several do
   */
  heartbeat(task: Task<never, unknown>, step?: string): void {
    const { token, execution } = this.find(task, step);
    execution.sendTaskHeartbeat(token);
  }

  /** Lets virtual time pass while a step waits for an answer. The execution may end before the time is over. */
  async pass(time: Duration): Promise<this> {
    const over = this.clock.sleep(time.seconds * 1000).then(() => {
      this.halt();
    });
    this.goOn();
    await Promise.race([over, this.ended()]);
    return this.proceed();
  }

  /** Lets time pass until the execution and all its calls have ended. */
  async end(): Promise<this> {
    this.pauses = false;
    this.goOn();
    return this.proceed();
  }

  /**
   * Stops the execution, as StopExecution does: it ends in its current state, without its undos. See `recover`.
   * @throws Error if the execution has ended
   */
  async stop(): Promise<this> {
    if (this.result) throw new Error(`${this.here} has ended already: it is ${this.outcome}`);
    this.execution.stop();
    return this.proceed();
  }

  /**
   * Redrives a stuck execution, as RedriveExecution does: it continues where it stopped. The calls of its steps are still
   * counted from the start.
   * @param steps The mishaps from now on: `{}` for none. Default: as before.
   * @throws Error if the execution is not stuck
   */
  async redrive(steps?: Mishaps): Promise<this> {
    if (this.outcome !== "stuck") throw new Error(`${this.here} can't be redriven: it is ${this.outcome}`);
    if (steps) this.mishaps = this.checked(steps);
    this.result = undefined;
    this.watch(this.execution.redrive());
    return this.proceed();
  }

  /**
   * Recovers a stopped execution as the stack does (S12): runs its undos, or redrives it if its pivot has succeeded.
   * @throws Error if the execution was not stopped, or if the saga has nothing to undo
   */
  async recover(): Promise<RecoveryRun> {
    const { recovery } = this.machines;
    if (this.status !== "ABORTED" && this.status !== "TIMED_OUT") {
      throw new Error(`${this.here} needs no recovery: it was not stopped, it is ${this.outcome}`);
    }
    if (!recovery) throw new Error(`the saga '${this.saga.name}' has nothing to undo, so nothing recovers it`);
    const reader = historyReader(recovery.pivot, recovery.reads);
    for (const event of this.execution.history) reader.read(awsHistoryEvent(event) as AwsHistoryEvent);
    if (reader.committed()) {
      await this.redrive();
      return { did: "redriven", status: (await this.execution.result).status, path: this.path };
    }
    const input = { execution: this.id, input: this.execution.input, ...reader.historyResults };
    const undoing = this.begin(recovery.machine, `recovery-${this.executions.size}`, input as unknown as JsonObject);
    const { status } = await undoing.result;
    await this.landed();
    return { did: "recovered", status, path: pathOf(undoing) };
  }

  /** What happened, for the message of a failing test: the outcome, and each call with its answer or its error. */
  toString(): string {
    return textOfRun(this, { saga: this.saga.name });
  }

  /** What `console.log` prints. @internal */
  [inspect.custom](): string {
    return this.toString();
  }

  /** Refuses a mishap that has struck no call: the test would not test what it says. @internal */
  refuseIdleMishaps(): void {
    if (this.outcome === "stuck") return;
    for (const [step, mishaps] of this.mishaps) {
      const idle = mishaps.find((each) => !this.struck.has(each));
      if (!idle) continue;
      const made = this.counts.get(step) ?? 0;
      const called = made === 0 ? "has not been called" : `has been called ${made === 1 ? "once" : `${made} times`}`;
      const first = mishaps.indexOf(idle) > 0 && made >= idle.call ? ", and an earlier mishap of the step struck" : "";
      throw new Error(
        `the mishap '${idle.name}' of '${step}' has struck no call: it begins with call ${idle.call}, but '${step}' ${called}${first}. Correct it, or leave it out.\n${this.toString()}`,
      );
    }
  }

  /** Runs until the execution ends, or waits for the test. @internal */
  async proceed(): Promise<this> {
    while (!this.result && !this.fault) {
      // First, everything runs that needs no time.
      await new Promise((resolve) => setImmediate(resolve));
      if (this.running.size > 0)
        await Promise.race([...this.running, this.ended()].map((each) => each.catch(() => undefined)));
      else if (this.waiting.size === 0) this.goOn();
      else if (this.pauses) break;
    }
    if (this.result) await this.landed();
    if (this.fault) throw this.fault;
    return this;
  }

  private async landed(): Promise<void> {
    this.goOn();
    while (this.running.size + this.late.size > 0) await Promise.allSettled([...this.running, ...this.late]);
  }

  /** Stops virtual time until the test acts on a step that waits. */
  private halt(): void {
    if (this.pauses) this.release ??= this.clock.hold();
  }

  private goOn(): void {
    this.release?.();
    this.release = undefined;
  }

  private ended(): Promise<unknown> {
    return this.execution.result.catch(() => undefined);
  }

  private watch(result: Promise<ExecutionResult>): void {
    result.then(
      (ended) => {
        this.result = ended;
      },
      (fault: unknown) => {
        this.fault = fault as Error;
      },
    );
  }

  private begin(machine: TestMachine, name: string, input: Json): Execution {
    const id = executionArn(machine.arn, name);
    if (this.executions.has(id)) throw new TaskFailure("StepFunctions.ExecutionAlreadyExistsException", id);
    const execution: Execution = startExecution(machine.machine, {
      input,
      invoke: (call) => this.invoke(machine, execution, call),
      clock: this.clock,
      random: this.random,
      execution: { name, id },
      stateMachine: { id: machine.arn, name: machine.name },
    });
    this.executions.set(id, execution);
    return execution;
  }

  private async invoke(machine: TestMachine, execution: Execution, call: TaskCall): Promise<Json> {
    const task = machine.tasks.get(call.state);
    // Time stops before the handler runs, so that none passes after it.
    if (task && call.taskToken !== undefined && !this.tasks.hasStandIn(task)) this.halt();
    const { saga, ...input } = eventOf(call);
    const indexes = /(\[\d+\])+$/.exec(saga?.step ?? "")?.[0] ?? "";
    const step = stepOf(machine, this.machines.main, call.state);
    const record: { -readonly [Field in keyof SagaCall]: SagaCall[Field] } = {
      step: step + indexes,
      task: task?.name ?? call.state,
      input,
      ...(saga && { saga }),
      attempt: call.attempt,
      at: this.clock.now() - this.began,
    };
    (this.calls as SagaCall[]).push(record);
    const deliver = () =>
      whileUnderWay(
        this.running,
        (task ? this.deliver(task, call) : this.runChild(call)).then(
          (answer) => {
            record.answer = call.resource.startsWith(INVOKE) && task ? (answer as { Payload: Json }).Payload : answer;
            return answer;
          },
          (failed: unknown) => {
            if (failed instanceof TaskFailure) Object.assign(record, { error: failed.error, cause: failed.cause });
            throw failed;
          },
        ),
      );
    const mishap = this.mishapOf(step, step + indexes);
    if (mishap) {
      record.mishap = mishap.name;
      this.struck.add(mishap);
    }
    const answer = !mishap
      ? await deliver()
      : await mishap.strike({
          deliver,
          sleep: (milliseconds) => whileUnderWay(this.late, this.clock.sleep(milliseconds)),
          stop: () => {
            this.execution.stop();
          },
        });
    const { taskToken: token, signal: gone } = call;
    if (!task || token === undefined || gone.aborted) return answer;
    // The stand-in of a callback task answers it; otherwise the test does.
    if (this.tasks.hasStandIn(task)) execution.sendTaskSuccess(token, (answer as { Payload: Json }).Payload);
    else this.waiting.set(token, { step: step + indexes, task: task.name, token, execution });
    gone.addEventListener("abort", () => this.waiting.delete(token));
    return answer;
  }

  /** Runs the task while virtual time is stopped, since its own work takes real time. */
  private async deliver(task: AnyTask, call: TaskCall): Promise<Json> {
    const release = this.clock.hold();
    try {
      const event = call.resource.startsWith(INVOKE) ? (call.arguments as { Payload: Json }).Payload : call.arguments;
      const answer = await this.tasks.run(task, event);
      return call.resource.startsWith(INVOKE) ? { ExecutedVersion: "1", Payload: answer, StatusCode: 200 } : answer;
    } finally {
      release();
    }
  }

  /** Runs a child saga, as `startExecution.sync:2` does. */
  private async runChild({ arguments: args, signal }: TaskCall): Promise<Json> {
    const { StateMachineArn, Name, Input } = args as { StateMachineArn: string; Name: string; Input: Json };
    const execution = this.begin(this.machines.at(StateMachineArn), Name, Input);
    return childResult(execution, { StateMachineArn, Name, Input }, signal);
  }

  private mishapOf(step: string, item: string): Mishap | undefined {
    const names = step === item ? [step] : [item, step];
    const struck = names.map((name) => {
      const count = (this.counts.get(name) ?? 0) + 1;
      this.counts.set(name, count);
      return this.mishaps.get(name)?.find(({ call, times }) => count >= call && count < call + times);
    });
    return struck.find((found) => found !== undefined);
  }

  private checked(steps: Mishaps): ReadonlyMap<string, readonly Mishap[]> {
    const known = [...this.machines.steps];
    return new Map(
      Object.entries(steps).map(([step, given]) => {
        if (!known.includes(step.replace(/\[.*/, ""))) {
          throw new Error(`the saga '${this.saga.name}' has no step '${step}': it has ${known.join(", ")}`);
        }
        return [step, Array.isArray(given) ? (given as readonly Mishap[]) : [given as Mishap]];
      }),
    );
  }

  private standIns(given: readonly StandIn[]): ReadonlyMap<string, StandIn> {
    const known = [this.machines.main, ...this.machines.children].flatMap(({ tasks }) => [...tasks.values()]);
    const names = new Set(known.map(({ name }) => name));
    for (const [index, { task }] of given.entries()) {
      if (!names.has(task)) {
        throw new Error(`the saga '${this.saga.name}' calls no task '${task}': it calls ${[...names].join(", ")}`);
      }
      if (given.findIndex((other) => other.task === task) !== index) {
        throw new Error(`the task '${task}' has two stand-ins: remove one`);
      }
    }
    return new Map(given.map((each) => [each.task, each]));
  }

  private take(task: { readonly name: string }, step: string | undefined): Waiting {
    const found = this.find(task, step);
    this.waiting.delete(found.token);
    return found;
  }

  private find({ name }: { readonly name: string }, step: string | undefined): Waiting {
    const found = [...this.waiting.values()].filter((each) => each.task === name && (step ?? each.step) === each.step);
    const [first] = found;
    if (first && found.length === 1) return first;
    const others =
      this.waitingFor.length > 0 ? `the steps that wait are ${this.waitingFor.join(", ")}` : "no step waits";
    if (!first) throw new Error(`no step${step ? ` '${step}'` : ""} of ${this.here} waits for '${name}': ${others}`);
    throw new Error(
      `several steps wait for '${name}': pass one as the step, ${found.map((each) => `'${each.step}'`).join(" or ")}`,
    );
  }

  private get here(): string {
    return `the execution of '${this.saga.name}'`;
  }
}

const INVOKE = "arn:aws:states:::lambda:invoke";

function whileUnderWay<T>(calls: Set<Promise<unknown>>, work: Promise<T>): Promise<T> {
  calls.add(work);
  work.finally(() => calls.delete(work)).catch(() => undefined);
  return work;
}

function eventOf({ resource, arguments: args }: TaskCall): JsonObject & { saga?: SagaIdentity } {
  const event = resource.startsWith(INVOKE) ? (args as { Payload: Json }).Payload : args;
  return event as JsonObject & { saga?: SagaIdentity };
}

const pathOf = ({ history }: Execution): readonly string[] =>
  history
    .filter(({ type }) => type.endsWith("StateEntered") && type !== "FailStateEntered")
    .map(({ state }) => state as string);

function json(value: unknown, what: string): Json {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new Error(`${what} is ${typeof value}, which is not JSON`);
  return JSON.parse(text) as Json;
}
