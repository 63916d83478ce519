import { randomUUID } from "node:crypto";
import { AsynchronousCalls, type DeadLetter } from "./asynchronous-calls";
import { AwsError } from "./aws-error";
import { type CloudClock, cloudClock, type Time } from "./clock";
import { Journal, type Kept } from "./data/journal";
import { deployedForm } from "./deployed-form";
import { EventBus, statusChange } from "./event-bus";
import { type Authorize, authorizer } from "./iam/authorizer";
import { type MachineRole, permit } from "./iam/machine-role";
import { startTableGuard, type TableGuard } from "./iam/table-guard";
import {
  childResult,
  type Execution,
  type HistoryEvent,
  type Json,
  type JsonObject,
  type TaskCall,
  TaskFailure,
} from "../interpreter";
import { deployFunction, type DeployedFunction, type FunctionOptions } from "./lambda/function";
import { invokeTask } from "./lambda/task";
import { ACCOUNT, type Program, type Resource } from "./program";
import { type Reported, report } from "./report";
import { ALIAS, arnsOf, FUNCTION, machinesOf, mainMachine, ofType, TABLE, taskOf } from "./resources";
import { startAwsApi } from "./services/aws-api";
import { answerOfStub, callService, NotOnThisMachine } from "./services/integrations";
import { Outbox } from "./services/outbox";
import { Secrets } from "./services/secrets";
import { actionsOf } from "./step-functions/actions";
import { executionArn, withoutQualifier } from "./step-functions/arns";
import type { Executions, KnownExecution } from "./step-functions/executions";
import type { DeployedMachine, MachineType, Route } from "./step-functions/machines";
import { surplus } from "./step-functions/retention";
import { type StartOptions, StepFunctions, type TaskCaller } from "./step-functions/service";
import { type Stub, stubFor, type Stubs } from "./stubs";
import { type LocalDynamoDB, type Row, type Rows, startDynamoDB, type TableInputs } from "./table";
import { startLambdaApi } from "./wire/lambda";
import type { Refuse } from "./wire/loopback";
import { startStepFunctionsApi } from "./wire/step-functions";

export { deployedForm } from "./deployed-form";
export { arnsOf, definitionOf, mainMachine, taskOf } from "./resources";

/** What is sent with a task token: SendTaskSuccess or SendTaskFailure. */
export type Answer = Stub;

/** How a program runs here. */
export interface CloudOptions {
  /** Gets each line that a function logs. */
  readonly onLog?: (line: string) => void;
  /** Gets what whoever runs the program should know: a secret that is not known here. */
  readonly onNote?: (note: string) => void;
  /** Plays the one who answers with a task token; without an answer the step waits. */
  readonly answer?: (state: string, payload: Json) => Answer | undefined;
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
  /** Where the values of secrets are looked up. */
  readonly env?: NodeJS.ProcessEnv;
}

/** A state that waits for an answer that nobody gives. */
export interface Waiting {
  readonly state: string;
  /** What its task was given, to pass on to whoever answers. */
  readonly payload: Json;
}

/** What a program has here before it is deployed. */
interface Opened {
  readonly dynamoDB: LocalDynamoDB;
  readonly guard: TableGuard;
  /** The endpoints that functions are told of, by the variables that tell them. */
  readonly endpoints: Readonly<Record<string, string>>;
  readonly close: () => Promise<void>;
}

/** What the program registers, running in this process: its tables, its functions, its state machines. */
export class LocalCloud {
  /** Of all machines. */
  readonly executions: Executions;
  /** What was sent to services that are not on this machine. */
  readonly outbox: Outbox;
  /** By the names under which the program registers them. */
  readonly tables = new Map<string, Rows>();
  private readonly deployed = new Map<string, DeployedFunction>();
  private readonly stepFunctions: StepFunctions;
  private readonly clock: CloudClock;
  /** What the bus could not deliver, and what functions that it invoked failed on. */
  readonly deadLetters: DeadLetter[];
  private readonly deliveries = new Set<Promise<void>>();
  /** The executions of whose ends the bus has not been told. */
  private readonly untold = new Set<string>();
  /** The executions of an earlier process, until the calls that started them have been made again. */
  private readonly restored = new Set<string>();
  private readonly waits = new Map<string, { readonly waiting: Waiting[]; tell: () => void }>();
  private calls: AsynchronousCalls;
  private bus: EventBus;
  private authorize: Authorize;
  private secrets: Secrets;
  private opened!: Opened;
  private running = 0;
  /** Has time go on that stands still for want of an answer. */
  private readonly unanswered: (() => void)[] = [];

