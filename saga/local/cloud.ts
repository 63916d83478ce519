import { Answers } from "./answers";
import type { DeadLetter } from "./asynchronous-calls";
import { CallFaults } from "./call-faults";
import { cloudClock } from "./clock";
import type { CloudOptions } from "./cloud-options";
import { Journal, type Kept } from "./data/journal";
import { DeadLetters } from "./dead-letters";
import { deployedMachines, deployMachines } from "./deployed-machines";
import { Deliveries } from "./deliveries";
import { allRows, changedRows } from "./dynamodb/changes";
import type { Rows, TableInputs } from "./dynamodb/table";
import { EarlierProcess } from "./earlier-process";
import { Ends } from "./ends";
import { type Endpoints, openEndpoints } from "./endpoints";
import { Functions } from "./functions";
import type { Authorize } from "./iam/authorizer";
import { Callers } from "./iam/callers";
import type { Execution, HistoryEvent, Json, JsonObject, TaskCall } from "../interpreter";
import type { DeployedFunction } from "./lambda/function";
import { Logs } from "./logs";
import type { Place } from "./place";
import type { Program } from "./program";
import { placeOf, type Release, releaseOf } from "./release";
import { type Reported, report } from "./report";
import { mainMachine, ofType, TABLE } from "./resources";
import { Outbox } from "./services/outbox";
import { standing } from "./standing";
import type { Executions } from "./step-functions/executions";
import { StepFunctions } from "./step-functions/service";
import { TaskCalls } from "./task-calls";

export type { Answer, Waiting } from "./answers";
export type { CloudOptions } from "./cloud-options";
export { deployedForm } from "./deployed-form";
export { arnsOf, definitionOf, mainMachine, taskOf } from "./resources";

/** What the program registers, running in this process: its tables, its functions, its state machines. */
export class LocalCloud {
  /** Of all machines. */
  readonly executions: Executions;
  /** What was sent to services that are not on this machine. */
  readonly outbox: Outbox;
  /** What the functions log. */
  readonly logs = new Logs();
  /** What is to go wrong with the calls of this release. */
  readonly faults = new CallFaults();
  /** By the names under which the program registers them. */
  readonly tables = new Map<string, Rows>();
  /** What the bus could not deliver, and what functions that it invoked failed on. */
  readonly deadLetters: readonly DeadLetter[];
  private release: Release;
  private readonly stepFunctions: StepFunctions;
  private readonly deployed: Functions;
  private readonly taskCalls: TaskCalls;
  private readonly answers: Answers;
  private readonly deliveries: Deliveries;
  private readonly earlier: EarlierProcess;
  private readonly openEndpoints: () => Promise<Endpoints>;
  private endpoints!: Endpoints;

  private constructor(
    program: Program,
    private readonly options: CloudOptions,
    private readonly data?: { readonly journal: Journal; readonly kept: Kept },
  ) {
    const { journal, kept } = data ?? {};
    const { stubs = {}, keep, onLog } = options;
    const before = [...(kept?.functions.values() ?? [])].map(({ resource }) => resource);
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

    const functions = new Functions({ ...common, callers, onLog, endpoints: () => this.endpoints });
    const deliveries = new Deliveries({ ...common, functions, deadLetters }, program);
    const stepFunctions = new StepFunctions({
      clock,
      invoke: (...called) => this.taskCalls.invoke(...called),
      onEnd: (ended) => {
        options.onEnd?.(ended);
        ends.add(ended);
      },
      journal,
    });
    // Whoever has events lost replaces the cloud's own method.
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
    const served = { ...common, callers, stepFunctions, taskCalls, functions, deliveries, deadLetters };
    this.openEndpoints = () => openEndpoints(served, options.wire);
    this.executions = stepFunctions.executions;
    this.deployed = functions;
    this.deliveries = deliveries;
    this.stepFunctions = stepFunctions;
    this.earlier = earlier;
    this.answers = answers;
    this.taskCalls = taskCalls;
  }

