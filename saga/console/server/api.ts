import type { IncomingMessage, ServerResponse } from "node:http";
import { noteIn } from "../../asl/machine-note";
import type { RawStates } from "../../asl/states";
import { whyNotRedrive } from "../../control/advice";
import { type Description, recoveryOf } from "../../control/executions";
import { logsOf } from "../../control/logs";
import { type ExecutionOutcome, executionOutcomeOf } from "../../asl/outcome";
import { hidesData, strip } from "./data";
import { ExecutionList } from "./executions";
import { readJsonBody, Token } from "./guard";
import { Histories } from "./history";
import { Live } from "./live";
import { Machines } from "./machines";
import { type ConsoleFault, type ConsoleOptions, FAULT_KINDS } from "./options";
import { Proofs } from "./proofs";
import { invalid, notFound, Refusal } from "./refusal";
import { rowsOf } from "./rows";

/** A request to a path below `/console/api/`. */
export interface ApiRequest {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly query: URLSearchParams;
}

/** Returns the JSON of the answer, or undefined if the route has answered by itself. */
type Route = (request: ApiRequest) => Promise<object | undefined>;

interface Methods {
  readonly GET?: Route;
  readonly POST?: Route;
  readonly DELETE?: Route;
}

type Body = Readonly<Record<string, unknown>>;

/** The console's API: what the page reads and changes. */
export class Api {
  private readonly token = new Token();
  private readonly live: Live;
  private readonly proofs: Proofs;
  private readonly machines: Machines;
  private readonly histories: Histories;
  private readonly list: ExecutionList;
  private readonly routes: Readonly<Record<string, Methods>>;

  constructor(private readonly options: ConsoleOptions) {
    const { target } = options;
    this.proofs = new Proofs(() => {
      this.live.sagas();
    });
    this.machines = new Machines(options, this.proofs);
    this.histories = new Histories(() => target.sfn());
    this.list = new ExecutionList(options, this.machines);
    this.live = new Live({ ...options, machines: this.machines, histories: this.histories });
    this.routes = {
      session: { GET: () => Promise.resolve(this.session()) },
      sagas: { GET: () => this.machines.all() },
      executions: { GET: ({ query }) => this.executions(query) },
      execution: { GET: ({ query }) => this.execution(required(query, "arn")) },
      history: { GET: ({ query }) => this.histories.page(required(query, "arn"), eventIn(query)) },
      rows: { GET: ({ query }) => this.rows(required(query, "arn")) },
      logs: { GET: ({ query }) => this.logs(required(query, "arn")) },
      live: { GET: (request) => this.stream(request) },
      start: { POST: this.write((body) => this.start(body)) },
      stop: { POST: this.write((body) => this.stop(body)) },
      redrive: { POST: this.write((body) => this.redrive(body)) },
      answer: { POST: this.write((body) => this.answer(body)) },
      faults: {
        GET: () => Promise.resolve(this.faults().list()),
        POST: this.write((body) => this.setFault(body)),
        DELETE: this.write((body) => this.clearFaults(body)),
      },
    };
  }

  /** @throws Refusal */
  async answerTo(name: string, request: ApiRequest): Promise<object | undefined> {
    const methods = Object.hasOwn(this.routes, name) ? this.routes[name] : undefined;
    if (!methods) throw notFound(`the console has no ${name === "" ? "such path" : `'${name}'`}`);
    const { method = "" } = request.incoming;
    const route = Object.hasOwn(methods, method) ? methods[method as keyof Methods] : undefined;
    if (!route) {
      const allowed = Object.keys(methods).join(", ");
      throw new Refusal(405, "MethodNotAllowed", `'${name}' takes ${allowed}, not ${method}`, { Allow: allowed });
    }
    return route(request);
  }

  /** The program has changed. */
  changed(): void {
    this.live.sagas();
  }

  close(): void {
    this.live.close();
    this.proofs.close();
  }

  private session(): object {
    const { target, writable, faults } = this.options;
    const { kind, name, region } = target;
    return {
      target: { kind, name: withoutCredentials(name), region },
      writable,
      faults: faults !== undefined,
      token: this.token.value,
    };
  }

  private executions(query: URLSearchParams): Promise<object> {
    const given = (name: string): string | undefined => query.get(name) ?? undefined;
    return this.list.page({ saga: given("saga"), outcome: given("outcome"), q: given("q"), next: given("next") });
  }