  private constructor(
    private program: Program,
    private readonly options: CloudOptions,
    private readonly data?: { readonly journal: Journal; readonly kept: Kept },
  ) {
    const { journal, kept } = data ?? {};
    this.deadLetters = [...(kept?.deadLetters ?? [])];
    this.outbox = new Outbox({
      most: options.keep === undefined ? undefined : options.keep * MESSAGES_AN_EXECUTION,
      ...(kept && { messages: kept.messages }),
      ...(journal && { onAdd: (message) => journal.message(message) }),
    });
    this.calls = this.callsOf(program);
    this.bus = this.busOf(program);
    this.authorize = authorizerOf(program);
    this.secrets = this.secretsOf(program);
    this.clock = cloudClock(options.time, kept?.latest);
    this.stepFunctions = new StepFunctions({
      clock: this.clock,
      invoke: (call, caller) => this.invoke(call, caller),
      onEnd: (ended) => {
        this.untold.add(ended.execution.arn);
        this.underWay(this.tellEnd(ended));
      },
      onMachine: (machine) => journal?.machine(machine),
      journal,
    });
    this.executions = this.stepFunctions.executions;
  }

  /** Starts all of it. Close it in the end. */
  static async start(program: Program, options: CloudOptions = {}): Promise<LocalCloud> {
    const data = options.data === undefined ? undefined : await Journal.open(options.data);
    let cloud: LocalCloud;
    try {
      cloud = new LocalCloud(program, options, data);
      cloud.opened = await cloud.open();
    } catch (error) {
      await data?.journal.close();
      throw error;
    }
    try {
      for (const machine of data?.kept.machines ?? []) cloud.stepFunctions.machines.restore(machine);
      await cloud.deploy(program);
      if (data) await cloud.goOn(data.kept);
    } catch (error) {
      await cloud.close();
      throw error;
    }
    return cloud;
  }

