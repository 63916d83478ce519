import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { DynamoDBDocumentClient, paginateScan } from "@aws-sdk/lib-dynamodb";
import { seededRandom } from "../../saga/interpreter";

export interface ChaosOptions {
  /** The folder for `saga dev --data`: empty, or not existing yet. */
  readonly folder: string;
  readonly orders: number;
  readonly kills: number;
  readonly seed: number;
  /** The longest life of the process after it listens, in milliseconds. */
  readonly longest: number;
  readonly onProgress?: (line: string) => void;
}

/** The result. `wrong` is empty if nothing was lost, duplicated or left behind. */
export interface ChaosReport {
  readonly outcomes: Readonly<Record<string, number>>;
  /** The number of orders that ended differently than without a kill. */
  readonly unexpected: number;
  /** The number of kills while orders were running, and the number of these orders in total. */
  readonly struck: number;
  readonly underWay: number;
  /** The number of kills before the process listened. */
  readonly early: number;
  readonly seconds: number;
  readonly wrong: readonly string[];
}

interface Order {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly outcome: "completed" | "compensated";
  /** The answer of StartExecution. */
  acknowledged?: { readonly arn: string; readonly startDate: number };
}

const ROOT = `${__dirname}/../..`;
const CREDENTIALS = { region: "eu-west-1", credentials: { accessKeyId: "local", secretAccessKey: "local" } };

/** One process of `saga dev`. */
interface Life {
  readonly process: ChildProcess;
  readonly endpoint: string;
  readonly machine: string;
  readonly ended: Set<string>;
}

/**
 * Starts orders over the wire while the process that runs them is killed with SIGKILL at random moments, and restarted
 * on the same folder. At the end it checks the result.
 */
export async function chaos({
  folder,
  orders: count,
  kills,
  seed,
  longest,
  onProgress,
}: ChaosOptions): Promise<ChaosReport> {
  // The SDK's warning about Node releases would be printed among the results.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  const began = Date.now();
  const random = seededRandom(seed);
  const orders = Array.from({ length: count }, (_, index) => orderOf(index + 1, random()));
  const ended = new Set<string>();
  const figures = { struck: 0, underWay: 0, early: 0 };

  for (let kill = 1; kill <= kills; kill++) {
    // One kill in six comes while the process starts.
    const early = random() < 1 / 6;
    const life = new AbortController();
    const starting = start(folder, ended, life.signal);
    if (early) {
      await Promise.race([starting.catch(() => {}), sleep(200 + random() * 2000)]);
      figures.early++;
    } else {
      const { endpoint, machine } = await starting;
      const share = Math.ceil(orders.filter(({ acknowledged }) => !acknowledged).length / (kills - kill + 2));
      const started = startSome(orders, share, { endpoint, machine });
      await sleep(random() * longest);
      started.stop();
      const running = orders.filter(({ name, acknowledged }) => acknowledged && !ended.has(name)).length;
      if (running > 0) figures.struck++;
      figures.underWay += running;
    }
    life.abort();
    await starting.then(({ process: one }) => gone(one)).catch(() => {});
    onProgress?.(`kill ${kill} of ${kills}: ${ended.size} of ${count} orders have ended`);
  }

  const life = new AbortController();
  const { endpoint, machine, process: last } = await start(folder, ended, life.signal);
  try {
    await startSome(orders, count, { endpoint, machine }).done;
    const wrong = await judge(orders, endpoint);
    const outcomes: Record<string, number> = {};
    for (const { outcome } of wrong.ends) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    const unexpected = wrong.ends.filter(({ outcome, expected }) => outcome !== expected).length;
    return { outcomes, unexpected, ...figures, seconds: (Date.now() - began) / 1000, wrong: wrong.found };
  } finally {
    life.abort();
    await gone(last);
  }
}

function orderOf(number: number, dice: number): Order {
  const whole = { order_id: `c${number}`, total: 100 + number, card_no: "123-1234", address: "123 st" };
  const without = (field: keyof typeof whole): Order["input"] =>
    Object.fromEntries(Object.entries(whole).filter(([key]) => key !== field));
  const missing = dice < 0.6 ? undefined : dice < 0.7 ? "total" : dice < 0.85 ? "card_no" : "address";
  const name = `order-${number}`;
  if (missing === undefined) return { name, input: whole, outcome: "completed" };
  return { name, input: without(missing), outcome: "compensated" };
}

async function start(folder: string, ended: Set<string>, signal: AbortSignal): Promise<Life> {
  const command = ["-r", "ts-node/register/transpile-only", `${ROOT}/saga/cli/main.ts`];
  const child = spawn(process.execPath, [...command, "dev", "--data", folder, "--port", "0", "--json"], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
  });
  signal.addEventListener("abort", () => child.kill("SIGKILL"), { once: true });
  let complaints = "";
  child.stderr.on("data", (data: Buffer) => (complaints += data.toString()));
  const lines = createInterface({ input: child.stdout });
  const listening = new Promise<Life>((resolve, reject) => {
    lines.on("line", (line) => {
      const told = JSON.parse(line) as { endpoint?: string; machines?: Record<string, string>; executionArn?: string };
      if (told.executionArn !== undefined) ended.add(told.executionArn.replace(/^.*:/, ""));
      const machine = told.machines?.["OrderFulfilment"];
      if (told.endpoint !== undefined && machine !== undefined) {
        resolve({ process: child, endpoint: told.endpoint, machine, ended });
      }
    });
    child.once("exit", (code) => {
      if (!signal.aborted) reject(new Error(`saga dev has ended with ${code}: ${complaints}`));
      else reject(new Error("killed"));
    });
  });
  listening.catch(() => {});
  return listening;
}

