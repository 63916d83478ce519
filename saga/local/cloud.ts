import { randomUUID } from "node:crypto";
import { AsynchronousCalls, type DeadLetter } from "./asynchronous-calls";
import { AwsError } from "./aws-error";
import { type CloudClock, cloudClock, type Time } from "./clock";
import { deployedForm } from "./deployed-form";
import { EventBus, statusChange } from "./event-bus";
import { doorOf } from "./dynamodb/door";
import { type LocalDynamoDB, type Row, type Rows, startDynamoDB, type TableInputs } from "./dynamodb/table";
import { type Authorize, authorizer, isLasting } from "./iam/authorizer";
import { Callers } from "./iam/callers";
import { type MachineRole, permit } from "./iam/machine-role";
import {
  childResult,
  type Execution,
  type HistoryEvent,
  type Json,
  type JsonObject,
  type TaskCall,
  TaskFailure,
} from "../interpreter";
import { InvocationError } from "./lambda/errors";
import { deployFunction, type DeployedFunction } from "./lambda/function";
import { isObject } from "../interpreter/json";
import { invokeTask } from "./lambda/task";
import { ACCOUNT, type Program, type Resource } from "./program";
import { Logs } from "./logs";
import { type Reported, report } from "./report";
import { ALIAS, arnsOf, FUNCTION, machinesOf, mainMachine, ofType, TABLE, taskOf } from "./resources";
import { otherServices } from "./services/aws-api";
import { answerOfStub, callService, NotOnThisMachine } from "./services/integrations";
import { Outbox } from "./services/outbox";
import { Secrets } from "./services/secrets";
import { actionsOf } from "./step-functions/actions";
import { withoutQualifier } from "./step-functions/arns";
import type { Executions, KnownExecution } from "./step-functions/executions";
import type { MachineType } from "./step-functions/definitions";
import type { DeployedMachine, Route } from "./step-functions/machines";
import { type StartOptions, StepFunctions, type TaskCaller } from "./step-functions/service";
import { type Stub, stubFor, type Stubs } from "./stubs";
import { type Served, startWire, type WireOptions, type WireServices } from "./wire";
import type { FunctionConfiguration, Invoked, LambdaService } from "./wire/lambda";
import type { Refusal } from "./wire/message";

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
  /** Where clients of AWS find the cloud: a free port of the loopback interface, unless said. */
  readonly wire?: WireOptions;
  /** Is told each time that an execution ends. */
  readonly onEnd?: (ended: KnownExecution) => void;
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
  readonly wire: Served;
  /** The endpoints that functions are told of, by the variables that tell them. */
  readonly endpoints: Readonly<Record<string, string>>;
  readonly close: () => Promise<void>;
}