  private async execution(executionArn: string): Promise<object> {
    const { description, machine } = await this.describe(executionArn);
    const { stateMachineArn = "" } = description;
    const { definition, loggingConfiguration } = machine;
    const hidden = hidesData(loggingConfiguration);
    const read = JSON.parse(definition ?? "{}") as object;
    const declaration = this.machines.declarationOf(stateMachineArn, read);
    return {
      description: hidden ? strip(description) : description,
      definition: read,
      ...(declaration && { declaration }),
      recovery: await this.recovery(description, read),
      saga: this.machines.nameOf(stateMachineArn),
      machineArn: stateMachineArn,
      ...(hidden && { dataHidden: true }),
    };
  }

  private async describe(executionArn: string) {
    const [sfn, { DescribeExecutionCommand, DescribeStateMachineForExecutionCommand }] = await Promise.all([
      this.options.target.sfn(),
      import("@aws-sdk/client-sfn"),
    ]);
    const [description, machine] = await Promise.all([
      sfn.send(new DescribeExecutionCommand({ executionArn })),
      sfn.send(new DescribeStateMachineForExecutionCommand({ executionArn })),
    ]);
    return { description: { ...description, $metadata: undefined }, machine };
  }

  /**
   * The execution that recovers a stopped one, null if none has begun yet, and undefined if none will. It is also
   * undefined if it can't be read: whoever may read a saga's executions need not be allowed to read its recoveries.
   */
  private async recovery(
    description: Description,
    definition: object,
  ): Promise<{ readonly arn: string; readonly outcome: ExecutionOutcome } | null | undefined> {
    const { undo } = noteIn(definition as RawStates);
    if (undo === undefined || (description.status !== "ABORTED" && description.status !== "TIMED_OUT"))
      return undefined;
    try {
      const found = await recoveryOf(this.options.target, description, undo);
      if (!found) return null;
      return { arn: found.executionArn as string, outcome: executionOutcomeOf(found.status, found.error) };
    } catch {
      return undefined;
    }
  }

  private async rows(executionArn: string): Promise<object> {
    const { dynamoDB } = this.options;
    if (!dynamoDB) throw notFound("rows are shown only for executions on this machine");
    if (await this.histories.hides(executionArn))
      throw notFound("rows are hidden, since the machine's log leaves out execution data");
    return rowsOf(await dynamoDB(), executionArn);
  }

  private async logs(executionArn: string): Promise<object> {
    const { description, machine } = await this.describe(executionArn);
    const { startDate = new Date(), stopDate: stopped } = description;
    const logs = await this.options.target.logs();
    const definition = JSON.parse(machine.definition ?? "{}") as object;
    return logsOf(logs, { arn: executionArn, definition, started: startDate, stopped });
  }

  private async stream({ incoming, outgoing, query }: ApiRequest): Promise<undefined> {
    // A browser that reconnects sends the id of the last event that it received.
    const last = incoming.headers["last-event-id"];
    const given = query.has("from") ? eventIn(query) : undefined;
    const from = typeof last === "string" && /^\d{1,9}$/.test(last) ? Number(last) + 1 : given;
    await this.live.open(outgoing, query.get("arn") ?? undefined, from);
    return undefined;
  }

  /** A route that changes something. It needs the console's token, and a console that may write. */
  private write(act: (body: Body) => Promise<object>): Route {
    return async ({ incoming }) => {
      this.token.check(incoming);
      if (!this.options.writable) {
        throw new Refusal(403, "ReadOnly", "this console is read-only: open it with --allow-writes to change anything");
      }
      const body = await readJsonBody(incoming);
      if (typeof body !== "object" || body === null || Array.isArray(body)) {
        throw invalid("the request's body is not a JSON object");
      }
      return act(body as Body);
    };
  }

  private async start(body: Body): Promise<object> {
    const name = optionalText(body, "name");
    if (!("input" in body)) throw invalid("'input' is missing");
    const [sfn, { StartExecutionCommand }] = await this.loaded();
    const { executionArn: arn } = await sfn.send(
      new StartExecutionCommand({
        stateMachineArn: this.machines.startArnOf(text(body, "machineArn")),
        input: JSON.stringify(body["input"]),
        ...(name !== undefined && { name }),
      }),
    );
    this.live.stir();
    return { arn };
  }

