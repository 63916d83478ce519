import { randomUUID } from "node:crypto";
import { devNull } from "node:os";
import { pathToFileURL } from "node:url";
import { type FunctionError, InvocationError, requestTooLarge, responseTooLarge } from "./errors";
import { runtimeModules, sdkModules, unpack } from "./folder";
import { type Line, machinePool, type WorkerPool } from "./pool";
import { Sandbox, type Tables, workerFile } from "./sandbox";

export interface FunctionOptions {
  readonly name: string;
  /** The text files of the deployed archive, by path. */
  readonly code: Readonly<Record<string, string>>;
  /** Further files of the archive, copied from this machine, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Further files of the archive by their content, by path. */
  readonly contents?: Readonly<Record<string, Buffer>>;
  /** The module and the export: `__index.handler`. */
  readonly handler: string;
  /** The function's own variables. They override those of Lambda. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  /** In MB. */
  readonly memory: number;
  readonly onLog?: (line: string) => void;
  /** The tables, which the function reaches through a message port. */
  readonly tables?: Tables;
  /** The pool whose workers run it. By default the pool of this process. */
  readonly pool?: WorkerPool;
}

export interface InvokeOptions {
  /**
   * Aborts the wait of the caller. As on AWS, a running function continues to its end. A queued invocation does not
   * start.
   */
  readonly signal?: AbortSignal;
  /**
   * Called when the invocation begins to wait for a worker or for its start. The returned function is called when the
   * function runs.
   */
  readonly hold?: () => () => void;
}

export interface DeployedFunction {
  /** Runs the function. Rejects with an {@link InvocationError} if the function fails. */
  invoke(payload: unknown, options?: InvokeOptions): Promise<{ readonly payload: unknown }>;
  /** The invocations in progress. Queued ones and those whose caller has left are included. */
  running(): readonly Promise<unknown>[];
  /** Stops running invocations, and removes the function's files. */
  close(): Promise<void>;
}

const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

/** Runs a function from its deployed form, in sandboxes of its own. Each sandbox takes one invocation at a time. */
export function deployFunction(options: FunctionOptions): DeployedFunction {
  const { name, handler, timeoutSeconds, memory, tables, onLog = () => {}, pool = machinePool } = options;
  // Most functions of a program are never called, so they are unpacked at the first call. Files of this machine are
  // unpacked now, because they may change.
  let unpacked = options.files && unpack(options);
  const folder = () => (unpacked ??= unpack(options));
  const environment = { ...lambdaEnvironment(name, memory), ...options.environment };
  const context = {
    functionName: name,
    functionVersion: "$LATEST",
    invokedFunctionArn: `arn:aws:lambda:${environment.AWS_REGION}:000000000000:function:${name}`,
    memoryLimitInMB: String(memory),
    logGroupName: `/aws/lambda/${name}`,
  };

  const onLambda = (text: string) =>
    text
      .replaceAll(folder().taskRoot, "/var/task")
      .replaceAll(pathToFileURL(workerFile).href, "file:///var/runtime/index.mjs")
      .replaceAll(workerFile, "/var/runtime/index.mjs")
      .replaceAll(sdkModules, "/var/runtime/node_modules");
  const asOnLambda = ({ errorType, errorMessage, trace = [] }: FunctionError): FunctionError => ({
    errorType,
    errorMessage: onLambda(errorMessage),
    trace: trace.map(onLambda),
  });

  const line: Line<Sandbox> = pool.line(
    () =>
      new Sandbox({
        ...{ taskRoot: folder().taskRoot, handler, timeoutSeconds, memory, context, tables, onLog, asOnLambda },
        environment: { NODE_PATH: runtimeModules(), ...environment },
      }),
  );
  const running = new Set<Promise<unknown>>();
  let closed = false;

  async function run(payload: string, { signal, hold }: InvokeOptions): Promise<{ payload: unknown }> {
    const release = hold?.();
    try {
      const answer = await line.run((sandbox, begun) => {
        const onBegin = (): void => {
          release?.();
          begun();
        };
        return sandbox.invoke({ requestId: randomUUID(), payload, onBegin });
      }, signal);
      if (Buffer.byteLength(answer) > MAX_PAYLOAD_BYTES) throw new InvocationError(responseTooLarge(MAX_PAYLOAD_BYTES));
      return { payload: JSON.parse(answer) };
    } finally {
      release?.();
    }
  }

  return {
    async invoke(input, invokeOptions = {}) {
      const { signal } = invokeOptions;
      if (closed) throw new Error(`The function ${name} is closed`);
      signal?.throwIfAborted();
      const payload = JSON.stringify(input ?? null);
      const bytes = Buffer.byteLength(payload);
      if (bytes > MAX_PAYLOAD_BYTES) throw new InvocationError(requestTooLarge(bytes, MAX_PAYLOAD_BYTES));
      const invocation = run(payload, invokeOptions).finally(() => running.delete(invocation));
      running.add(invocation);
      return untilAborted(invocation, signal);
    },
    running: () => [...running],
    async close() {
      if (closed) return;
      closed = true;
      await line.close(new Error("The function was closed while it ran"));
      unpacked?.remove();
    },
  };
}

function lambdaEnvironment(name: string, memory: number) {
  return {
    AWS_REGION: "us-east-1",
    AWS_EXECUTION_ENV: `AWS_Lambda_nodejs${process.versions.node.split(".")[0]}.x`,
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memory),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_SESSION_TOKEN: "local",
    // On Lambda there is no home directory with settings for the SDK.
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    // This project's copy of the SDK warns about its Node release. Lambda's copy does not.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  };
}

async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  let leave = () => {};
  const left = new Promise<void>((resolve) => {
    leave = resolve;
    signal.addEventListener("abort", leave);
  });
  try {
    await Promise.race([promise, left]);
    signal.throwIfAborted();
    return await promise;
  } finally {
    signal.removeEventListener("abort", leave);
  }
}