  /** Starts all of it. Close it in the end. */
  static async start(program: Program, options: CloudOptions = {}): Promise<LocalCloud> {
    const data = options.data === undefined ? undefined : await Journal.open(options.data);
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
      await cloud.durable();
    } catch (error) {
      await cloud.close();
      throw error;
    }
    return cloud;
  }

  /**
   * Deploys a program, or another release of it on the same tables. Executions that are under way go on with their
   * definition, and with the versions of the functions that it names; what the release no longer has stays until they have
   * ended, and is started by nobody else. Where it fails, nothing has changed.
   * @throws AwsError InvalidDefinition
   */
  async deploy(program: Program): Promise<void> {
    const machines = deployedMachines(program);
    await this.createTables(program);
    const functions = await this.deployed.prepare(program);

    const isUnderWay = this.earlier.isPending || [...this.executions.values()].some(({ ended }) => !ended);
    const before = this.release.standing;
    this.release = releaseOf({ program, standing: standing(before, program, isUnderWay) }, this.options);
    this.faults.clear();
    this.deployed.take(functions);
    if (this.earlier.isPending) this.deployed.restore(this.data?.kept.functions ?? new Map());
    else this.deployed.closeReplaced(this.release.standing);
    deployMachines(this.stepFunctions.machines, program, { deployed: machines, before, isUnderWay });
    this.deliveries.follow(this.release.standing);
    this.endpoints.dynamoDB.forget();
  }

  private async createTables(program: Program): Promise<void> {
    for (const { name, inputs, physicalName } of ofType(program, TABLE)) {
      const table = inputs as unknown as TableInputs;
      // The keys of a table that was there before are not known here.
      if (this.tables.has(name) || (table.hashKey as string | undefined) === undefined) continue;
      this.tables.set(name, await this.endpoints.dynamoDB.create(table, physicalName as string));
    }
  }

  /** The functions by their tasks' names; one that runs no task, or shares its name with another, by its own. */
  get functions(): ReadonlyMap<string, DeployedFunction> {
    return this.deployed.byTask(this.release.program);
  }

  /** The function with an ARN, its own or that of its version. */
  functionAt(arn: string): DeployedFunction {
    return this.deployed.at(arn);
  }

  /** The program's one table. */
  get table(): Rows {
    const [table, ...more] = this.tables.values();
    if (!table || more.length > 0) throw new Error(`the program has ${this.tables.size} tables, not one`);
    return table;
  }

  /** Where the program's resources are. */
  place(): Place {
    return placeOf(this.release);
  }

  /** The ARN of a machine's alias, by which a deploy has it started. */
  aliasOf(machineArn: string): string | undefined {
    const [alias] = this.stepFunctions.machines.find(machineArn)?.machine.aliases.keys() ?? [];
    return alias;
  }

  /** Where clients of AWS find the cloud. */
  get endpoint(): string {
    return this.endpoints.wire;
  }

  /**
   * Runs one execution to its end, or until it does nothing but wait for answers that nobody gives.
   * @param machine The name of the saga; needed where the program has several.
   * @throws InvalidExecutionInput when the input is over 256 KiB, as StartExecution does
   * @throws NoSuchResource
   */
  async execute(input: Json, machine?: string): Promise<Reported> {
    const before = await allRows(this.tables);
    const sent = this.outbox.messages.length;
    const execution = this.startExecution(input, undefined, machine);
    const waiting = this.answers.waitsOf(execution.arn);
    const result = await Promise.race([execution.result, waiting]);
    // The time of an answer that nobody gives does not come: its timeout is for those who wait for it.
    if (!("status" in result)) this.stepFunctions.freeze(execution.arn);
    this.answers.releaseTime();
    const tables = changedRows(before, await allRows(this.tables));
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
    const { arn, versionArn } = mainMachine(this.release.program, machine);
    return this.stepFunctions.start(versionArn ?? (arn as string), { input, onEvent }).execution;
  }

  /** What one state of a machine calls, if the machine's role allows it. */
  async call(machineArn: string, call: TaskCall): Promise<Json> {
    const { machine, revision } = this.stepFunctions.machines.get(machineArn);
    return this.taskCalls.call({ arn: machine.arn, roleArn: revision.roleArn }, call);
  }

  /** Puts an event on the bus. */
  publish(event: JsonObject): Promise<void> {
    return this.deliveries.publish(event);
  }

  /** Once all that has happened will be there after this process. */
  durable(): Promise<void> {
    return this.data?.journal.durable() ?? Promise.resolve();
  }

  /** Waits until nothing runs any more: executions, what their ends lead to, and calls that nobody waits for. */
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
    // What ends because all of it does is not what the next process goes on from.
    await this.data?.journal.close();
    await this.deployed.close();
    await this.endpoints.close();
  }
}

/** Of what is sent, so many messages are kept for each execution that is. */
const MESSAGES_AN_EXECUTION = 10;