  /** Opens what functions call, none of which is used before the program is deployed; closes it again where that fails. */
  private async open(): Promise<Opened> {
    const closers: (() => Promise<void>)[] = [];
    const close = async (): Promise<void> => {
      for (const each of closers.splice(0).reverse()) await each();
    };
    const opened = async <T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
      const started = await starting;
      closers.push(() => started.close());
      return started;
    };
    const authorize: Authorize = (...asked) => this.authorize(...asked);
    const refuse: Refuse = async (request, action, resource) => {
      const caller = guard.callerOf(request);
      return caller ? authorize(caller, action, resource) : "The security token included in the request is invalid.";
    };
    let guard: TableGuard;
    try {
      const path = this.data?.journal.tables;
      const dynamoDB = await opened(startDynamoDB({ ...(path !== undefined && { path }) }));
      // The guard knows by a table where the others are.
      const { region, account } = this.place();
      const any: Resource = {
        type: TABLE,
        name: "any",
        inputs: {},
        arn: `arn:aws:dynamodb:${region}:${account}:table/any`,
      };
      guard = await opened(startTableGuard(dynamoDB.endpoint, any, authorize, () => ofType(this.program, TABLE)));
      const sfn = await opened(startStepFunctionsApi(actionsOf(this.stepFunctions), refuse, () => this.durable()));
      const lambda = await opened(
        startLambdaApi((functionArn, event) => {
          const answered = this.data?.journal.call(functionArn, event);
          this.underWay(this.calls.call(functionArn, event).then(answered));
          return this.durable();
        }, refuse),
      );
      const others = await opened(
        startAwsApi({
          refuse,
          outbox: this.outbox,
          stubs: () => this.options.stubs ?? {},
          secrets: () => this.secrets,
          place: () => this.place(),
          callerOf: (request) => this.taskOfCaller(guard.callerOf(request)?.session),
        }),
      );
      const endpoints = {
        AWS_ENDPOINT_URL: others.endpoint,
        AWS_ENDPOINT_URL_SFN: sfn.endpoint,
        AWS_ENDPOINT_URL_LAMBDA: lambda.endpoint,
      };
      return { dynamoDB, guard, endpoints, close };
    } catch (error) {
      await close();
      throw error;
    }
  }

  /**
   * Deploys a program, or another release of it on the same tables. Executions that are under way go on with their
   * definition, and with the versions of the functions that it names.
   */
  async deploy(program: Program): Promise<void> {
    for (const resource of ofType(program, TABLE)) {
      const inputs = resource.inputs as unknown as TableInputs;
      // The keys of a table that was there before are not known here.
      if (this.tables.has(resource.name) || (inputs.hashKey as string | undefined) === undefined) continue;
      this.tables.set(resource.name, await this.opened.dynamoDB.create(inputs, resource.physicalName as string));
    }
    await Promise.all(
      ofType(program, FUNCTION).map(async (resource) => {
        if (resource.existing) return;
        const known = this.deployed.get(resource.versionArn ?? "");
        const run = known ?? (await this.deployFunction(resource));
        for (const arn of arnsOf(resource)) this.deployed.set(arn, run);
      }),
    );
    for (const [versionArn, { resource, form }] of this.data?.kept.functions ?? []) {
      if (!this.deployed.has(versionArn)) this.deployed.set(versionArn, this.run(resource, form));
    }
    for (const resource of machinesOf(program)) {
      if (resource.existing) continue;
      this.stepFunctions.machines.deploy(deployedMachine(resource));
    }
    for (const { inputs, physicalName } of ofType(program, ALIAS)) {
      const routes = inputs["routingConfigurations"] as readonly Route[];
      const machine = withoutQualifier(routes[0]?.stateMachineVersionArn ?? "");
      // That of a machine which is not on this machine leads nowhere here.
      if (!this.stepFunctions.machines.find(machine)) continue;
      this.stepFunctions.machines.route(machine, { name: physicalName as string, routes });
    }
    this.program = program;
    this.authorize = authorizerOf(program);
    this.secrets = this.secretsOf(program);
    this.calls = this.callsOf(program);
    this.bus = this.busOf(program);
  }

  /** The functions by their tasks' names; one that runs no task, or shares its name with another, by its own. */
  get functions(): ReadonlyMap<string, DeployedFunction> {
    const functions = ofType(this.program, FUNCTION).filter(({ arn }) => this.deployed.has(arn as string));
    const tasks = functions.map(taskOf);
    const shared = new Set(tasks.filter((task, at) => tasks.indexOf(task) !== at));
    return new Map(
      functions.map((each) => [
        shared.has(taskOf(each)) ? each.name : taskOf(each),
        this.functionAt(each.arn as string),
      ]),
    );
  }

  /** The program's one table. */
  get table(): Rows {
    const [table, ...more] = this.tables.values();
    if (!table || more.length > 0) throw new Error(`the program has ${this.tables.size} tables, not one`);
    return table;
  }

  private async deployFunction(resource: Resource): Promise<DeployedFunction> {
    const form = await deployedForm(resource).catch((error: unknown) => error as Error);
    // A function of another kind matters only to whoever calls it.
    if (form instanceof Error) return unavailable(form);
    this.data?.journal.function({ resource, form });
    return this.run(resource, form);
  }

  private run(resource: Resource, form: FunctionOptions): DeployedFunction {
    const { guard, endpoints } = this.opened;
    const environment = { ...form.environment, ...endpoints, ...guard.environmentOf(resource) };
    return deployFunction({ ...form, environment, onLog: this.options.onLog ?? (() => {}) });
  }

  private callsOf(program: Program): AsynchronousCalls {
    return new AsynchronousCalls(
      program,
      (...asked) => this.authorize(...asked),
      (functionArn, event) => this.functionAt(functionArn).invoke(event),
      (letter) => {
        this.deadLetters.push(letter);
        this.data?.journal.deadLetter(letter);
      },
    );
  }

  private busOf(program: Program): EventBus {
    return new EventBus(program, (...called) => this.calls.call(...called));
  }

  private secretsOf(program: Program): Secrets {
    return new Secrets(program, this.options.env ?? process.env, this.options.onNote ?? (() => {}));
  }

  private place() {
    const arn = this.program.resources.find((each) => each.arn?.split(":")[3])?.arn ?? "";
    return { region: arn.split(":")[3] ?? "us-east-1", account: ACCOUNT };
  }

  private taskOfCaller(session: string | undefined): string {
    const lambda = ofType(this.program, FUNCTION).find(({ physicalName }) => physicalName === session);
    return lambda ? taskOf(lambda) : "a function";
  }

  /**
   * Runs one execution to its end, or until it does nothing but wait for answers that nobody gives.
   * @param machine The name of the saga; needed where the program has several.
   * @throws InvalidExecutionInput when the input is over 256 KiB, as StartExecution does
   * @throws NoSuchResource
   */
  async execute(input: Json, machine?: string): Promise<Reported> {
    const before = await this.allRows();
    const sent = this.outbox.messages.length;
    const execution = this.startExecution(input, undefined, machine);
    const waiting = this.waitsOf(execution.arn);
    const result = await Promise.race([execution.result, waiting]);
    // The time of an answer that nobody gives does not come: its timeout is for those who wait for it.
    if (!("status" in result)) this.stepFunctions.freeze(execution.arn);
    for (const release of this.unanswered.splice(0)) release();
    const tables = changed(before, await this.allRows());
    const outbox = this.outbox.messages.slice(sent);
    return report({ input, history: execution.history, result, tables, outbox });
  }

  /**
   * Starts one execution.
   * @param onEvent Gets each event of its history.
   * @param machine The name of the saga; needed where the program has several.
   * @throws InvalidExecutionInput when the input is over 256 KiB, as StartExecution does
   * @throws NoSuchResource
   */
  startExecution(input: Json, onEvent?: (event: HistoryEvent) => void, machine?: string): Execution {
    const { arn, versionArn } = mainMachine(this.program, machine);
    return this.stepFunctions.start(versionArn ?? (arn as string), { input, onEvent }).execution;
  }

  /** Puts an event on the bus. */
  publish(event: JsonObject): void {
    this.underWay(this.bus.publish(event));
  }

  private underWay(call: Promise<void>): void {
    const delivery = call.finally(() => this.deliveries.delete(delivery));
    this.deliveries.add(delivery);
  }

  /** Once all that has happened will be there after this process. */
  durable(): Promise<void> {
    return this.data?.journal.durable() ?? Promise.resolve();
  }

  /** Goes on with what an earlier process was at. */
  private async goOn(kept: Kept): Promise<void> {
    for (const execution of kept.executions) {
      const known = this.stepFunctions.restore(execution);
      this.restored.add(execution.arn);
      if (execution.untold && known.ended) this.untold.add(execution.arn);
    }
    for (const { ended, parentArn, execution } of this.executions.values()) {
      if (ended || parentArn === undefined) continue;
      // Its parent was stopped, and the process with it before this one was.
      if (this.executions.get(parentArn)?.ended !== undefined) execution.stop();
    }
    for (const call of kept.calls) {
      this.underWay(
        this.calls.call(call.functionArn, call.event).then(() => {
          this.data?.journal.called(call);
        }),
      );
    }
    for (const arn of this.untold) this.underWay(this.tellEnd(this.executions.get(arn) as KnownExecution));
    await this.durable();
  }

  /** Tells the bus of an execution's end, once that will not be forgotten; if it is told twice, nothing is lost. */
  private async tellEnd(known: KnownExecution): Promise<void> {
    const { arn } = known.execution;
    const event = statusChange(known);
    await this.durable();
    await this.bus.publish(event);
    this.data?.journal.told(arn);
    this.untold.delete(arn);
    this.letGo();
  }

  /** Forgets executions that ended long ago. */
  private letGo(): void {
    const { keep } = this.options;
    if (keep === undefined) return;
    const awaited = ({ execution: { arn }, parentArn }: KnownExecution): boolean => {
      const parent = parentArn === undefined ? undefined : this.executions.get(parentArn);
      return this.untold.has(arn) || (parent !== undefined && parent.ended === undefined);
    };
    for (const { execution } of surplus(this.executions.values(), keep, awaited))
      this.stepFunctions.drop(execution.arn);
  }

  /** Waits until nothing runs any more: executions, what their ends lead to, and calls that nobody waits for. */
  async settled(): Promise<void> {
    for (;;) {
      const running = [...this.executions.values()].filter(({ ended }) => !ended);
      const calls = [...this.deployed.values()].flatMap((run) => run.running());
      const under = [...running.map(({ execution }) => execution.result), ...this.deliveries, ...calls];
      if (under.length === 0) return;
      await Promise.allSettled(under);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...new Set(this.deployed.values())].map((run) => run.close()));
    await this.opened.close();
    await this.data?.journal.close();
  }

  /** Makes the call of a task, and has somebody answer with its token where it has one. */
  private async invoke(call: TaskCall, { machine: { arn }, roleArn, execution }: TaskCaller): Promise<Json> {
    const machine = { arn, roleArn };
    const release = this.clock.hold();
    let waits = false;
    try {
      // What has led to a call must not be forgotten once it is made.
      await this.durable();
      if (START_EXECUTION.test(call.resource)) {
        release();
        return await this.runChild(machine, call, execution);
      }
      const result = await this.callService(machine, call);
      if (call.taskToken !== undefined) waits = !this.reply(execution, call, call.taskToken);
      return result;
    } finally {
      // Time stands still until it is told that nobody answers.
      if (waits && this.options.answer) this.unanswered.push(release);
      else release();
    }
  }

  /** What one state of a machine calls, if the machine's role allows it. */
  async call(machineArn: string, call: TaskCall): Promise<Json> {
    const { machine, revision } = this.stepFunctions.machines.get(machineArn);
    const caller = { arn: machine.arn, roleArn: revision.roleArn };
    return START_EXECUTION.test(call.resource) ? this.runChild(caller, call) : this.callService(caller, call);
  }

  private async callService(machine: MachineRole, call: TaskCall): Promise<Json> {
    this.running++;
    try {
      if (/:lambda:invoke/.test(call.resource)) return await this.runFunction(machine, call);
      return await callService(machine, call, {
        dynamoDB: this.opened.dynamoDB.endpoint,
        authorize: (...asked) => this.authorize(...asked),
        outbox: this.outbox,
        stubs: this.options.stubs ?? {},
      });
    } finally {
      this.running--;
      this.tellWaits();
    }
  }

  /** The function with an ARN, its own or that of its version. */
  functionAt(arn: string): DeployedFunction {
    const run = this.deployed.get(arn);
    if (!run) throw new TaskFailure("Lambda.ResourceNotFoundException", `Function not found: ${arn}`);
    return run;
  }

  private async runFunction(machine: MachineRole, { arguments: args, signal, state }: TaskCall): Promise<Json> {
    const { FunctionName, Payload } = args as { FunctionName: string; Payload: Json };
    await permit(this.authorize, machine, "lambda:InvokeFunction", FunctionName);
    const lambda = ofType(this.program, FUNCTION).find((each) => arnsOf(each).includes(FunctionName));
    const name = FunctionName.replace(/^arn:.*:function:/, "");
    const names = [FunctionName, name, name.replace(/:.*/, ""), ...(lambda ? [taskOf(lambda), lambda.name] : [])];
    const stub = stubFor(this.options.stubs ?? {}, state, ...names);
    if (stub) return { ExecutedVersion: "$LATEST", Payload: answerOfStub(stub), StatusCode: 200 };
    if (!this.deployed.has(FunctionName)) {
      throw new NotOnThisMachine(
        `'${state}' invokes ${FunctionName}, which the program does not make: give its answer with --stubs, such as ` +
          `{"${state}": {"output": {}}}`,
      );
    }
    return invokeTask(this.functionAt(FunctionName), Payload, signal);
  }

  /** `startExecution.sync:2`: the description of an execution that has ended, or its failure; stopped with its caller. */
  private async runChild(
    machine: MachineRole,
    { arguments: args, signal, resource: called, state }: TaskCall,
    parent?: Execution,
  ): Promise<Json> {
    const { StateMachineArn, Name, Input } = args as { StateMachineArn: string; Name: string; Input: Json };
    const stub = stubFor(this.options.stubs ?? {}, state, StateMachineArn);
    if (stub) return answerOfStub(stub);
    // IAM knows a machine by its own ARN, whichever version is meant.
    await permit(this.authorize, machine, "states:StartExecution", withoutQualifier(StateMachineArn));
    const { execution } = this.startChild(StateMachineArn, { name: Name, input: Input, parentArn: parent?.arn });
    if (!called.includes(".sync")) return { ExecutionArn: execution.arn, StartDate: new Date().toISOString() };
    return childResult(execution, { StateMachineArn, Name, Input }, signal);
  }

  /** Starts an execution for a state, and fails as the state does. */
  private startChild(stateMachineArn: string, options: StartOptions): KnownExecution {
    const { name, parentArn } = options;
    const there =
      name === undefined ? undefined : this.executions.get(executionArn(withoutQualifier(stateMachineArn), name));
    // It was started before this process, and so was the call that is made again.
    if (there && parentArn !== undefined && there.parentArn === parentArn && this.restored.delete(there.execution.arn))
      return there;
    try {
      return this.stepFunctions.start(stateMachineArn, options);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const { name, message, status } = error;
      throw new TaskFailure(
        `StepFunctions.${name.replace(/(Exception)?$/, "Exception")}`,
        `${message} (Service: AWSStepFunctions; Status Code: ${status}; Error Code: ${name}; Request ID: ${randomUUID()}; Proxy: null)`,
      );
    }
  }

  /** Answers with a token; false where nobody does. */
  private reply(execution: Execution, { state, arguments: args }: TaskCall, token: string): boolean {
    const payload = (args as { readonly Payload?: Json }).Payload ?? args;
    const answer = this.options.answer?.(state, payload);
    if (!answer) {
      for (const { waiting } of this.waits.values()) waiting.push({ state, payload });
      this.tellWaits();
      return false;
    }
    if ("output" in answer) execution.sendTaskSuccess(token, answer.output);
    else execution.sendTaskFailure(token, answer.error, answer.cause);
    return true;
  }

  /** Comes to what waits once nothing else runs. */
  private waitsOf(arn: string): Promise<readonly Waiting[]> {
    return new Promise((resolve) => {
      const waiting: Waiting[] = [];
      const tell = (): void => {
        if (waiting.length > 0) resolve(waiting);
      };
      this.waits.set(arn, { waiting, tell });
      void this.executions
        .get(arn)
        ?.execution.result.finally(() => this.waits.delete(arn))
        .catch(() => {});
    });
  }

  /** Once nothing is called, and nothing happens between calls either. */
  private tellWaits(): void {
    if (this.running > 0 || [...this.waits.values()].every(({ waiting }) => waiting.length === 0)) return;
    const seen = this.events();
    setTimeout(() => {
      if (this.events() !== seen) this.tellWaits();
      else if (this.running === 0) for (const { tell } of this.waits.values()) tell();
    }, 50);
  }

  private events(): number {
    return [...this.executions.values()].reduce((sum, { execution }) => sum + execution.history.length, 0);
  }

  private async allRows(): Promise<ReadonlyMap<string, readonly Row[]>> {
    return new Map(
      await Promise.all([...this.tables].map(async ([name, table]) => [name, await table.rows()] as const)),
    );
  }
}

