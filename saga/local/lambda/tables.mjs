// @ts-check
// Connects a function's SDK with the tables through a message port to their thread. A socket between two threads of one
// process would cost more than the rest of a request. The SDK is the same as on Lambda, except for two methods. Its
// request handler sends requests for the tables' endpoint through the port, and its signer leaves out their signature,
// which nothing checks. Plain JavaScript, like the worker.

import { Buffer } from "node:buffer";
import { Module } from "node:module";
import { sep } from "node:path";
import { clearTimeout, setTimeout } from "node:timers";
import { URL } from "node:url";

/** @typedef {import("../dynamodb/server").Answer} Answer */
/** @typedef {import("../dynamodb/server").Passed} Passed */

/** The modules of the SDK's request handler and signer, in any release of the SDK. */
const REQUEST_HANDLER = modulePath("node-http-handler");
const SIGNER = modulePath("signature-v4");

/** @param {string} name */
function modulePath(name) {
  return ["", "@smithy", name, "dist-cjs", "index.js"].join(sep);
}

/**
 * Connects the SDK with an endpoint through a message port. Requests that need more than a response, such as an abort
 * signal, use a socket.
 * @param {{ endpoint: string, port: import("node:worker_threads").MessagePort }} tables
 */
export function reachTables({ endpoint, port }) {
  const { hostname, port: number } = new URL(endpoint);
  const isForTables = (/** @type {any} */ request) => request.hostname === hostname && String(request.port) === number;
  const ask = asker(port);

  // The modules are patched when they load: most functions load only a part of the SDK, or none.
  const extensions = /** @type {any} */ (Module)._extensions;
  const load = extensions[".js"];
  extensions[".js"] = (/** @type {any} */ module, /** @type {string} */ file) => {
    load(module, file);
    if (file.endsWith(REQUEST_HANDLER)) passRequests(module.exports.NodeHttpHandler?.prototype, isForTables, ask);
    if (file.endsWith(SIGNER)) signNothing(module.exports.SignatureV4?.prototype, isForTables);
  };
}

/**
 * @param {any} prototype The prototype of the SDK's request handler.
 * @param {(request: any) => boolean} isForTables
 * @param {ReturnType<typeof asker>} ask
 */
function passRequests(prototype, isForTables, ask) {
  const handle = prototype?.handle;
  if (typeof handle !== "function") return;
  const passes = (/** @type {any} */ { body, query }, /** @type {any} */ options, /** @type {any} */ handler) => {
    const { requestTimeout, throwOnRequestTimeout, socketTimeout } = handler.config;
    const isPlain = (typeof body === "string" || body instanceof Uint8Array) && Object.keys(query ?? {}).length === 0;
    const waits = options.abortSignal || options.requestTimeout || socketTimeout || handler.externalAgent;
    const warns = requestTimeout && !throwOnRequestTimeout;
    return isPlain && !waits && !warns;
  };
  prototype.handle = async function (/** @type {any} */ request, /** @type {any} */ options = {}) {
    this.config ??= await this.configProvider;
    if (!isForTables(request) || !passes(request, options, this)) return handle.call(this, request, options);
    const { method, path: url, headers, body } = request;
    const answer = ask({ method, url, headers, body }, this.config.requestTimeout ?? 0);
    const { status, headers: answered, body: content } = await answer;
    return { response: { statusCode: status, headers: answered, body: Buffer.from(content) } };
  };
}

/**
 * Leaves out the signature: the tables identify a caller by its access key, and no secret exists to check a signature
 * with. The request only names its signer and its time.
 * @param {any} prototype The prototype of the SDK's signer.
 * @param {(request: any) => boolean} isForTables
 */
function signNothing(prototype, isForTables) {
  const sign = prototype?.signRequest;
  if (typeof sign !== "function") return;
  prototype.signRequest = async function (/** @type {any} */ request, /** @type {any} */ options = {}) {
    const { signingDate = new Date(), signingRegion, signingService = this.service } = options;
    if (!isForTables(request) || !(signingDate instanceof Date)) return sign.call(this, request, options);
    const { accessKeyId, sessionToken } = await this.credentialProvider();
    const date = signingDate.toISOString().replace(/[-:]|\.\d+/g, "");
    const scope = `${date.slice(0, 8)}/${signingRegion ?? (await this.regionProvider())}/${signingService}/aws4_request`;
    request.headers["x-amz-date"] = date;
    if (sessionToken) request.headers["x-amz-security-token"] = sessionToken;
    request.headers["authorization"] =
      `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=host;x-amz-date, Signature=${"0".repeat(64)}`;
    return request;
  };
}

/** @param {import("node:worker_threads").MessagePort} port */
function asker(port) {
  /** @type {Map<number, (answer: Answer) => void>} */
  const waiting = new Map();
  let asked = 0;
  port.on("message", (/** @type {Answer} */ answer) => {
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  // The port to the main thread keeps this thread alive.
  port.unref();

  /**
   * @param {Passed} request
   * @param {number} timeout The timeout of the SDK's request handler, in milliseconds. The error has its words.
   * @returns {Promise<Answer>}
   */
  return (request, timeout) =>
    new Promise((resolve, reject) => {
      const id = ++asked;
      const timer =
        timeout > 0 &&
        setTimeout(() => {
          waiting.delete(id);
          const what = `a request has exceeded the configured ${timeout} ms requestTimeout.`;
          const error = new Error(`@smithy/node-http-handler - [ERROR] ${what}`);
          reject(Object.assign(error, { name: "TimeoutError", code: "ETIMEDOUT" }));
        }, timeout);
      waiting.set(id, (answer) => {
        if (timer) clearTimeout(timer);
        resolve(answer);
      });
      port.postMessage({ ...request, id });
    });
}
