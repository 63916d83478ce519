import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  DescribeStateMachineForExecutionCommand,
  GetExecutionHistoryCommand,
  RedriveExecutionCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import { LocalCloud } from "../../saga/local/cloud";
import { mainMachine } from "../../saga/local/resources";
import type { Stub } from "../../saga/local/stubs";
import { evaluated } from "../evaluated";
import { clientOptions } from "../local/wire/fixture";

/** A history in the AWS CLI's form, with the execution's definition. */
export interface Recording {
  readonly history: { readonly events: readonly Readonly<Record<string, unknown>>[] };
  readonly definition: unknown;
}

const ORDER = { order_id: "1", total: 100, card_no: "123-1234", address: "123 st" };
const TRIP = { traveller: "Ada", card_no: "123-1234", flight: "LHR-TRN", hotel: "Duchi", cars: ["Panda", "500"] };

/** Runs the order and the trip to every possible end, and reads each history through the wire. */
export async function record(): Promise<ReadonlyMap<string, Recording>> {
  const recordings = new Map<string, Recording>();
  await withCloud(
    ".",
    async (run) => {
      await run.start("order-completed", ORDER);
      await run.start("order-compensated", { ...ORDER, order_id: "3", card_no: undefined });
      const input = { ...ORDER, order_id: "5", address: undefined };
      const stuck = await run.start("order-stuck", input, { RefundPayment: STRIPE });
      await run.redrive("order-redriven", stuck);
      await run.abort("order-aborted", { ...ORDER, order_id: "7" }, "ProcessPayment");
      await run.recovery("order-recovered");
    },
    recordings,
  );
  await withCloud(
    "examples/trip/index.ts",
    async (run) => {
      await run.start("trip-approved", { ...TRIP, order_id: "2", total: 4000 });
      await run.start("trip-compensated", { ...TRIP, order_id: "4", total: 900, cars: ["Panda", "", "500"] });
      const input = { ...TRIP, order_id: "5", total: 900, card_no: "" };
      const stuck = await run.start("trip-stuck", input, { ReturnCar: CLOSED });
      await run.redrive("trip-redriven", stuck);
      await run.start("trip-forward", { ...TRIP, order_id: "6", total: 900 }, { IssueTickets: CLOSED });
      await run.abort("trip-aborted", { ...TRIP, order_id: "7", total: 900 }, "RentCar");
      await run.recovery("trip-recovered");
      await run.wait("trip-waiting", { ...TRIP, order_id: "8", total: 9000 });
    },
    recordings,
  );
  return recordings;
}

const STRIPE = { error: "StripeError", cause: "no answer from stripe.com" };
const CLOSED = { error: "Closed", cause: "the desk is closed" };

interface Run {
  readonly start: (name: string, input: object, stubs?: Readonly<Record<string, Stub>>) => Promise<string>;
  readonly redrive: (name: string, executionArn: string) => Promise<void>;
  /** Stops an execution during the call of a state. */
  readonly abort: (name: string, input: object, state: string) => Promise<void>;
  /** The recovery of the aborted execution. */
  readonly recovery: (name: string) => Promise<void>;
  /** Waits until it asks for an answer. */
  readonly wait: (name: string, input: object) => Promise<void>;
}

async function withCloud(
  path: string,
  use: (run: Run) => Promise<void>,
  recordings: Map<string, Recording>,
): Promise<void> {
  const program = await evaluated(path);
  const stubs: Record<string, Stub> = {};
  const cloud = await LocalCloud.start(program, {
    time: "virtual",
    stubs,
    answer: (_, request) =>
      (request as { total: number }).total <= 5000 ? { output: { by: "the manager" } } : undefined,
  });
  const sfn = new SFNClient(clientOptions(cloud));
  const stateMachineArn = cloud.aliasOf(mainMachine(program, undefined).arn as string) as string;
  const executionOf = (arn: string) => {
    const known = cloud.executions.get(arn);
    if (!known) throw new Error(`no execution ${arn}`);
    return known;
  };
  const begin = async (name: string, input: object): Promise<string> => {
    const request = { stateMachineArn, name, input: JSON.stringify(input) };
    return (await sfn.send(new StartExecutionCommand(request))).executionArn as string;
  };
  const save = async (name: string, executionArn: string): Promise<void> => {
    const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }));
    const { definition = "" } = await sfn.send(new DescribeStateMachineForExecutionCommand({ executionArn }));
    const history = JSON.parse(JSON.stringify({ events })) as Recording["history"];
    recordings.set(name, { history, definition: JSON.parse(definition) as unknown });
  };
  const until = async (there: () => boolean): Promise<void> => {
    while (!there()) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  try {
    await use({
      start: async (name, input, given = {}) => {
        Object.assign(stubs, given);
        const arn = await begin(name, input);
        await executionOf(arn).over;
        for (const state of Object.keys(given)) Reflect.deleteProperty(stubs, state);
        await save(name, arn);
        return arn;
      },
      redrive: async (name, executionArn) => {
        await sfn.send(new RedriveExecutionCommand({ executionArn }));
        await executionOf(executionArn).over;
        await save(name, executionArn);
      },
      abort: async (name, input, state) => {
        const executionArn = await begin(name, input);
        const { execution } = executionOf(executionArn);
        await until(() => {
          const entered = execution.history.findIndex((event) => event.state === state);
          return entered >= 0 && execution.history.slice(entered).some(({ type }) => type === "TaskStarted");
        });
        await sfn.send(new StopExecutionCommand({ executionArn, error: "Cancelled", cause: "by the customer" }));
        await save(name, executionArn);
      },
      recovery: async (name) => {
        await cloud.settled();
        const found = [...cloud.executions.values()].find(({ machineName }) => machineName.includes("_undo"));
        await save(name, found?.execution.arn as string);
      },
      wait: async (name, input) => {
        const arn = await begin(name, input);
        await until(() => executionOf(arn).execution.history.some(({ type }) => type === "TaskSubmitted"));
        await save(name, arn);
      },
    });
  } finally {
    await cloud.close();
  }
}

/** The folder of the recordings. */
export const HISTORIES = join(__dirname, "../fixtures/histories");

/** The file name of a recording's definition. All executions of a machine share one. */
export const definitionFileOf = (name: string): string =>
  `${name.replace(/-.*/, "")}${name.endsWith("-recovered") ? "_undo" : ""}.asl.json`;

async function main(): Promise<void> {
  mkdirSync(HISTORIES, { recursive: true });
  const write = (file: string, json: unknown): void => {
    writeFileSync(join(HISTORIES, file), `${JSON.stringify(json, null, 4)}\n`);
  };
  for (const [name, { history, definition }] of await record()) {
    write(`${name}.json`, history);
    write(definitionFileOf(name), definition);
  }
}

// `node -r ts-node/register/transpile-only test/control/record.ts` records the histories again.
if (require.main === module) void main();
