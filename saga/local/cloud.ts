import { randomUUID } from "node:crypto";
import { AsynchronousCalls, type DeadLetter } from "./asynchronous-calls";
import { AwsError } from "./aws-error";
import { type CloudClock, cloudClock, type Time } from "./clock";
import { Journal, type Kept } from "./data/journal";
import { deployedForm } from "./deployed-form";
import { digestOf, missingFrom, standing } from "./standing";
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
import { deployFunction, type DeployedFunction, type FunctionOptions } from "./lambda/function";
import { isObject } from "../interpreter/json";
import { invokeTask } from "./lambda/task";
import type { Place } from "./place";
import { Queues } from "./queues";
import { ACCOUNT, type Program, type Resource } from "./program";
import { Logs } from "./logs";
import { type Reported, report } from "./report";
import { ALIAS, arnsOf, FUNCTION, machinesOf, mainMachine, ofType, QUEUE, TABLE, taskOf } from "./resources";
import { otherServices } from "./services/aws-api";
import { answerOfStub, callService, NotOnThisMachine } from "./services/integrations";
import { Outbox } from "./services/outbox";
import { Secrets } from "./services/secrets";
import { actionsOf } from "./step-functions/actions";
import { executionArn, withoutQualifier } from "./step-functions/arns";
import { readDefinition } from "./step-functions/definitions";
import type { Executions, KnownExecution } from "./step-functions/executions";
import type { MachineType } from "./step-functions/definitions";
import type { DeployedMachine, Route } from "./step-functions/machines";
import { surplus } from "./step-functions/retention";
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
  readonly outbox: Outbox;
  /** What the functions log. */
  readonly logs = new Logs();
  /** By the names under which the program registers them. */
  readonly tables = new Map<string, Rows>();
  private readonly callers = new Callers();
  /** By their ARNs, and those of their versions. */
  private readonly deployed = new Map<string, DeployedFunction>();
  /** Those, and those that end. */
  private readonly runs = new Set<DeployedFunction>();
  private readonly digests = new WeakMap<DeployedFunction, string>();
  /** The program, and what executions that are under way need of the releases before it. */
  private standing: Program;
  private readonly stepFunctions: StepFunctions;
  private readonly clock: CloudClock;
  /** What the bus could not deliver, and what functions that it invoked failed on. */
  readonly deadLetters: DeadLetter[];
  /** How each of them is taken out of the journal. */
  private readonly letters = new WeakMap<DeadLetter, () => void>();
  private readonly deliveries = new Set<Promise<void>>();
  /** There are executions of an earlier process which have not gone on yet. */
  private restoring: boolean;
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
    this.restoring = (kept?.executions.length ?? 0) > 0;
    const before = [...(kept?.functions.values() ?? [])].map(({ resource }) => resource);
    this.standing = { ...program, resources: [...program.resources, ...missingFrom(program, before)] };
    this.deadLetters = [...(kept?.deadLetters ?? [])];
    this.outbox = new Outbox({
      most: options.keep === undefined ? undefined : options.keep * MESSAGES_AN_EXECUTION,
      ...(kept && { kept: kept.messages }),
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
        this.options.onEnd?.(ended);
        const { arn } = ended.execution;
        // On AWS, too, an execution of an EXPRESS machine puts no event on the bus.
        if (ended.type === "EXPRESS") {
          this.stepFunctions.drop(arn);
          return;
        }
        this.untold.add(arn);
        this.underWay(this.tellEnd(ended));
      },
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
      const path = this.data?.journal.tables;
      const decide = doorOf({
        callers: this.callers,
        authorize,
        isLasting: (roleArn) => isLasting(this.standing, roleArn),
        arnPrefix,
        tables: () => ofType(this.standing, TABLE),
        admitsStrangers: true,
      });
      const dynamoDB = await opened(startDynamoDB({ decide, ...(path !== undefined && { path }) }));
      const services: WireServices = {
        place: () => this.place(),
        callerOf,
        authorize,
        stepFunctions: actionsOf(
          this.stepFunctions,
          () => this.place(),
          (...asked) => this.callAlone(...asked),
        ),
        durable: () => this.durable(),
        lambda: this.lambdaService(),
        logs: this.logs,
        queues: new Queues(
          () =>
            ofType(this.standing, QUEUE).flatMap(({ arn, existing }) => (arn === undefined || existing ? [] : [arn])),
          () => this.deadLetters,
          (letter) => {
            this.deadLetters.splice(this.deadLetters.indexOf(letter), 1);
            this.letters.get(letter)?.();
          },
        ),
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
   * definition, and with the versions of the functions that it names; what the release no longer has stays until they have
   * ended, and is started by nobody else. Where it fails, nothing has changed.
   * @throws AwsError InvalidDefinition
   */
  async deploy(program: Program): Promise<void> {
    const machines = machinesOf(program).filter(({ existing }) => !existing);
    for (const { definition, type } of machines.map(deployedMachine)) readDefinition(definition, type ?? "STANDARD");
    for (const resource of ofType(program, TABLE)) {
      const inputs = resource.inputs as unknown as TableInputs;
      // The keys of a table that was there before are not known here.
      if (this.tables.has(resource.name) || (inputs.hashKey as string | undefined) === undefined) continue;
      this.tables.set(resource.name, await this.opened.dynamoDB.create(inputs, resource.physicalName as string));
    }
    const functions = await this.deployFunctions(program);

    const isUnderWay = this.restoring || [...this.executions.values()].some(({ ended }) => !ended);
    const before = this.standing;
    this.program = program;
    this.standing = standing(before, program, isUnderWay);
    for (const [arn, run] of functions) this.deployed.set(arn, run);
    if (this.restoring) {
      // What is under way calls the functions of its own release.
      for (const [versionArn, { resource, form }] of this.data?.kept.functions ?? []) {
        if (!this.deployed.has(versionArn)) this.deployed.set(versionArn, this.run(resource, form));
      }
    } else this.closeReplaced();
    for (const machine of machines.map(deployedMachine)) this.stepFunctions.machines.deploy(machine);
    for (const { arn } of missingFrom(program, machinesOf(before))) {
      this.stepFunctions.machines.withdraw(arn as string, isUnderWay);
    }
    for (const { inputs, physicalName } of ofType(program, ALIAS)) {
      const routes = inputs["routingConfigurations"] as readonly Route[];
      const target = this.stepFunctions.machines.find(withoutQualifier(routes[0]?.stateMachineVersionArn ?? ""));
      // That of a machine which is not on this machine leads nowhere here.
      if (target) this.stepFunctions.machines.route(target.machine, { name: physicalName as string, routes });
    }
    this.authorize = authorizerOf(this.standing);
    this.secrets = this.secretsOf(program);
    this.calls = this.callsOf(this.standing);
    this.bus = this.busOf(this.standing);
    this.opened.dynamoDB.forget();
  }

  /** The functions of a release by their ARNs: those that are new or have changed, beside those that are there. */
  private async deployFunctions(program: Program): Promise<readonly (readonly [arn: string, run: DeployedFunction])[]> {
    const deployed = ofType(program, FUNCTION).map(async (resource) => {
      if (resource.existing) return [];
      const run = this.deployed.get(resource.versionArn ?? "") ?? (await this.deployFunction(resource));
      return arnsOf(resource).map((arn) => [arn, run] as const);
    });
    return (await Promise.all(deployed)).flat();
  }

  /** Versions stay as long as their function does. What no release leads to any more ends once its calls have. */
  private closeReplaced(): void {
    const functions = new Set(ofType(this.standing, FUNCTION).map(({ arn }) => arn));
    for (const arn of this.deployed.keys()) if (!functions.has(withoutVersion(arn))) this.deployed.delete(arn);
    const kept = new Set(this.deployed.values());
    for (const run of this.runs) {
      if (kept.has(run)) continue;
      void Promise.allSettled(run.running())
        .then(() => run.close())
        .then(() => this.runs.delete(run));
    }
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
    const there = this.deployed.get(resource.arn as string);
    if (there && resource.versionArn === undefined && this.digests.get(there) === digestOf(form)) return there;
    this.data?.journal.function({ resource, form });
    return this.run(resource, form);
  }

  private run(resource: Resource, form: FunctionOptions): DeployedFunction {
    const own = { ...this.opened.endpoints, AWS_ACCESS_KEY_ID: this.callers.keyOf(resource) };
    const environment = { ...form.environment, ...own };
    const name = resource.physicalName as string;
    const group = logGroupOf(name);
    this.logs.open(group);
    const onLog = (line: string): void => {
      this.logs.add(group, resource.versionArn ?? name, line);
      this.options.onLog?.(line);
    };
    const run = deployFunction({ ...form, environment, onLog });
    this.runs.add(run);
    this.digests.set(run, digestOf(form));
    return run;
  }

  private callsOf(program: Program): AsynchronousCalls {
    return new AsynchronousCalls(
      program,
      (...asked) => this.authorize(...asked),
      (functionArn, event) => this.functionAt(functionArn).invoke(event),
      (letter) => {
        this.deadLetters.push(letter);
        const remove = this.data?.journal.deadLetter(letter);
        if (remove) this.letters.set(letter, remove);
      },
    );
  }

  private busOf(program: Program): EventBus {
    return new EventBus(program, (...called) => this.calls.call(...called));
  }

  private secretsOf(program: Program): Secrets {
    return new Secrets(program, this.options.env ?? process.env, this.options.onNote ?? (() => {}));
  }

  /** Where the program's resources are. */
  place(): Place {
    const arn = this.program.resources.find((each) => each.arn?.split(":")[3])?.arn ?? "";
    return { region: arn.split(":")[3] ?? "us-east-1", account: ACCOUNT };
  }

  /** The ARN of a machine's alias, by which a deploy has it started. */
  aliasOf(machineArn: string): string | undefined {
    const [alias] = this.stepFunctions.machines.find(machineArn)?.machine.aliases.keys() ?? [];
    return alias;
  }

  /** Where clients of AWS find the cloud. */
  get endpoint(): string {
    return this.opened.wire.endpoint;
  }

  private taskOfCaller(session: string | undefined): string | undefined {
    if (session === undefined) return undefined;
    const lambda = ofType(this.standing, FUNCTION).find(({ physicalName }) => physicalName === session);
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
  publish(event: JsonObject): Promise<void> {
    const published = this.bus.publish(event);
    this.underWay(published);
    return published;
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
      if (known.ended && known.type === "EXPRESS") this.stepFunctions.drop(execution.arn);
      else if (known.ended && execution.untold) this.untold.add(execution.arn);
    }
    this.restoring = false;
    for (const { ended, parent, execution } of this.executions.values()) {
      const caller = parent?.waits ? this.executions.get(parent.arn) : undefined;
      // Its parent was stopped, and the process was gone before it was itself: the call that waits for it is not made again.
      if (ended || !caller) continue;
      void caller.over.then(() => {
        if (this.restored.has(execution.arn)) execution.stop();
      });
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

  /** Tells the bus of an execution's end, once that will not be forgotten; it may be told twice, and is never lost. */
  private async tellEnd(known: KnownExecution): Promise<void> {
    const { arn } = known.execution;
    const event = statusChange(known);
    await this.durable();
    await this.publish(event);
    this.data?.journal.told(arn);
    this.untold.delete(arn);
    this.letGo();
  }

  /** Forgets executions that ended long ago. */
  private letGo(): void {
    const { keep } = this.options;
    if (keep === undefined) return;
    const needed = ({ execution: { arn }, parent }: KnownExecution): boolean => {
      const caller = parent && this.executions.get(parent.arn);
      return this.untold.has(arn) || (caller !== undefined && !caller.ended);
    };
    for (const { execution } of surplus(this.executions.values(), keep, needed)) this.stepFunctions.drop(execution.arn);
  }

  /** Waits until nothing runs any more: executions, what their ends lead to, and calls that nobody waits for. */
  async settled(): Promise<void> {
    for (;;) {
      const running = [...this.executions.values()].filter(({ ended }) => !ended);
      const calls = [...this.runs].flatMap((run) => run.running());
      const under = [...running.map(({ execution }) => execution.result), ...this.deliveries, ...calls];
      if (under.length === 0) return;
      await Promise.allSettled(under);
    }
  }

  async close(): Promise<void> {
    // What ends because all of it does is not what the next process goes on from.
    await this.data?.journal.close();
    await Promise.all([...this.runs].map((run) => run.close()));
    await this.opened.close();
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
        return await this.runChild(machine, call, execution.arn);
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
        const answered = this.data?.journal.call(functionArn, event as JsonObject);
        this.underWay(this.calls.call(functionArn, event as JsonObject).then(answered));
        return this.durable();
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
    const lambda = ofType(this.standing, FUNCTION).find((each) => arnsOf(each).includes(FunctionName));
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
    parentArn?: string,
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
      ...(parentArn !== undefined && { parent: { arn: parentArn, waits } }),
    });
    if (!waits) return { ExecutionArn: execution.arn, StartDate: new Date().toISOString() };
    return childResult(execution, { StateMachineArn, Name, Input }, signal);
  }

  /** Starts an execution for a state, and fails as the state does. */
  private startChild(stateMachineArn: string, options: StartOptions): KnownExecution {
    const { name, parent } = options;
    const there = this.executions.get(executionArn(withoutQualifier(stateMachineArn), name ?? ""));
    // It was started before this process, and so was the call that is made again.
    const again = there?.parent !== undefined && there.parent.arn === parent?.arn;
    if (again && this.restored.delete(there.execution.arn)) return there;
    try {
      return this.stepFunctions.start(stateMachineArn, { ...options, byMachine: true });
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

/** Of what is sent, so many messages are kept for each execution that is. */
const MESSAGES_AN_EXECUTION = 10;

const START_EXECUTION = /:states:startExecution/;

/** The ARN of a function, of that of a version. */
const withoutVersion = (arn: string): string => arn.split(":").slice(0, 7).join(":");

/** A registered state machine, as Step Functions takes it. */
function deployedMachine({ arn, physicalName, versionArn, inputs }: Resource): DeployedMachine {
  const { definition, roleArn, type } = inputs as {
    readonly definition: string;
    readonly roleArn: string;
    readonly type?: MachineType;
  };
  return { arn: arn as string, name: physicalName as string, roleArn, type, definition, versionArn };
}
