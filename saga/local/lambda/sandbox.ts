import { join } from "node:path";
import type { EventLoopUtilization } from "node:perf_hooks";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { exited, type FunctionError, InvocationError, killed, timedOut } from "./errors";
import type { PooledWorker } from "./pool";

/** The data that a worker starts with. */
export interface WorkerData extends Pick<SandboxOptions, "taskRoot" | "handler" | "timeoutSeconds" | "context"> {
  readonly tables: { readonly endpoint: string; readonly port: MessagePort } | undefined;
}

/** The tables' endpoint, which a function reaches through a message port or a socket. */
export interface Tables {
  readonly endpoint: string;
  /** Answers the requests that arrive through a message port. */
  readonly connect: (port: MessagePort) => void;
}

export interface Invocation {
  readonly requestId: string;
  /** JSON, like the response. */
  readonly payload: string;
}

/** The messages of a worker. After a fatal error the worker ends. */
export type Message =
  | { readonly kind: "ready" }
  | { readonly kind: "log"; readonly text: string }
  | { readonly kind: "answer"; readonly payload: string }
  | { readonly kind: "error"; readonly error: FunctionError; readonly fatal: boolean };

export interface InvokeOptions extends Invocation {
  /** Called when the function has loaded and receives the invocation. Its timeout begins here. */
  readonly onBegin: () => void;
}

interface Pending extends InvokeOptions {
  readonly resolve: (payload: string) => void;
  readonly reject: (error: Error) => void;
}

export interface SandboxOptions {
  readonly taskRoot: string;
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly memory: number;
  /** The common part of every invocation's context. */
  readonly context: object;
  readonly tables: Tables | undefined;
  readonly onLog: (line: string) => void;
  /** Replaces this machine's paths by the paths that the code has on Lambda. */
  readonly asOnLambda: (error: FunctionError) => FunctionError;
}

export const workerFile = join(__dirname, "worker.mjs");

/**
 * The limit for new objects. Without it, the garbage of many short calls grows to three times this size before it is
 * collected.
 */
const YOUNG_GENERATION_MB = 16;

/** Lambda gives the code outside of the handler ten seconds, whatever the function's timeout. */
const INIT_SECONDS = 10;

/** One execution environment: a worker thread that has loaded the function, and takes one invocation at a time. */
export class Sandbox implements PooledWorker {
  readonly #options: SandboxOptions;
  readonly #worker: Worker;
  #ready = false;
  #alive = true;
  #pending: Pending | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** The reason for its end, unless it exited by itself. */
  #stopped: ((requestId: string) => Error) | undefined;
  #line = "";

  constructor(options: SandboxOptions) {
    const { taskRoot, handler, timeoutSeconds, context, environment, memory, tables } = options;
    this.#options = options;
    const channel = tables && new MessageChannel();
    const reached = channel && { endpoint: tables.endpoint, port: channel.port1 };
    if (channel) tables.connect(channel.port2);
    this.#worker = new Worker(workerFile, {
      workerData: { taskRoot, handler, timeoutSeconds, context, tables: reached } satisfies WorkerData,
      transferList: reached ? [reached.port] : [],
      env: environment,
      // The options of this process may load its TypeScript hooks.
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: memory, maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    this.#worker.on("message", (message: Message) => {
      this.#receive(message);
    });
    this.#worker.on("error", (error: NodeJS.ErrnoException) => {
      const outOfMemory = error.code === "ERR_WORKER_OUT_OF_MEMORY";
      this.#stopped = (id) => (outOfMemory ? new InvocationError(killed(id)) : error);
    });
    this.#worker.on("exit", (code) => {
      this.#alive = false;
      const failure = this.#stopped ?? ((id) => new InvocationError(exited(id, code)));
      this.#settle(({ requestId, reject }) => {
        reject(failure(requestId));
      });
    });
  }

  /** Whether it can take another invocation. */
  get alive(): boolean {
    return this.#alive;
  }

  activity(since?: EventLoopUtilization): EventLoopUtilization {
    return this.#worker.performance.eventLoopUtilization(since);
  }

  invoke(invocation: InvokeOptions): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#pending = { ...invocation, resolve, reject };
      if (this.#ready) this.#send(this.#pending);
      else this.#stopAfter(INIT_SECONDS);
    });
  }

  async close(): Promise<void> {
    this.#alive = false;
    this.#stopped = () => new Error("The function was closed while it ran");
    await this.#worker.terminate();
  }

  #send({ requestId, payload, onBegin }: Pending): void {
    onBegin();
    this.#stopAfter(this.#options.timeoutSeconds);
    this.#worker.postMessage({ requestId, payload });
  }

  #stopAfter(seconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#alive = false;
      this.#stopped = (id) => new InvocationError(timedOut(id, seconds));
      // The timeout is reported at the thread's exit, so that nothing it does comes after the report.
      void this.#worker.terminate();
    }, seconds * 1000);
  }

  #receive(message: Message): void {
    switch (message.kind) {
      case "ready":
        this.#ready = true;
        if (this.#pending) this.#send(this.#pending);
        break;
      case "log": {
        const lines = (this.#line + message.text).split("\n");
        this.#line = lines.pop() ?? "";
        for (const line of lines) this.#options.onLog(line);
        break;
      }
      case "answer":
        this.#settle(({ resolve }) => {
          resolve(message.payload);
        });
        break;
      case "error":
        if (message.fatal) this.#alive = false;
        this.#settle(({ reject }) => {
          reject(new InvocationError(this.#options.asOnLambda(message.error)));
        });
    }
  }

  #settle(how: (pending: Pending) => void): void {
    clearTimeout(this.#timer);
    if (this.#line !== "") this.#options.onLog(this.#line);
    this.#line = "";
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending) how(pending);
  }
}
