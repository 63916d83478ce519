import { randomUUID } from "node:crypto";
import { devNull } from "node:os";
import { pathToFileURL } from "node:url";
import { type FunctionError, InvocationError, requestTooLarge, responseTooLarge } from "./errors";
import { runtimeModules, sdkModules, unpack } from "./folder";
import { type Line, machinePool, type WorkerPool } from "./pool";
import { Sandbox, type Tables, workerFile } from "./sandbox";

export interface FunctionOptions {
  readonly name: string;
  /** The deployed archive: text by path. */
  readonly code: Readonly<Record<string, string>>;
  /** What else is in the archive: files of this machine, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** What is in further files of it, by path. */
  readonly contents?: Readonly<Record<string, Buffer>>;
  /** Module and export: `__index.handler`. */
  readonly handler: string;
  /** Wins over what Lambda sets itself. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  /** In MB. */
  readonly memory: number;
  readonly onLog?: (line: string) => void;
  /** What it reaches by a port as well as by a socket. */
  readonly tables?: Tables;
  /** Whose workers run it; those of this process if nothing is said. */
  readonly pool?: WorkerPool;
}

export interface InvokeOptions {
  /** Lets the caller go away. A function that runs then, as on AWS, runs on to its end; one that waits does not begin. */
  readonly signal?: AbortSignal;
  /** Called while the invocation waits for a worker, or for one to load; what it gives is called when the function runs. */
  readonly hold?: () => () => void;
}

export interface DeployedFunction {
  /** Runs the function; rejects with an {@link InvocationError} if it fails. */
  invoke(payload: unknown, options?: InvokeOptions): Promise<{ readonly payload: unknown }>;
  /** The invocations under way, those included that wait, and those whose callers have gone away. */
  running(): readonly Promise<unknown>[];
  /** Stops what still runs and removes every trace. */
  close(): Promise<void>;
}

const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

/** Runs a function from its deployed form: in sandboxes of its own, each of which takes one invocation at a time. */
export function deployFunction(options: FunctionOptions): DeployedFunction {
  const { name, handler, timeoutSeconds, memory, tables, onLog = () => {}, pool = machinePool } = options;
  // Most functions of a program are never called. Files of this machine, though, may be others by then.
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
    // There is no home directory on Lambda whose settings could leak in.
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    // The SDK that Lambda ships fits its Node; this project's copy says that a later one will not.
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
