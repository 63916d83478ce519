// @ts-check
// The main module of a sandbox. It loads the handler once, then answers one invocation after another. Plain JavaScript,
// so that a cold start compiles nothing.

import { Buffer } from "node:buffer";
import { createRequire } from "node:module";
import { join } from "node:path";
import process from "node:process";
import { isNativeError } from "node:util/types";
import { parentPort, workerData } from "node:worker_threads";
import { reachTables } from "./tables.mjs";

/** @type {import("./sandbox").WorkerData} */
const { taskRoot, handler, timeoutSeconds, context, tables } = workerData;

/** @param {import("./sandbox").Message} message */
const post = (message) => parentPort?.postMessage(message);

// Log lines use the same port as the responses, so that no line comes after the response of its call.
for (const stream of [process.stdout, process.stderr]) {
  stream.write = (/** @type {unknown} */ chunk, /** @type {any} */ encoding, /** @type {any} */ callback) => {
    post({ kind: "log", text: typeof chunk === "string" ? chunk : Buffer.from(/** @type {any} */ (chunk)).toString() });
    (typeof encoding === "function" ? encoding : callback)?.();
    return true;
  };
}

/**
 * @param {any} error
 * @returns {import("./errors").FunctionError}
 */
function described(error) {
  if (!isNativeError(error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? "").split("\n") };
}

/**
 * @param {string} errorType
 * @param {any} error
 */
const renamed = (errorType, error) => ({ ...described(error), errorType, errorMessage: String(error) });

/** @param {import("./errors").FunctionError} error */
function die(error) {
  post({ kind: "error", error, fatal: true });
  process.exit(1);
}

process.on("uncaughtException", (error) => die(described(error)));
process.on("unhandledRejection", (reason) => die(renamed("Runtime.UnhandledPromiseRejection", reason)));

function load() {
  const dot = handler.lastIndexOf(".");
  try {
    const loaded = createRequire(import.meta.url)(join(taskRoot, handler.slice(0, dot)))[handler.slice(dot + 1)];
    if (typeof loaded === "function") return loaded;
  } catch (error) {
    const code = /** @type {any} */ (error)?.code;
    if (code === "MODULE_NOT_FOUND") return die(renamed("Runtime.ImportModuleError", error));
    if (error instanceof SyntaxError) return die(renamed("Runtime.UserCodeSyntaxError", error));
    return die(described(error));
  }
  return die({
    errorType: "Runtime.HandlerNotFound",
    errorMessage: `${handler} is undefined or not exported`,
    trace: [],
  });
}

/** @param {unknown} result */
function serialised(result) {
  try {
    return JSON.stringify(result) ?? "null";
  } catch {
    throw new Error("Unable to stringify response body");
  }
}

if (tables) reachTables(tables);
const handle = load();

parentPort?.on("message", async (/** @type {import("./sandbox").Invocation} */ { requestId, payload }) => {
  const deadline = Date.now() + timeoutSeconds * 1000;
  const ofThisCall = { awsRequestId: requestId, getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()) };
  try {
    const result = await new Promise((resolve, reject) => {
      const returned = handle(JSON.parse(payload), { ...context, ...ofThisCall }, (error, value) =>
        error == null ? resolve(value) : reject(error),
      );
      if (typeof returned?.then === "function") returned.then(resolve, reject);
    });
    post({ kind: "answer", payload: serialised(result) });
  } catch (error) {
    post({ kind: "error", error: described(error ?? "handled"), fatal: false });
  }
});

post({ kind: "ready" });