const gone = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
};

/** Starts up to `most` of the orders that have not been acknowledged. If an answer was lost, the start is repeated. */
function startSome(orders: readonly Order[], most: number, { endpoint, machine }: Pick<Life, "endpoint" | "machine">) {
  const client = new SFNClient({ ...CREDENTIALS, endpoint, maxAttempts: 1 });
  let stopped = false;
  const some = orders.filter(({ acknowledged }) => !acknowledged).slice(0, most);
  const one = async (order: Order): Promise<void> => {
    const { name, input } = order;
    try {
      const request = { stateMachineArn: machine, name, input: JSON.stringify(input) };
      const { executionArn = "", startDate } = await client.send(new StartExecutionCommand(request));
      order.acknowledged = { arn: executionArn, startDate: startDate?.getTime() ?? 0 };
    } catch (error) {
      if ((error as Error).name === "ExecutionAlreadyExists") {
        const arn = `${machine.replace(":stateMachine:", ":execution:").replace(/:live$/, "")}:${name}`;
        const { startDate } = await client.send(new DescribeExecutionCommand({ executionArn: arn }));
        order.acknowledged = { arn, startDate: startDate?.getTime() ?? 0 };
      } else if (!stopped) throw error;
    }
  };
  const done = Promise.all(some.map(one)).finally(() => {
    client.destroy();
  });
  done.catch(() => {});
  return {
    done,
    stop() {
      stopped = true;
    },
  };
}

interface End {
  readonly outcome: string;
  readonly expected: Order["outcome"];
}

/** Waits until all orders have ended, and checks their histories and rows. */
async function judge(orders: readonly Order[], endpoint: string) {
  const client = new SFNClient({ ...CREDENTIALS, endpoint });
  const found: string[] = [];
  const ends: End[] = [];
  for (const { name, outcome: expected, acknowledged } of orders) {
    // By now all orders are acknowledged.
    const { arn, startDate } = acknowledged as NonNullable<Order["acknowledged"]>;
    const end = await endOf(client, arn);
    const outcome =
      end.status === "SUCCEEDED" ? "completed" : end.error === "SagaCompensated" ? "compensated" : `${end.status}`;
    ends.push({ outcome, expected });
    if (outcome !== "completed" && outcome !== "compensated") {
      found.push(`${name} ended ${end.status}: ${end.error ?? ""} ${end.cause ?? ""}`);
    }
    if (end.startDate?.getTime() !== startDate)
      found.push(`${name} has another start date than StartExecution returned`);
    found.push(...wrongIn(await historyOf(client, arn)).map((what) => `${name}: ${what}`));
  }
  client.destroy();
  const rows = await rowsOf(endpoint);
  const outcomes = new Map(orders.map((order, index) => [order.input["order_id"], { order, end: ends[index] }]));
  const live = new Map<unknown, string[]>();
  for (const { order_id: id, entity, status, saga_id: saga } of rows) {
    const known = outcomes.get(id);
    if (!known) found.push(`a row of ${String(id)}, which belongs to no order`);
    if (status === "UNDONE") continue;
    live.set(id, [...(live.get(id) ?? []), String(entity)]);
    if (saga !== known?.order.acknowledged?.arn) found.push(`a row of ${String(id)} belongs to another execution`);
  }
  for (const [id, { end }] of outcomes) {
    const there = (live.get(id) ?? []).sort().join();
    const wanted = end?.outcome === "completed" ? "ORDER,PAYMENT,SHIPMENT" : "";
    if (there !== wanted) found.push(`${String(id)} is ${end?.outcome ?? "?"} and has the rows '${there}'`);
  }
  return { found, ends };
}

async function endOf(client: SFNClient, executionArn: string) {
  for (;;) {
    const described = await client.send(new DescribeExecutionCommand({ executionArn }));
    if (described.status !== "RUNNING") return described;
    await sleep(50);
  }
}

async function historyOf(client: SFNClient, executionArn: string): Promise<readonly HistoryEvent[]> {
  const { events = [] } = await client.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }));
  return events;
}

/** The faults of a history: gaps, states that are entered twice, calls that do not end exactly once. */
function wrongIn(history: readonly HistoryEvent[]): readonly string[] {
  const wrong: string[] = [];
  if (history.some(({ id }, index) => id !== index + 1)) wrong.push("events are missing");
  const of = (type: RegExp): readonly HistoryEvent[] => history.filter((event) => type.test(event.type ?? ""));
  const entered = of(/StateEntered$/).map(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? "");
  if (new Set(entered).size !== entered.length) wrong.push(`a state is entered twice: ${entered.join()}`);
  const [scheduled, started, over] = [/^TaskScheduled$/, /^TaskStarted$/, /^Task(Succeeded|Failed|TimedOut)$/].map(
    (type) => of(type).length,
  );
  if (scheduled !== started || started !== over) {
    wrong.push(`${scheduled} calls were scheduled, ${started} made, and ${over} ended`);
  }
  if (of(/^Execution(Succeeded|Failed|Aborted|TimedOut)$/).length !== 1) wrong.push("it has not ended exactly once");
  return wrong;
}

async function rowsOf(endpoint: string): Promise<readonly Record<string, unknown>[]> {
  const client = new DynamoDBClient({ ...CREDENTIALS, endpoint });
  const db = DynamoDBDocumentClient.from(client);
  const { TableNames = [] } = await client.send(new ListTablesCommand({}));
  const rows: Record<string, unknown>[] = [];
  for (const TableName of TableNames) {
    for await (const { Items = [] } of paginateScan({ client: db }, { TableName })) rows.push(...Items);
  }
  client.destroy();
  return rows;
}
