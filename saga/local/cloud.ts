import { Answers } from "./answers";
import type { DeadLetter } from "./asynchronous-calls";
import { CallFaults } from "./call-faults";
import { cloudClock } from "./clock";
import type { CloudOptions } from "./cloud-options";
import type { Journal, Kept } from "./data/journal";
import { DeadLetters } from "./dead-letters";
import { deployedMachines, deployMachines } from "./deployed-machines";
import { Deliveries } from "./deliveries";
import { allRows, changedRows } from "./dynamodb/changes";
import type { Rows, TableInputs } from "./dynamodb/table";
import { EarlierProcess } from "./earlier-process";
import { checkTargets } from "./event-bus";
import { Ends } from "./ends";
import { type Endpoints, openEndpoints } from "./endpoints";
import { Functions } from "./functions";
import type { Authorize } from "./iam/authorizer";
import { Callers } from "./iam/callers";
import type { Execution, HistoryEvent, Json, JsonObject, TaskCall } from "../interpreter";
import type { DeployedFunction } from "./lambda/function";
import { Logs } from "./logs";
import { neededOf } from "./needed";
import type { Place } from "./place";
import type { Program } from "./program";
import { placeOf, type Release, releaseOf } from "./release";
import { type Reported, report } from "./report";
import { arnsOf, machinesOf, mainMachine, neededByExecutions, ofType, TABLE } from "./resources";
import { Outbox } from "./services/outbox";
import { standing } from "./standing";
import { type Executions, isStuck, type KnownExecution } from "./step-functions/executions";
import { type StartOptions, StepFunctions } from "./step-functions/service";
import { TaskCalls } from "./task-calls";

export type { Answer, Waiting } from "./answers";
export type { CloudOptions } from "./cloud-options";
export { deployedForm } from "./deployed-form";
export { arnsOf, definitionOf, mainMachine, taskOf } from "./resources";

/**
 * A local cloud. It runs the resources that a program registers, such as tables, functions and state machines, in this
 * process.
 */
export class LocalCloud {
  /** The executions of all machines. */
  readonly executions: Executions;
  /** The messages to services that are not on this machine. */
  readonly outbox: Outbox;
  /** The logs of the functions. */
  readonly logs = new Logs();
  /** The faults injected into the calls of this release. */
  readonly faults = new CallFaults();
  /** The tables, by their logical names in the program. */
  readonly tables = new Map<string, Rows>();
  /** The events that functions could not process, after all attempts. */
  readonly deadLetters: readonly DeadLetter[];
  private release: Release;
  private readonly stepFunctions: StepFunctions;
  private readonly deployed: Functions;
  private readonly taskCalls: TaskCalls;
  private readonly answers: Answers;
  private readonly deliveries: Deliveries;
  private readonly earlier: EarlierProcess;
  private readonly ends: Ends;
  private readonly openEndpoints: () => Promise<Endpoints>;
  private endpoints!: Endpoints;

  private constructor(
    program: Program,
    private readonly options: CloudOptions,
    private readonly data?: { readonly journal: Journal; readonly kept: Kept },
  ) {
    const { journal, kept } = data ?? {};
    const { stubs = {}, keep, onLog } = options;
    const functionsBefore = [...(kept?.functions.values() ?? [])].map(({ resource }) => resource);
    const before = [...functionsBefore, ...(kept?.standing ?? [])];
    this.release = releaseOf(
      { program, standing: standing({ ...program, resources: before }, program, true) },
      options,
    );
    this.outbox = new Outbox({
      most: keep === undefined ? undefined : keep * MESSAGES_AN_EXECUTION,
      ...(kept && { kept: kept.messages }),
      ...(journal && { onAdd: (message) => journal.message(message) }),
    });
    const clock = cloudClock(options.time, kept?.latest);
    const callers = new Callers();
    const deadLetters = new DeadLetters(journal, kept?.deadLetters);
    this.deadLetters = deadLetters.letters;
    const authorize: Authorize = (...asked) => this.release.authorize(...asked);
    const release = () => this.release;
    const durable = () => this.durable();
    const common = { release, authorize, durable, journal, stubs, outbox: this.outbox, logs: this.logs };

    const functions = new Functions({ ...common, callers, onLog, pool: options.pool, endpoints: () => this.endpoints });
    const deliveries = new Deliveries({ ...common, functions, deadLetters, onNote: options.onNote }, program);
    const stepFunctions = new StepFunctions({
      clock,
      invoke: (...called) => this.taskCalls.invoke(...called),
      onEnd: (ended) => {
        options.onEnd?.(ended);
        ends.add(ended);
      },
      journal,
    });
    // A test that loses events replaces the method `publish`, so it is looked up at each call.
    const publish = (event: JsonObject) => this.publish(event);
    const ends = new Ends({ stepFunctions, deliveries, publish, journal, keep });
    const earlier = new EarlierProcess(kept, { stepFunctions, deliveries, ends });
    const answers = new Answers(stepFunctions.executions, options.answer);
    const dynamoDB = () => this.endpoints.dynamoDB;
    const taskCalls = new TaskCalls({
      ...common,
      functions,
      stepFunctions,
      earlier,
      answers,
      clock,
      faults: this.faults,
      dynamoDB,
    });
    const now = () => clock.now();
    const served = { ...common, now, callers, stepFunctions, taskCalls, functions, deliveries, deadLetters };
    this.openEndpoints = () => openEndpoints(served, options.wire);
    this.executions = stepFunctions.executions;
    this.deployed = functions;
    this.deliveries = deliveries;
    this.stepFunctions = stepFunctions;
    this.earlier = earlier;
    this.ends = ends;
    this.answers = answers;
    this.taskCalls = taskCalls;
  }

