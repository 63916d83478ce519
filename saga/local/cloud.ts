import { resolve } from "node:path";
import { type Authorize, authorizer } from "./iam/authorizer";
import { permit } from "./iam/machine-role";
import { startTableGuard, type TableGuard } from "./iam/table-guard";
import { deployFunction, type DeployedFunction, type FunctionOptions } from "./lambda/function";
import { invokeTask } from "./lambda/task";
import {
  type Execution,
  type HistoryEvent,
  type Json,
  type JsonObject,
  loadMachine,
  type Machine,
  realClock,
  startExecution,
  type TaskCall,
  TaskFailure,
} from "../interpreter";
import { AsynchronousCalls, type DeadLetter } from "./asynchronous-calls";
import { EventBus, statusChange } from "./event-bus";
import { executionArn, Executions, withoutVersion } from "./executions";
import { startLambdaApi } from "./lambda-api";
import type { Refuse, Served } from "./loopback";
import type { Program, Resource } from "./program";
import { report } from "./report";
import { startStepFunctionsApi } from "./step-functions-api";
import { type LocalTable, startTable, type TableInputs } from "./table";

/** What is sent with a task token: SendTaskSuccess or SendTaskFailure. */
export type Answer = { readonly output: Json } | { readonly error: string; readonly cause: string };

/** What the program registers, running in this process: its table, its functions, its state machine. */
export class LocalCloud {
  private readonly deployed = new Map<string, DeployedFunction>();
  private readonly machines = new Map<string, { readonly resource: Resource; readonly machine: Machine }>();
  private readonly deliveries = new Set<Promise<void>>();
  private calls: AsynchronousCalls;
  private bus: EventBus;
  private started = 0;

  private constructor(
    private program: Program,
    private authorize: Authorize,
    readonly table: LocalTable,
    private readonly guard: TableGuard,
    /** Of all machines. */
    readonly executions: Executions,
    private readonly stepFunctions: Served,
    private readonly lambda: Served,
    private readonly onLog: (line: string) => void,
    private readonly answer: (state: string, payload: Json) => Answer | undefined,
  ) {
    this.calls = this.callsOf(program);
    this.bus = this.busOf(program);
  }

  /**
   * Starts all of it. Close it in the end.
   * @param onLog Gets each line that a function logs.
   * @param answer Plays the one who answers with a task token; without an answer the step waits until its timeout.
   */
  static async start(
    program: Program,
    onLog: (line: string) => void = () => {},
    answer: (state: string, payload: Json) => Answer | undefined = () => undefined,
  ): Promise<LocalCloud> {
    const tableResource = only(program, "aws:dynamodb/table:Table");
    const table = await startTable(
      tableResource.inputs as unknown as TableInputs,
      tableResource.physicalName as string,
    );
    // None is used before the program is deployed.
    const authorize: Authorize = (...asked) => cloud.authorize(...asked);
    const guard = await startTableGuard(table.endpoint, tableResource, authorize);
    const executions = new Executions((ended) => {
      cloud.publish(statusChange(ended));
    });
    const refuse: Refuse = async (request, action, resource) => {
      const caller = guard.callerOf(request);
      return caller ? authorize(caller, action, resource) : "The security token included in the request is invalid.";
    };
    const sfn = await startStepFunctionsApi(
      executions,
      {
        begin: (...started) => cloud.begin(...started),
        definitionOf: (arn) => cloud.machines.get(arn)?.resource.inputs["definition"] as string | undefined,
      },
      refuse,
    );
    const lambda = await startLambdaApi((functionArn, event) => {
      cloud.underWay(cloud.calls.call(functionArn, event));
    }, refuse);
    const cloud = new LocalCloud(program, authorizer(program), table, guard, executions, sfn, lambda, onLog, answer);
    await cloud.deploy(program);
    return cloud;
  }

  /**
   * Deploys a program, or another release of it on the same table. Executions that are under way go on with their
   * definition, and with the versions of the functions that it names.
   */
  async deploy(program: Program): Promise<void> {
    const functions = program.resources.filter(({ type }) => type === "aws:lambda/function:Function");
    await Promise.all(
      functions.map(async (resource) => {
        const known = this.deployed.get(resource.versionArn ?? "");
        const run = known ?? (await this.deployFunction(resource));
        for (const arn of arnsOf(resource)) this.deployed.set(arn, run);
      }),
    );
    for (const resource of machinesOf(program)) {
      const known = { resource, machine: loadMachine(definitionOf(resource)) };
      for (const arn of arnsOf(resource)) this.machines.set(arn, known);
    }
    this.program = program;
    this.authorize = authorizer(program);
    this.calls = this.callsOf(program);
    this.bus = this.busOf(program);
  }