/** What the program registers, running in this process: its tables, its functions, its state machines. */
export class LocalCloud {
  /** Of all machines. */
  readonly executions: Executions;
  /** What was sent to services that are not on this machine. */
  readonly outbox = new Outbox();
  /** What the functions log. */
  readonly logs = new Logs();
  /** By the names under which the program registers them. */
  readonly tables = new Map<string, Rows>();
  private readonly callers = new Callers();
  private readonly deployed = new Map<string, DeployedFunction>();
  private readonly stepFunctions: StepFunctions;
  private readonly clock: CloudClock;
  private readonly deliveries = new Set<Promise<void>>();
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
  ) {
    this.calls = this.callsOf(program);
    this.bus = this.busOf(program);
    this.authorize = authorizerOf(program);
    this.secrets = this.secretsOf(program);
    this.clock = cloudClock(options.time);
    this.stepFunctions = new StepFunctions({
      clock: this.clock,
      invoke: (call, caller) => this.invoke(call, caller),
      onEnd: (ended) => {
        this.options.onEnd?.(ended);
        // On AWS, too, an execution of an EXPRESS machine puts no event on the bus.
        if (ended.type === "STANDARD") this.publish(statusChange(ended));
      },
    });
    this.executions = this.stepFunctions.executions;
  }

  /** Starts all of it. Close it in the end. */
  static async start(program: Program, options: CloudOptions = {}): Promise<LocalCloud> {
    const cloud = new LocalCloud(program, options);
    cloud.opened = await cloud.open();
    try {
      await cloud.deploy(program);
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
    const callerOf = (accessKey: string) => this.callers.withKey(accessKey);
    const refuse: Refusal = async ({ signer }, action, resource) => {
      const caller = callerOf(signer.accessKey);
      return caller && authorize(caller, action, resource);
    };
    const arnPrefix = (): string => {
      const { region, account } = this.place();
      return `arn:aws:dynamodb:${region}:${account}:table/`;
    };
    try {
      const decide = doorOf({
        callers: this.callers,
        authorize,
        isLasting: (roleArn) => isLasting(this.program, roleArn),
        arnPrefix,
        tables: () => ofType(this.program, TABLE),
        admitsStrangers: true,
      });
      const dynamoDB = await opened(startDynamoDB({ decide }));
      const services: WireServices = {
        place: () => this.place(),
        callerOf,
        authorize,
        stepFunctions: actionsOf(
          this.stepFunctions,
          () => this.place(),
          (...asked) => this.callAlone(...asked),
        ),
        lambda: this.lambdaService(),
        logs: this.logs,
        dynamoDB: () => dynamoDB.endpoint,
        others: otherServices({
          refuse,
          outbox: this.outbox,
          stubs: () => this.options.stubs ?? {},
          secrets: () => this.secrets,
          place: () => this.place(),
          callerOf: ({ signer }) => this.taskOfCaller(callerOf(signer.accessKey)?.session),
        }),
      };
      const wire = await opened(startWire(services, this.options.wire));
      const endpoints = { AWS_ENDPOINT_URL: wire.endpoint, AWS_ENDPOINT_URL_DYNAMODB: dynamoDB.endpoint };
      return { dynamoDB, wire, endpoints, close };
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
    for (const resource of machinesOf(program)) {
      if (resource.existing) continue;
      this.stepFunctions.machines.deploy(deployedMachine(resource));
    }
    for (const { inputs, physicalName } of ofType(program, ALIAS)) {
      const routes = inputs["routingConfigurations"] as readonly Route[];
      const target = this.stepFunctions.machines.find(withoutQualifier(routes[0]?.stateMachineVersionArn ?? ""));
      // That of a machine which is not on this machine leads nowhere here.
      if (target) this.stepFunctions.machines.route(target.machine, { name: physicalName as string, routes });
    }
    this.program = program;
    this.authorize = authorizerOf(program);
    this.secrets = this.secretsOf(program);
    this.calls = this.callsOf(program);
    this.bus = this.busOf(program);
    this.opened.dynamoDB.forget();
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
    const own = { ...this.opened.endpoints, AWS_ACCESS_KEY_ID: this.callers.keyOf(resource) };
    const environment = { ...form.environment, ...own };
    const name = resource.physicalName as string;
    const group = logGroupOf(name);
    this.logs.open(group);
    const onLog = (line: string): void => {
      this.logs.add(group, resource.versionArn ?? name, line);
      this.options.onLog?.(line);
    };
    return deployFunction({ ...form, environment, onLog });
  }

  private callsOf(program: Program): AsynchronousCalls {
    return new AsynchronousCalls(
      program,
      (...asked) => this.authorize(...asked),
      (functionArn, event) => this.functionAt(functionArn).invoke(event),
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

  /** Where clients of AWS find the cloud. */
  get endpoint(): string {
    return this.opened.wire.endpoint;
  }

  private taskOfCaller(session: string | undefined): string | undefined {
    if (session === undefined) return undefined;
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

  /** What the bus could not deliver, and what functions that it invoked failed on. */
  get deadLetters(): readonly DeadLetter[] {
    return this.calls.deadLetters;
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
  }

  /** Makes the call of a task, and has somebody answer with its token where it has one. */
  private async invoke(call: TaskCall, { machine: { arn }, roleArn, execution }: TaskCaller): Promise<Json> {
    const machine = { arn, roleArn };
    if (START_EXECUTION.test(call.resource)) return this.runChild(machine, call);
    const release = this.clock.hold();
    let waits = false;
    try {
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
        dynamoDB: this.opened.dynamoDB,
        authorize: (...asked) => this.authorize(...asked),
        outbox: this.outbox,
        stubs: this.options.stubs ?? {},
      });
    } finally {
      this.running--;
      this.tellWaits();
    }
  }

  /** The functions, for those who call them from outside. */
  private lambdaService(): Omit<LambdaService, "refuse"> {
    return {
      functions: () =>
        ofType(this.program, FUNCTION)
          .filter(({ arn }) => this.deployed.has(arn ?? ""))
          .map((resource) => ({
            configuration: functionConfiguration(resource),
            version: resource.versionArn?.replace(/^.*:/, ""),
            tags: (resource.inputs["tags"] ?? {}) as Readonly<Record<string, string>>,
          })),
      invoke: (arn, event) => this.invokeFromOutside(arn, event),
      send: (functionArn, event) => {
        this.underWay(this.calls.call(functionArn, event as JsonObject));
      },
    };
  }

  private async invokeFromOutside(arn: string, event: Json): Promise<Invoked> {
    const group = logGroupOf(arn.replace(/^.*:function:([^:]+).*/, "$1"));
    const since = this.logs.last(group);
    const log = (): readonly string[] => this.logs.after(group, since);
    try {
      const { payload } = await this.functionAt(arn).invoke(event);
      return { payload: (payload ?? null) as Json, failed: false, log: log() };
    } catch (error) {
      if (error instanceof InvocationError)
        return { payload: JSON.parse(error.cause) as Json, failed: true, log: log() };
      if (error instanceof NotOnThisMachine) throw new AwsError("ServiceException", error.message, { status: 500 });
      throw error;
    }
  }

  /** What a Task calls that TestState tests, in the name of a role. */
  private callAlone(resource: string, args: Json, roleArn: string): Promise<Json> {
    const { region, account } = this.place();
    const arn = `arn:aws:states:${region}:${account}:stateMachine:${randomUUID()}`;
    const { signal } = new AbortController();
    const call: TaskCall = {
      resource,
      state: "StateName",
      arguments: args,
      attempt: 0,
      context: { Execution: {}, StateMachine: {} },
      signal,
      hold: () => () => {},
      submitted: () => {},
    };
    const machine = { arn, roleArn };
    return START_EXECUTION.test(resource) ? this.runChild(machine, call) : this.callService(machine, call);
  }

  /** The function with an ARN, its own or that of its version. */
  functionAt(arn: string): DeployedFunction {
    const run = this.deployed.get(arn);
    if (!run) throw new TaskFailure("Lambda.ResourceNotFoundException", `Function not found: ${arn}`);
    return run;
  }

  private async runFunction(machine: MachineRole, { arguments: args, signal, hold, state }: TaskCall): Promise<Json> {
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
    return invokeTask(this.functionAt(FunctionName), Payload, { signal, hold });
  }

  /** `startExecution.sync:2`: the description of an execution that has ended, or its failure; stopped with its caller. */
  private async runChild(
    machine: MachineRole,
    { arguments: args, signal, hold, resource: called, state }: TaskCall,
  ): Promise<Json> {
    const { StateMachineArn, Name, Input } = args as { StateMachineArn: string; Name: string; Input: Json };
    const stub = stubFor(this.options.stubs ?? {}, state, StateMachineArn);
    if (stub) return answerOfStub(stub);
    // IAM knows a machine by its own ARN, whichever version is meant.
    await permit(this.authorize, machine, "states:StartExecution", withoutQualifier(StateMachineArn));
    const waits = called.includes(".sync");
    const { execution } = this.startChild(StateMachineArn, {
      name: Name,
      input: Input,
      ...(waits && { onHold: hold }),
    });
    if (!waits) return { ExecutionArn: execution.arn, StartDate: new Date().toISOString() };
    return childResult(execution, { StateMachineArn, Name, Input }, signal);
  }

  /** Starts an execution for a state, and fails as the state does. */
  private startChild(stateMachineArn: string, options: StartOptions): KnownExecution {
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

/** Where Lambda keeps what a function logs. */
const logGroupOf = (name: string): string => `/aws/lambda/${name}`;

/** What GetFunction tells of a function that the program registers. */
function functionConfiguration({ physicalName, arn, inputs }: Resource): FunctionConfiguration {
  const { runtime, role, handler, timeout, memorySize, architectures, environment, description } = inputs as Readonly<
    Record<string, Json | undefined>
  >;
  return {
    FunctionName: physicalName as string,
    FunctionArn: arn as string,
    ...(runtime !== undefined && { Runtime: runtime }),
    ...(role !== undefined && { Role: role }),
    ...(handler !== undefined && { Handler: handler }),
    Description: description ?? "",
    Timeout: timeout ?? 3,
    MemorySize: memorySize ?? 128,
    ...(isObject(environment) &&
      isObject(environment["variables"]) && {
        Environment: { Variables: environment["variables"] },
      }),
    PackageType: "Zip",
    Architectures: architectures ?? ["x86_64"],
    State: "Active",
    LastUpdateStatus: "Successful",
    LoggingConfig: { LogFormat: "Text", LogGroup: logGroupOf(physicalName as string) },
  };
}

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