  /** Starts a cloud. The caller has to close it. */
  static async start(program: Program, options: CloudOptions = {}): Promise<LocalCloud> {
    const data = options.data === undefined ? undefined : await openJournal(options.data);
    let cloud: LocalCloud;
    try {
      cloud = new LocalCloud(program, options, data);
      cloud.endpoints = await cloud.openEndpoints();
    } catch (error) {
      await data?.journal.close();
      throw error;
    }
    try {
      for (const machine of data?.kept.machines ?? []) cloud.stepFunctions.machines.restore(machine);
      await cloud.deploy(program);
      cloud.earlier.goOn();
      cloud.removeUnneeded();
      await cloud.durable();
    } catch (error) {
      await cloud.close();
      throw error;
    }
    return cloud;
  }

  /**
   * Deploys a program, or a new release of it on the same tables. Running executions continue with their definition and
   * with the function versions that it names. Resources that the release dropped stay until these executions end, and
   * their undos if they are stopped. Nobody else can start them. If the deployment fails, the release before it stays in place.
   * @throws AwsError InvalidDefinition
   */
  async deploy(program: Program): Promise<void> {
    const machines = deployedMachines(program);
    checkTargets(program);
    await this.createTables(program);
    const functions = await this.deployed.prepare(program);

    const before = this.release.standing;
    const isUnderWay = this.isUnderWay();
    this.release = releaseOf({ program, standing: standing(before, program, isUnderWay) }, this.options);
    this.data?.journal.standing(neededByExecutions(this.release.standing));
    this.faults.clear();
    this.deployed.take(functions);
    if (this.earlier.isPending && this.data) this.deployed.restore(this.data.kept);
    deployMachines(this.stepFunctions.machines, program, machines);
    this.deliveries.follow(this.release.standing);
    this.endpoints.dynamoDB.forget();
    // The executions of an earlier process are not known before they go on.
    if (!this.earlier.isPending) this.removeUnneeded();
  }

  /** Whether anything may still need what the program drops. */
  private isUnderWay(): boolean {
    // The recovery of a stopped execution may not have started yet: then only the delivery of its end runs.
    if (this.earlier.isUnderWay || this.deliveries.running().length > 0) return true;
    return [...this.executions.values()].some((known) => this.isUnfinished(known));
  }

  /** Whether an execution may still make calls: it runs, waits for a redrive, or its end is not published. */
  private isUnfinished({ execution: { arn }, ended }: KnownExecution): boolean {
    return ended === undefined || isStuck(ended.result) || this.ends.isUntold(arn);
  }

  /** Removes versions, functions and dropped machines that nothing needs any more. */
  private removeUnneeded(): void {
    const { machines } = this.stepFunctions;
    const delivers = this.deliveries.running().length > 0;
    const { arns, revisions } = neededOf({
      machines,
      released: machinesOf(this.release.program).flatMap(arnsOf),
      executions: this.executions.values(),
      isUnfinished: (known) => delivers || this.isUnfinished(known),
    });
    const isNeeded = (arn: string): boolean => arns.has(arn);
    machines.removeUnneeded(isNeeded);
    const functions = this.deployed.closeUnneeded(this.release, isNeeded);
    const run = [...this.executions.values()].map(({ revision }) => revision);
    this.data?.journal.keepOnly(new Set(functions), [...revisions, ...run]);
  }

  private async createTables(program: Program): Promise<void> {
    const names = new Set<string>();
    for (const { name, inputs, physicalName = name } of ofType(program, TABLE)) {
      const table = inputs as unknown as TableInputs;
      // A program that reads an existing table does not register its keys.
      if ((table.hashKey as string | undefined) === undefined) continue;
      if (names.has(physicalName)) throw new Error(`the program has two tables with the name '${physicalName}'`);
      names.add(physicalName);
      this.tables.set(name, await this.endpoints.dynamoDB.create(table, physicalName));
    }
  }

