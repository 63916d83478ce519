import { randomUUID } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { devNull, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type FunctionError, InvocationError, requestTooLarge, responseTooLarge } from "./errors";
import { Sandbox, workerFile } from "./sandbox";

export interface FunctionOptions {
  readonly name: string;
  /** The deployed archive: text by path. */
  readonly code: Readonly<Record<string, string>>;
  /** What else is in the archive: files of this machine, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Module and export: `__index.handler`. */
  readonly handler: string;
  /** Wins over what Lambda sets itself. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  /** In MB. */
  readonly memory: number;
  readonly onLog?: (line: string) => void;
}

export interface DeployedFunction {
  /**
   * Runs the function; rejects with an {@link InvocationError} if it fails. The signal lets the caller go away; the
   * function, as on AWS, runs on to its end.
   */
  invoke(payload: unknown, options?: { readonly signal?: AbortSignal }): Promise<{ readonly payload: unknown }>;
  /** The invocations under way, those included whose callers have gone away. */
  running(): readonly Promise<unknown>[];
  /** Stops what still runs and removes every trace. */
  close(): Promise<void>;
}

const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

/**
 * What Lambda's runtime brings along; the project's other modules stay out of sight. Of the SDK's clients there are the
 * program's, and those that this package has.
 */
const sdk = dirname(dirname(require.resolve("@aws-sdk/client-dynamodb/package.json")));

function linkSdk(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const scope of [join(process.cwd(), "node_modules/@aws-sdk"), sdk]) {
    if (!existsSync(scope)) continue;
    for (const name of readdirSync(scope)) {
      if (!existsSync(join(folder, name))) symlinkSync(join(scope, name), join(folder, name), "junction");
    }
  }
}

/** The folders of the functions that are open: they go with the process, however it ends. */
const folders = new Set<string>();
const removeFolders = (): void => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
};

/** Runs a function from its deployed form, in as many sandboxes as it has invocations at once, as Lambda does. */
export function deployFunction(options: FunctionOptions): DeployedFunction {
  const { name, code, handler, timeoutSeconds, memory, onLog = () => {} } = options;
  const root = realpathSync(mkdtempSync(join(tmpdir(), "lambda-")));
  if (folders.size === 0) process.once("exit", removeFolders);
  folders.add(root);
  const taskRoot = join(root, "task");
  const modules = join(root, "runtime");

  for (const [path, text] of Object.entries(code)) {
    const file = join(taskRoot, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  for (const [path, from] of Object.entries(options.files ?? {})) {
    const file = join(taskRoot, path);
    mkdirSync(dirname(file), { recursive: true });
    copyFileSync(from, file);
  }
  linkSdk(join(modules, "@aws-sdk"));

  const environment = { ...lambdaEnvironment(name, memory), NODE_PATH: modules, ...options.environment };
  const context = {
    functionName: name,
    functionVersion: "$LATEST",
    invokedFunctionArn: `arn:aws:lambda:${environment.AWS_REGION}:000000000000:function:${name}`,
    memoryLimitInMB: String(memory),
    logGroupName: `/aws/lambda/${name}`,
  };

  const onLambda = (text: string) =>
    text
      .replaceAll(taskRoot, "/var/task")
      .replaceAll(pathToFileURL(workerFile).href, "file:///var/runtime/index.mjs")
      .replaceAll(workerFile, "/var/runtime/index.mjs")
      .replaceAll(dirname(sdk), "/var/runtime/node_modules");
  const asOnLambda = ({ errorType, errorMessage, trace = [] }: FunctionError): FunctionError => ({
    errorType,
    errorMessage: onLambda(errorMessage),
    trace: trace.map(onLambda),
  });

  const sandboxes = new Set<Sandbox>();
  const idle: Sandbox[] = [];
  const running = new Set<Promise<unknown>>();
  let closed = false;

  function take(): Sandbox {
    for (let sandbox = idle.pop(); sandbox; sandbox = idle.pop()) {
      if (sandbox.alive) return sandbox;
      sandboxes.delete(sandbox);
    }
    const started = new Sandbox({ taskRoot, handler, environment, timeoutSeconds, memory, context, onLog, asOnLambda });
    sandboxes.add(started);
    return started;
  }

  async function run(payload: string): Promise<{ payload: unknown }> {
    const sandbox = take();
    try {
      const answer = await sandbox.invoke({ requestId: randomUUID(), payload });
      if (Buffer.byteLength(answer) > MAX_PAYLOAD_BYTES) throw new InvocationError(responseTooLarge(MAX_PAYLOAD_BYTES));
      return { payload: JSON.parse(answer) };
    } finally {
      idle.push(sandbox);
    }
  }

  return {
    async invoke(input, { signal } = {}) {
      if (closed) throw new Error(`The function ${name} is closed`);
      signal?.throwIfAborted();
      const payload = JSON.stringify(input ?? null);
      const bytes = Buffer.byteLength(payload);
      if (bytes > MAX_PAYLOAD_BYTES) throw new InvocationError(requestTooLarge(bytes, MAX_PAYLOAD_BYTES));
      const invocation = run(payload).finally(() => running.delete(invocation));
      running.add(invocation);
      return untilAborted(invocation, signal);
    },
    running: () => [...running],
    async close() {
      closed = true;
      await Promise.all([...sandboxes].map((sandbox) => sandbox.close()));
      rmSync(root, { recursive: true, force: true });
      folders.delete(root);
      if (folders.size === 0) process.removeListener("exit", removeFolders);
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
