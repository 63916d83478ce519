import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";

/** The parts of a request that decide whether it is allowed. */
export interface Asked {
  readonly accessKey: string;
  /** The action: `UpdateItem`. */
  readonly action: string;
  readonly request: Requested;
}

/** The fields of a request that name its tables and items. Nothing has checked them. */
export interface Requested {
  readonly TableName?: unknown;
  readonly IndexName?: unknown;
  readonly Item?: unknown;
  readonly Key?: unknown;
  /** The items of a batch, by their tables. */
  readonly RequestItems?: unknown;
  /** The parts of a transaction. */
  readonly TransactItems?: unknown;
}

/** The actions of the tables: those of dynalite, and transactions. */
export const ACTIONS: readonly string[] = [
  "BatchGetItem",
  "BatchWriteItem",
  "CreateTable",
  "DeleteItem",
  "DeleteTable",
  "DescribeTable",
  "DescribeTimeToLive",
  "GetItem",
  "ListTables",
  "ListTagsOfResource",
  "PutItem",
  "Query",
  "Scan",
  "TagResource",
  "TransactGetItems",
  "TransactWriteItems",
  "UntagResource",
  "UpdateItem",
  "UpdateTable",
];

export interface Decision {
  /** The error response, if the request is not allowed. */
  readonly refusal?: { readonly __type: string; readonly Message: string };
  /**
   * Whether the decision can be cached: it applies to all requests of the same caller for the same action and tables,
   * until `forget`.
   */
  readonly lasts: boolean;
}

/** A request that arrives through a message port. */
export interface Passed {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** The response to such a request. */
export interface Answer {
  readonly id: number;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The messages to the thread of the tables. */
export type Message =
  | { readonly kind: "connect"; readonly port: MessagePort }
  | { readonly kind: "decision"; readonly id: number; readonly decision: Decision }
  | { readonly kind: "time"; readonly id: number; readonly time: number }
  | { readonly kind: "forget" }
  | { readonly kind: "close" };

/** The messages of that thread: `asked` waits for a decision, and `clock` for the time. */
type Report =
  | { readonly port: number }
  | { readonly closed: true }
  | { readonly id: number; readonly asked: Asked }
  | { readonly id: number; readonly clock: true };

export interface ServerOptions {
  /** The folder that keeps the tables. Without it they are only in memory. */
  readonly path?: string;
  /** Decides which requests are allowed. Without it all are. */
  readonly decide?: (asked: Asked) => Promise<Decision>;
  /** The time, in milliseconds since the epoch, which ends the life of a transaction's token. Default: the real time. */
  readonly now?: () => number;
}

/** The response to a request, in DynamoDB's JSON. */
export interface Answered {
  readonly ok: boolean;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A DynamoDB server in a thread of its own, on a free port of the loopback interface. */
export interface Server {
  readonly endpoint: string;
  /** Makes a request without access control. */
  readonly call: (action: string, request: object) => Promise<Answered>;
  /** Answers the requests that arrive through a message port, in the same way as those of a socket. */
  readonly connect: (port: MessagePort) => void;
  /** Clears the cached decisions, because roles or tables have changed. */
  readonly forget: () => void;
  readonly close: () => Promise<void>;
}

export async function startServer({ path, decide, now = Date.now }: ServerOptions = {}): Promise<Server> {
  const ownKey = `OWN${randomUUID().replaceAll("-", "").toUpperCase()}`;
  const worker = new Worker(join(__dirname, "worker.mjs"), {
    workerData: { ownKey, actions: ACTIONS, guarded: decide !== undefined, ...(path !== undefined && { path }) },
    // The options of this process may load its TypeScript hooks.
    execArgv: [],
  });
  const tell = (message: Message): void => {
    worker.postMessage(message);
  };
  const [{ port }] = (await once(worker, "message")) as [{ port: number }];
  worker.on("message", (report: Report) => {
    if ("clock" in report) tell({ kind: "time", id: report.id, time: now() });
    if (!("asked" in report) || !decide) return;
    void decide(report.asked).then((decision) => {
      tell({ kind: "decision", id: report.id, decision });
    });
  });
  const connect = (line: MessagePort): void => {
    worker.postMessage({ kind: "connect", port: line } satisfies Message, [line]);
  };
  const channel = new MessageChannel();
  connect(channel.port2);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    call: callsBy(channel.port1, ownKey),
    connect,
    forget() {
      tell({ kind: "forget" });
    },
    async close() {
      const closed = new Promise<void>((resolve) => {
        worker.on("message", (report: Report) => {
          if ("closed" in report) resolve();
        });
        worker.once("exit", resolve);
      });
      tell({ kind: "close" });
      await closed;
      channel.port1.close();
      await worker.terminate();
    },
  };
}

function callsBy(port: MessagePort, accessKey: string): Server["call"] {
  const waiting = new Map<number, (answered: Answered) => void>();
  let asked = 0;
  port.on("message", ({ id, status, body }: Answer) => {
    waiting.get(id)?.({ ok: status === 200, body: JSON.parse(body) as Answered["body"] });
    waiting.delete(id);
  });
  // The table thread already keeps the process alive.
  port.unref();
  return (action, request) =>
    new Promise((resolve) => {
      const id = ++asked;
      const headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": `DynamoDB_20120810.${action}`,
        "X-Amz-Date": "20250101T000000Z",
        Authorization: `AWS4-HMAC-SHA256 Credential=${accessKey}/20250101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0`,
      };
      waiting.set(id, resolve);
      const passed: Passed = { method: "POST", url: "/", headers, body: JSON.stringify(request) };
      port.postMessage({ ...passed, id });
    });
}
