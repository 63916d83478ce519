import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { type MessagePort, Worker } from "node:worker_threads";

/** What of a request decides whether it may pass. */
export interface Asked {
  readonly accessKey: string;
  /** `UpdateItem` */
  readonly action: string;
  readonly TableName?: string;
  readonly IndexName?: string;
  /** Of a batch. */
  readonly tables: readonly string[];
  /** The item or its key, in DynamoDB's JSON: `{ "order_id": { "S": "1" } }`. */
  readonly item?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface Decision {
  /** What a request that may not pass is answered. */
  readonly refusal?: { readonly __type: string; readonly Message: string };
  /** Whether it holds for all requests of the same caller for the same action on the same tables, until they change. */
  readonly lasts: boolean;
}

/** A request that comes by a port. */
export interface Passed {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** What it is answered there. */
export interface Answer {
  readonly id: number;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What the thread of the tables is told. */
export type Message =
  | { readonly kind: "connect"; readonly port: MessagePort }
  | { readonly kind: "decision"; readonly id: number; readonly decision: Decision }
  | { readonly kind: "forget" }
  | { readonly kind: "close" };

type Report = { readonly port: number } | { readonly closed: true } | { readonly id: number; readonly request: Asked };

export interface ServerOptions {
  /** The folder in which the tables are kept. Without it they are in memory. */
  readonly path?: string;
  /** Decides which requests pass. Without it, all do. */
  readonly decide?: (asked: Asked) => Promise<Decision>;
}

/** A DynamoDB in a thread of its own, on a free port of the loopback interface. */
export interface Server {
  readonly endpoint: string;
  /** An access key for whoever has this object: nobody is asked whether its requests may pass. */
  readonly ownKey: string;
  /** Has requests answered that come by a port, as those that come by a socket are. */
  readonly connect: (port: MessagePort) => void;
  /** Has what was decided for good decided again, since roles or tables have changed. */
  readonly forget: () => void;
  readonly close: () => Promise<void>;
}

export async function startServer({ path, decide }: ServerOptions = {}): Promise<Server> {
  const ownKey = `OWN${randomUUID().replaceAll("-", "").toUpperCase()}`;
  const worker = new Worker(join(__dirname, "worker.mjs"), {
    workerData: { ownKey, guarded: decide !== undefined, ...(path !== undefined && { path }) },
    // Not those of this process: they may load its TypeScript hooks.
    execArgv: [],
  });
  const tell = (message: Message): void => {
    worker.postMessage(message);
  };
  const [{ port }] = (await once(worker, "message")) as [{ port: number }];
  worker.on("message", (report: Report) => {
    if (!("request" in report) || !decide) return;
    void decide(report.request).then((decision) => {
      tell({ kind: "decision", id: report.id, decision });
    });
  });
  return {
    endpoint: `http://127.0.0.1:${port}`,
    ownKey,
    connect(port) {
      worker.postMessage({ kind: "connect", port } satisfies Message, [port]);
    },
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
      await worker.terminate();
    },
  };
}