  private async stop(body: Body): Promise<object> {
    const executionArn = text(body, "arn");
    const cause = optionalText(body, "cause");
    const [sfn, { StopExecutionCommand }] = await this.loaded();
    await sfn.send(new StopExecutionCommand({ executionArn, ...(cause !== undefined && { cause }) }));
    this.live.stir(executionArn);
    return {};
  }

  private async redrive(body: Body): Promise<object> {
    const executionArn = text(body, "arn");
    // The page may not know yet that the execution has been recovered.
    const { description, machine } = await this.describe(executionArn);
    const recovery = await this.recovery(description, JSON.parse(machine.definition ?? "{}") as object);
    if (recovery) throw new Refusal(409, "Recovered", whyNotRedrive(recovery.arn));
    const [sfn, { RedriveExecutionCommand }] = await this.loaded();
    await sfn.send(new RedriveExecutionCommand({ executionArn }));
    this.live.stir(executionArn);
    return {};
  }

  private async answer(body: Body): Promise<object> {
    const taskToken = text(body, "taskToken");
    const executionArn = optionalText(body, "arn");
    const error = optionalText(body, "error");
    const cause = optionalText(body, "cause");
    const [sfn, { SendTaskFailureCommand, SendTaskSuccessCommand }] = await this.loaded();
    if (error !== undefined) {
      await sfn.send(new SendTaskFailureCommand({ taskToken, error, ...(cause !== undefined && { cause }) }));
    } else if ("output" in body) {
      await sfn.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(body["output"]) }));
    } else throw invalid("the answer needs an 'output', or an 'error' and a 'cause'");
    this.live.stir(executionArn);
    return {};
  }

  private loaded() {
    return Promise.all([this.options.target.sfn(), import("@aws-sdk/client-sfn")]);
  }

  private faults(): NonNullable<ConsoleOptions["faults"]> {
    const { faults } = this.options;
    if (!faults) throw notFound("faults can be set only under 'saga dev'");
    return faults;
  }

  private async setFault(body: Body): Promise<object> {
    const faults = this.faults();
    const machineArn = await this.machines.arnOf(text(body, "machineArn"));
    const state = text(body, "state");
    if (!(await this.machines.calls(machineArn, state))) {
      throw invalid(`'${this.machines.nameOf(machineArn)}' has no state '${state}' that makes a call`);
    }
    const fault: ConsoleFault = {
      machineArn,
      state,
      kind: oneOf(body, "kind", FAULT_KINDS),
      times: oneOf(body, "times", ["once", "always"] as const),
    };
    faults.add(fault);
    return faults.list();
  }

  private clearFaults(body: Body): Promise<object> {
    const faults = this.faults();
    const machineArn = optionalText(body, "machineArn");
    faults.clear(machineArn === undefined ? undefined : { machineArn, state: text(body, "state") });
    return Promise.resolve(faults.list());
  }
}

/** A URL may contain credentials. */
const withoutCredentials = (name: string): string => name.replace(/^(\w+:\/\/)[^/]*@/, "$1");

function required(query: URLSearchParams, name: string): string {
  const value = query.get(name);
  if (value === null || value === "") throw invalid(`'${name}' is missing`);
  return value;
}

/** The number of the first event to read. */
function eventIn(query: URLSearchParams): number {
  const from = query.get("from") ?? "1";
  if (!/^[1-9]\d{0,8}$/.test(from)) throw invalid("'from' must be the number of an event");
  return Number(from);
}

function text(body: Body, name: string): string {
  const value = optionalText(body, name);
  if (value === undefined || value === "") throw invalid(`'${name}' is missing`);
  return value;
}

function optionalText(body: Body, name: string): string | undefined {
  const value = Object.hasOwn(body, name) ? body[name] : undefined;
  if (value !== undefined && typeof value !== "string") throw invalid(`'${name}' is not a string`);
  return value;
}

function oneOf<T extends string>(body: Body, name: string, of: readonly T[]): T {
  const value = text(body, name);
  const found = of.find((each) => each === value);
  if (found === undefined) throw invalid(`'${name}' must be one of ${of.join(", ")}, not '${value}'`);
  return found;
}
