// @ts-check
// The main module of the table thread: dynalite, and the access control before it. It is plain JavaScript, so that it
// starts without a compiler. The main thread decides whether a request is allowed; this thread caches the decisions
// that can be cached.

import { Buffer } from "node:buffer";
import { randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import { createRequire } from "node:module";
import { parentPort, workerData } from "node:worker_threads";

/** @typedef {import("./server").Asked} Asked */
/** @typedef {import("./server").Decision} Decision */

/** @type {{ path?: string, ownKey: string, guarded: boolean }} */
const { path, ownKey, guarded } = workerData;
const port = /** @type {import("node:worker_threads").MessagePort} */ (parentPort);

const require = createRequire(import.meta.url);
const { rememberExpressions } = require("./expressions.cjs");
for (const name of ["conditionParser", "updateParser", "projectionParser"]) {
  rememberExpressions(require(`dynalite/db/${name}`));
}

/** @type {import("dynalite")} */
const dynalite = require("dynalite");
const server = dynalite({ createTableMs: 0, ...(path !== undefined && { path }) });
const [serve] = /** @type {[import("node:http").RequestListener]} */ (server.listeners("request"));

/** @type {Map<string, Decision>} */
const decided = new Map();
/** @type {Map<number, (decision: Decision) => void>} */
const waiting = new Map();
let asked = 0;
/** The cache is bounded, because a client may use any number of access keys. */
const MOST_DECIDED = 10_000;

/**
 * @param {Asked} request
 * @param {string} resource
 * @returns {Decision | Promise<Decision>}
 */
function decide(request, resource) {
  const known = `${request.accessKey} ${request.action} ${resource}`;
  return (
    decided.get(known) ??
    new Promise((resolve) => {
      const id = ++asked;
      waiting.set(id, (decision) => {
        if (decided.size >= MOST_DECIDED) decided.clear();
        if (decision.lasts) decided.set(known, decision);
        resolve(decision);
      });
      port.postMessage({ id, request });
    })
  );
}

/** @typedef {{ headers: import("node:http").IncomingHttpHeaders, method?: string, url?: string }} Head */

/**
 * @param {Head} head
 * @param {string | Buffer} body
 */
async function refusal({ headers }, body) {
  const [, accessKey = ""] = /Credential=([^/]+)\//.exec(headers.authorization ?? "") ?? [];
  if (accessKey === ownKey) return undefined;
  const action = String(headers["x-amz-target"]).replace(/^.*\./, "");
  let content;
  try {
    content = JSON.parse(body.toString());
  } catch {
    // dynalite answers invalid JSON as DynamoDB does.
    return undefined;
  }
  const { TableName, IndexName, RequestItems, Key, Item } = Object(content);
  const about = TableName ?? Object.keys(Object(RequestItems)).sort().join();
  const decision = decide(
    { accessKey, action, TableName, IndexName, tables: Object.keys(Object(RequestItems)), item: Item ?? Key },
    `${about} ${IndexName ?? ""}`,
  );
  return (await decision).refusal;
}

/** A request whose body was already read. It emits the body again for dynalite. */
class Read extends EventEmitter {
  /** @param {Head} head */
  constructor({ headers, method, url }) {
    super();
    this.headers = headers;
    this.method = method;
    this.url = url;
  }
}

/** The part of a response that dynalite uses, for requests through a message port. */
class Reply {
  statusCode = 200;
  headersSent = false;
  /** @type {Record<string, string>} */
  headers = {};

  /** @param {(reply: Omit<import("./server").Answer, "id">) => void} send */
  constructor(send) {
    this.send = send;
  }

  /**
   * @param {string} name
   * @param {string | number} value
   */
  setHeader(name, value) {
    this.headers[name.toLowerCase()] = String(value);
  }

  end(body = "") {
    this.headersSent = true;
    this.send({ status: this.statusCode, headers: this.headers, body });
  }
}

/**
 * @param {Head} head
 * @param {import("node:http").ServerResponse | Reply} outgoing
 * @param {string | Buffer} body
 */
async function answer(head, outgoing, body) {
  try {
    const refused = guarded ? await refusal(head, body) : undefined;
    if (refused) {
      refuse(outgoing, 400, refused);
      return;
    }
    const again = new Read(head);
    serve(/** @type {any} */ (again), /** @type {any} */ (outgoing));
    if (body.length > 0) again.emit("data", body);
    again.emit("end");
  } catch (error) {
    // An exception in dynalite must fail only this request.
    refuse(outgoing, 500, { __type: "com.amazon.coral.service#InternalServerError", message: String(error) });
  }
}

/**
 * @param {import("node:http").ServerResponse | Reply} outgoing
 * @param {number} status
 * @param {object} error
 */
function refuse(outgoing, status, error) {
  if (outgoing.headersSent) return;
  outgoing.statusCode = status;
  outgoing.setHeader("Content-Type", "application/x-amz-json-1.0");
  outgoing.setHeader("x-amzn-RequestId", randomUUID());
  outgoing.end(JSON.stringify(error));
}

server.removeListener("request", serve);
server.on("request", (incoming, outgoing) => {
  /** @type {Buffer[]} */
  const parts = [];
  incoming.on("data", (part) => parts.push(part));
  incoming.on("end", () => void answer(incoming, outgoing, Buffer.concat(parts)));
});

/**
 * Answers the requests of one function's worker. The port closes with the worker.
 * @param {import("node:worker_threads").MessagePort} line
 */
function listen(line) {
  line.on("message", (/** @type {import("./server").Passed & { id: number }} */ { id, headers, method, url, body }) => {
    // Node gives the headers of a socket's requests in lower case.
    const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    const reply = new Reply((answered) => line.postMessage({ id, ...answered }));
    void answer({ headers: lower, method, url }, reply, typeof body === "string" ? body : Buffer.from(body));
  });
}

port.on("message", (/** @type {import("./server").Message} */ message) => {
  switch (message.kind) {
    case "connect":
      listen(message.port);
      break;
    case "decision":
      waiting.get(message.id)?.(message.decision);
      waiting.delete(message.id);
      break;
    case "forget":
      decided.clear();
      break;
    case "close":
      server.close(() => port.postMessage({ closed: true }));
      // Otherwise the server would wait for idle keep-alive connections.
      server.closeAllConnections();
  }
});

server.listen(0, "127.0.0.1", () => {
  port.postMessage({ port: /** @type {import("node:net").AddressInfo} */ (server.address()).port });
});