  /**
   * The functions, by the names of their tasks. A function without a task, or with a task that several functions share,
   * has its own name.
   */
  get functions(): ReadonlyMap<string, DeployedFunction> {
    return this.deployed.byTask(this.release.program);
  }

  /** The function with this ARN, which may be the ARN of a version. */
  functionAt(arn: string): DeployedFunction {
    return this.deployed.at(arn);
  }

  /**
   * The only table of the program.
   * @throws Error if the program has none or several
   */
  get table(): Rows {
    const [table, ...more] = this.tables.values();
    if (!table || more.length > 0) throw new Error(`the program has ${this.tables.size} tables, not one`);
    return table;
  }

  /** The region and the account of the program's resources. */
  place(): Place {
    return placeOf(this.release);
  }

  /** The ARN of a machine's alias, which starts executions after a deployment. */
  aliasOf(machineArn: string): string | undefined {
    const [alias] = this.stepFunctions.machines.find(machineArn)?.machine.aliases.keys() ?? [];
    return alias;
  }

  /** The endpoint for AWS clients. */
  get endpoint(): string {
    return this.endpoints.wire;
  }

  /**
   * Runs one execution to its end, or until it only waits for task tokens that nobody answers.
   * @param machine The name of the saga. Required if the program has several.
   * @param name The name of the execution. Default: a random one.
   * @throws InvalidExecutionInput if the input is over 256 KiB, as StartExecution does
   * @throws NoSuchResource
   */
  async execute(input: Json, machine?: string, name?: string): Promise<Reported> {
    const before = await allRows(this.tables);
    const sent = this.outbox.messages.length;
    const execution = this.start(machine, { input, name });
    const waiting = this.answers.waitsOf(execution.arn);
    const result = await Promise.race([execution.result, waiting]);
    // The report shows the waiting tasks. Their timeouts must not fire after it.
    if (!("status" in result)) this.stepFunctions.freeze(execution.arn);
    this.answers.releaseTime();
    const tables = changedRows(before, await allRows(this.tables));
    const outbox = this.outbox.messages.slice(sent);
    return report({ input, history: execution.history, result, tables, outbox });
  }

  /**
   * Starts one execution.
   * @param onEvent Receives each event of its history.
   * @param machine The name of the saga. Required if the program has several.
   * @throws InvalidExecutionInput if the input is over 256 KiB, as StartExecution does
   * @throws NoSuchResource
   */
  startExecution(input: Json, onEvent?: (event: HistoryEvent) => void, machine?: string): Execution {
    return this.start(machine, { input, onEvent });
  }

  private start(machine: string | undefined, options: Partial<StartOptions> & Pick<StartOptions, "input">): Execution {
    const { arn, versionArn } = mainMachine(this.release.program, machine);
    return this.stepFunctions.start(versionArn ?? (arn as string), options).execution;
  }

  /** Makes the call of a state outside of an execution, with the role of its machine. */
  async call(machineArn: string, call: TaskCall): Promise<Json> {
    const { machine, revision } = this.stepFunctions.machines.get(machineArn);
    return this.taskCalls.call({ arn: machine.arn, roleArn: revision.roleArn }, call);
  }

  /** Publishes an event on the event bus. */
  publish(event: JsonObject): Promise<void> {
    return this.deliveries.publish(event);
  }

  /** Resolves once everything so far is written to the data folder. Without one, resolves at once. */
  durable(): Promise<void> {
    return this.data?.journal.durable() ?? Promise.resolve();
  }

  /** Waits until nothing runs: no execution, no delivery of an event, and no call of a function. */
  async settled(): Promise<void> {
    for (;;) {
      const running = [...this.executions.values()].filter(({ ended }) => !ended);
      const results = running.map(({ execution }) => execution.result);
      const under = [...results, ...this.deliveries.running(), ...this.deployed.running()];
      if (under.length === 0) return;
      await Promise.allSettled(under);
    }
  }

  async close(): Promise<void> {
    // The journal closes first: it must not record the failures that closing causes. The next process continues from
    // before them.
    await this.data?.journal.close();
    await this.deployed.close();
    await this.endpoints.close();
  }
}

/** Opens the journal of a data folder. Its database is loaded only for that: most commands keep nothing. */
async function openJournal(folder: string): Promise<Awaited<ReturnType<typeof Journal.open>>> {
  const { Journal } = await import("./data/journal");
  return Journal.open(folder);
}

/** With a limit on executions, the outbox keeps this many messages for each of them. */
const MESSAGES_AN_EXECUTION = 10;