/** The rows that are new or different, of each table that has any. */
function changed(
  before: ReadonlyMap<string, readonly Row[]>,
  after: ReadonlyMap<string, readonly Row[]>,
): Readonly<Record<string, readonly Row[]>> {
  return Object.fromEntries(
    [...after].flatMap(([name, rows]) => {
      const there = new Set((before.get(name) ?? []).map((row) => JSON.stringify(row)));
      const other = rows.filter((row) => !there.has(JSON.stringify(row)));
      return other.length > 0 ? [[name, other] as const] : [];
    }),
  );
}

/** The policies of a role that the program does not make are not known: whoever has it may do what it asks for. */
function authorizerOf(program: Program): Authorize {
  const authorize = authorizer(program);
  const roles = new Set(ofType(program, "aws:iam/role:Role").flatMap(({ arn, existing }) => (existing ? [] : [arn])));
  return async (caller, action, resource) =>
    roles.has(caller.roleArn) || caller.roleArn.includes(`:${ACCOUNT}:`)
      ? authorize(caller, action, resource)
      : undefined;
}

/** A function that can't run here. */
function unavailable(reason: Error): DeployedFunction {
  return {
    invoke: () => Promise.reject(new NotOnThisMachine(`${reason.message}; give its answer with --stubs`)),
    running: () => [],
    close: () => Promise.resolve(),
  };
}

/** Of those that are sent, so many are kept for each execution that is. */
const MESSAGES_AN_EXECUTION = 10;

const START_EXECUTION = /:states:startExecution/;

/** A registered state machine, as Step Functions takes it. */
function deployedMachine({ arn, physicalName, versionArn, inputs }: Resource): DeployedMachine {
  const { definition, roleArn, type } = inputs as {
    readonly definition: string;
    readonly roleArn: string;
    readonly type?: MachineType;
  };
  return { arn: arn as string, name: physicalName as string, roleArn, type, definition, versionArn };
}