  /** The functions by their tasks' names; one that runs no task by its own. */
  get functions(): ReadonlyMap<string, DeployedFunction> {
    const functions = this.program.resources.filter(({ type }) => type === "aws:lambda/function:Function");
    return new Map(functions.map((each) => [taskOf(each), this.functionAt(each.arn as string)]));
  }

  private async deployFunction(resource: Resource): Promise<DeployedFunction> {
    const form = await deployedForm(resource);
    const environment = {
      ...form.environment,
      ...secretsIn(form.environment),
      ...this.guard.environmentOf(resource),
      AWS_ENDPOINT_URL_SFN: this.stepFunctions.endpoint,
      AWS_ENDPOINT_URL_LAMBDA: this.lambda.endpoint,
    };
    return deployFunction({ ...form, environment, onLog: this.onLog });
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

  /**
   * Runs one execution to its end.
   * @throws InvalidExecutionInput when the input is over 256 KiB, as StartExecution does
   */
  async execute(input: Json): Promise<ReturnType<typeof report>> {
    const execution = this.startExecution(input);
    const result = await execution.result;
    return report(input, execution.history, result, await this.rowsOf(input));
  }

  /**
   * Starts one execution.
   * @param onEvent Gets each event of its history.
   * @throws InvalidExecutionInput when the input is over 256 KiB, as StartExecution does
   */
  startExecution(input: Json, onEvent?: (event: HistoryEvent) => void): Execution {
    // As the alias has it.
    return this.begin(mainMachine(this.program).versionArn as string, `local-${++this.started}`, input, onEvent);
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
    await this.stepFunctions.close();
    await this.lambda.close();
    await this.guard.close();
    await this.table.close();
  }

  /** What one state of a machine calls, if the machine's role allows it. */
  call(machineArn: string, call: TaskCall): Promise<Json> {
    const { resource } = this.known(machineArn);
    if (call.resource.startsWith("arn:aws:states:::states:startExecution")) return this.runChild(resource, call);
    if (call.resource.startsWith("arn:aws:states:::lambda:invoke")) return this.runFunction(resource, call);
    throw new Error(`'${call.state}' calls ${call.resource}, a service that there is none of on this machine`);
  }

  private known(machineArn: string) {
    const known = this.machines.get(machineArn);
    if (!known) throw new TaskFailure("StepFunctions.StateMachineDoesNotExistException", machineArn);
    return known;
  }

  private begin(machineArn: string, name: string, input: Json, onEvent?: (event: HistoryEvent) => void): Execution {
    const { machine, resource } = this.known(machineArn);
    const id = executionArn(resource.arn as string, name);
    if (!EXECUTION_NAME.test(name))
      throw new TaskFailure("StepFunctions.InvalidNameException", `Invalid Name: '${name}'`);
    if (this.executions.get(id)) throw new TaskFailure("StepFunctions.ExecutionAlreadyExistsException", id);
    const execution: Execution = startExecution(machine, {
      input,
      invoke: async (call) => {
        const result = await this.call(machineArn, call);
        if (call.taskToken !== undefined) this.reply(execution, call, call.taskToken);
        return result;
      },
      clock: realClock,
      random: Math.random,
      execution: { name, id },
      stateMachine: { id: resource.arn as string, name: resource.physicalName as string },
      ...(onEvent && { onEvent }),
    });
    const definition = resource.inputs["definition"] as string;
    const versionArn = machineArn === resource.arn ? undefined : machineArn;
    this.executions.add(execution, { machineArn: resource.arn as string, versionArn, definition, name });
    return execution;
  }

  private functionAt(arn: string): DeployedFunction {
    const run = this.deployed.get(arn);
    if (!run) throw new TaskFailure("Lambda.ResourceNotFoundException", `Function not found: ${arn}`);
    return run;
  }

  private async runFunction(machine: Resource, { arguments: args, signal }: TaskCall): Promise<Json> {
    const { FunctionName, Payload } = args as { FunctionName: string; Payload: Json };
    await permit(this.authorize, machine, "lambda:InvokeFunction", FunctionName);
    return invokeTask(this.functionAt(FunctionName), Payload, signal);
  }

  /** `startExecution.sync:2`: the description of an execution that has ended, or its failure; stopped with its caller. */
  private async runChild(machine: Resource, { arguments: args, signal }: TaskCall): Promise<Json> {
    const { StateMachineArn, Name, Input } = args as { StateMachineArn: string; Name: string; Input: Json };
    // IAM knows a machine by its own ARN, whichever version is meant.
    const { resource } = this.known(StateMachineArn);
    await permit(this.authorize, machine, "states:StartExecution", resource.arn as string);
    const execution = this.begin(StateMachineArn, Name, Input);
    const stop = (): void => {
      execution.stop();
    };
    signal.addEventListener("abort", stop);
    const { status, output, error, cause } = await execution.result.finally(() => {
      signal.removeEventListener("abort", stop);
    });
    const described = { ExecutionArn: execution.arn, Input, Name, StateMachineArn, Status: status };
    if (status === "SUCCEEDED") return { ...described, Output: output ?? null };
    throw new TaskFailure("States.TaskFailed", JSON.stringify({ ...described, Error: error, Cause: cause }));
  }

  private reply(execution: Execution, { state, arguments: args }: TaskCall, token: string): void {
    const answer = this.answer(state, (args as { Payload: Json }).Payload);
    if (answer && "output" in answer) execution.sendTaskSuccess(token, answer.output);
    else if (answer) execution.sendTaskFailure(token, answer.error, answer.cause);
  }

  private async rowsOf(input: Json): Promise<Record<string, unknown>[]> {
    const id = typeof input === "object" && input !== null && "order_id" in input ? input.order_id : undefined;
    return typeof id === "string" ? this.table.rows(id) : [];
  }
}

/** @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html */
const EXECUTION_NAME = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u;

/** The state machine that the program registers, as JSON. */
export function definitionOf(stateMachine: Resource): Json {
  return JSON.parse(stateMachine.inputs["definition"] as string) as Json;
}

/** The state machine that an execution starts, by its alias; beside it there may be those of child sagas. */
export function mainMachine(program: Program): Resource {
  const { stateMachineArn } = program.outputs;
  const alias = program.resources.find(({ type, arn }) => type === "aws:sfn/alias:Alias" && arn === stateMachineArn);
  const [route] = (alias?.inputs["routingConfigurations"] ?? []) as { stateMachineVersionArn: string }[];
  const machineArn = withoutVersion(route?.stateMachineVersionArn ?? (stateMachineArn as string));
  const found = machinesOf(program).find(({ arn }) => arn === machineArn);
  if (!found) throw new Error("the program exports no stateMachineArn of a state machine that it registers");
  return found;
}

const machinesOf = ({ resources }: Program): readonly Resource[] =>
  resources.filter(({ type }) => type === "aws:sfn/stateMachine:StateMachine");

/** The ARNs by which something may be called: its own, and that of its version. */
export const arnsOf = ({ arn, versionArn }: Resource): readonly string[] =>
  [arn, versionArn].filter((each) => each !== undefined);

/** The name of the task that a function runs, which a tag tells; its own name where it runs none. */
export const taskOf = ({ name, inputs }: Resource): string =>
  (inputs["tags"] as { readonly task?: string } | undefined)?.task ?? name;

/** The one resource of a type. */
function only({ resources }: Program, type: string): Resource {
  const found = resources.filter((resource) => resource.type === type);
  if (found.length !== 1) throw new Error(`the program registers ${found.length} resources of type ${type}, not one`);
  return found[0] as Resource;
}

/** A text, or a file or folder by its path. */
interface Asset {
  readonly text?: Promise<string> | string;
  readonly path?: Promise<string> | string;
}

/** Of secrets, which are read in an account: the values that this process has under the same names, or none that open anything. */
function secretsIn(environment: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const names = Object.keys(JSON.parse(environment["SAGA_SECRETS"] ?? "{}") as object);
  return Object.fromEntries(names.map((name) => [name, process.env[name] ?? `(${name})`]));
}

interface FunctionInputs {
  readonly code: { readonly assets: Promise<Readonly<Record<string, Asset>>> };
  readonly handler: string;
  readonly environment?: { readonly variables: Readonly<Record<string, string>> };
  readonly timeout: number;
  readonly memorySize: number;
}

/** A function in the form that is deployed. */
export async function deployedForm({ name, inputs }: Resource): Promise<FunctionOptions> {
  const { code, handler, environment, timeout, memorySize } = inputs as unknown as FunctionInputs;
  const files: Record<string, string> = {};
  const copied: Record<string, string> = {};
  for (const [path, asset] of Object.entries(await code.assets)) {
    const [text, source] = await Promise.all([asset.text, asset.path]);
    if (text !== undefined) files[path] = text;
    // A package's, relative to the program.
    else if (source !== undefined) copied[path] = resolve(source);
    else throw new Error(`the archive of '${name}' has '${path}', which is neither text nor a file`);
  }
  return {
    name,
    code: files,
    copied,
    handler,
    environment: environment?.variables ?? {},
    timeoutSeconds: timeout,
    memory: memorySize,
  };
}
