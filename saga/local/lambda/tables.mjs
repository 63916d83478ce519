// @ts-check
// How a function's SDK reaches the tables: by a port to their thread. A socket between two threads of one process would
// cost more than all else that a request takes. The SDK is as it is on Lambda: only where its request handler would have
// opened the socket, requests for the tables' endpoint take the port. Plain JavaScript, as the worker is.

import { Buffer } from "node:buffer";
import { Module } from "node:module";
import { sep } from "node:path";
import { clearTimeout, setTimeout } from "node:timers";
import { URL } from "node:url";

/** @typedef {import("../dynamodb/server").Answer} Answer */
/** @typedef {import("../dynamodb/server").Passed} Passed */

/** Where the SDK's request handler is, in whichever release of the SDK a function has. */
const REQUEST_HANDLER = ["", "@smithy", "node-http-handler", "dist-cjs", "index.js"].join(sep);

/**
 * Has the SDK reach an endpoint by a port. Requests with which it does more than wait for the answer go by a socket.
 * @param {{ endpoint: string, port: import("node:worker_threads").MessagePort }} tables
 */
export function reachTables({ endpoint, port }) {
  const ask = asker(port);
  const { hostname, port: number } = new URL(endpoint);
  const passes = (/** @type {any} */ request, /** @type {any} */ options, /** @type {any} */ handler) => {
    const { requestTimeout, throwOnRequestTimeout, socketTimeout } = handler.config;
    const isPlain = typeof request.body === "string" || request.body instanceof Uint8Array;
    const waits = options.abortSignal || options.requestTimeout || socketTimeout || handler.externalAgent;
    const warns = requestTimeout && !throwOnRequestTimeout;
    return request.hostname === hostname && String(request.port) === number && isPlain && !waits && !warns;
  };

  // Only functions that use the SDK load it.
  const extensions = /** @type {any} */ (Module)._extensions;
  const load = extensions[".js"];
  extensions[".js"] = (/** @type {any} */ module, /** @type {string} */ file) => {
    load(module, file);
    if (!file.endsWith(REQUEST_HANDLER)) return;
    const prototype = module.exports.NodeHttpHandler?.prototype;
    const handle = prototype?.handle;
    if (typeof handle !== "function") return;
    prototype.handle = async function (/** @type {any} */ request, /** @type {any} */ options = {}) {
      this.config ??= await this.configProvider;
      if (!passes(request, options, this)) return handle.call(this, request, options);
      const { method, path: url, headers, body } = request;
      const answer = ask({ method, url, headers, body }, this.config.requestTimeout ?? 0);
      const { status, headers: answered, body: content } = await answer;
      return { response: { statusCode: status, headers: answered, body: Buffer.from(content) } };
    };
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
  // What keeps the thread is the port by which the function is called.
  port.unref();

  /**
   * @param {Passed} request
   * @param {number} timeout Of the SDK's request handler, in milliseconds, whose words it has.
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
