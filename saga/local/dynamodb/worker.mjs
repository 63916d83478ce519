// @ts-check
// The main module of the table thread: dynalite, the transactions on its tables, and the access control before both. It
// is plain JavaScript, so that it starts without a compiler. The main thread decides whether a request is allowed; this
// thread caches the decisions that can be cached.

import { Buffer } from "node:buffer";
import { randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import { createRequire } from "node:module";
import { parentPort, workerData } from "node:worker_threads";

/** @typedef {import("./server").Asked} Asked */
/** @typedef {import("./server").Decision} Decision */

/** @type {{ path?: string, ownKey: string, actions: readonly string[], guarded: boolean }} */
const { path, ownKey, actions, guarded } = workerData;
const known = new Set(actions);
const port = /** @type {import("node:worker_threads").MessagePort} */ (parentPort);

const require = createRequire(import.meta.url);
const { rememberExpressions } = require("./expressions.cjs");
for (const name of ["conditionParser", "updateParser", "projectionParser"]) {
  rememberExpressions(require(`dynalite/db/${name}`));
}

// dynalite keeps its store to itself.
const db = require("dynalite/db");
const { create } = db;
/** @type {unknown} */
let store;
db.create = (/** @type {object} */ options) => (store = create(options));

/** @type {import("dynalite")} */
const dynalite = require("dynalite");
const server = dynalite({ createTableMs: 0, ...(path !== undefined && { path }) });
const [serve] = /** @type {[import("node:http").RequestListener]} */ (server.listeners("request"));

/** @type {Map<string, Decision>} */
const decided = new Map();
/** @type {Map<number, (answer: any) => void>} */
const waiting = new Map();
let asked = 0;
/** The cache is bounded, because a client may use any number of access keys. */
const MOST_DECIDED = 10_000;

/**
 * Asks the main thread.
 * @param {{ asked: Asked } | { clock: true }} question
 * @returns {Promise<any>}
 */
function ask(question) {
  return new Promise((resolve) => {
    const id = ++asked;
    waiting.set(id, resolve);
    port.postMessage({ id, ...question });
  });
}

/** @type {Readonly<Record<string, (content: object) => Promise<object>>>} */
const transactions = require("./transactions.cjs").transactionsOf(store, {
  now: () => ask({ clock: true }),
  kept: path !== undefined,
});

/**
 * @param {Asked} asked
 * @returns {Decision | Promise<Decision>}
 */
function decide(asked) {
  const about = `${asked.accessKey} ${asked.action} ${subject(asked)}`;
  return (
    decided.get(about) ??
    ask({ asked }).then((decision) => {
      if (decided.size >= MOST_DECIDED) decided.clear();
      if (decision.lasts) decided.set(about, decision);
      return decision;
    })
  );
}

/**
 * What a lasting decision depends on, apart from the caller and the action: the table and the index, the tables of a
 * batch, or the operations of a transaction with their tables.
 * @param {Asked} asked
 */
function subject({ action, request: { TableName, IndexName, RequestItems, TransactItems } }) {
  switch (action) {
    case "TransactGetItems":
    case "TransactWriteItems": {
      const parts = Object.values(Object(TransactItems)).flatMap((item) => Object.entries(Object(item)));
      const operations = parts.map(([name, part]) => JSON.stringify([name, Object(part).TableName]));
      return [...new Set(operations)].sort().join();
    }
    case "BatchGetItem":
    case "BatchWriteItem":
      return Object.keys(Object(RequestItems)).sort().join();
    default:
      return `${TableName} ${IndexName ?? ""}`;
  }
}

/** @typedef {{ headers: import("node:http").IncomingHttpHeaders, method?: string, url?: string }} Head */

/**
 * The error response to a request that the caller may not make.
 * @param {Head} head
 * @param {string} action
 * @param {string | Buffer} body
 */
async function refusal({ headers }, action, body) {
  const [, accessKey = ""] = /Credential=([^/]+)\//.exec(headers.authorization ?? "") ?? [];
  if (accessKey === ownKey) return undefined;
  let content;
  try {
    content = JSON.parse(body.toString());
  } catch {
    // dynalite answers invalid JSON as DynamoDB does.
    return undefined;
  }
  const { TableName, IndexName, RequestItems, TransactItems, Key, Item } = Object(content);
  const request = { TableName, IndexName, RequestItems, TransactItems, Key, Item };
  return (await decide({ accessKey, action, request })).refusal;
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
  const action = String(head.headers["x-amz-target"]).replace(/^.*\./, "");
  try {
    // Without a name, dynalite answers. IAM is not asked about an action that no caller can have here.
    if (!known.has(action) && /^[A-Z]\w+$/.test(action)) {
      send(outgoing, 400, unknownAction(action));
      return;
    }
    const refused = guarded ? await refusal(head, action, body) : undefined;
    if (refused) {
      send(outgoing, 400, refused);
      return;
    }
    const transact = Object.hasOwn(transactions, action) ? transactions[action] : undefined;
    if (transact) {
      const { status, content } = await transacted(transact, body);
      send(outgoing, status, content);
      return;
    }
    const again = new Read(head);
    serve(/** @type {any} */ (again), /** @type {any} */ (outgoing));
    if (body.length > 0) again.emit("data", body);
    again.emit("end");
  } catch (error) {
    // An exception in dynalite must fail only this request.
    send(outgoing, 500, { __type: "com.amazon.coral.service#InternalServerError", message: String(error) });
  }
}

/**
 * @param {(content: object) => Promise<object>} transact
 * @param {string | Buffer} body
 * @returns {Promise<{ status: number, content: object }>}
 */
async function transacted(transact, body) {
  let content;
  try {
    content = JSON.parse(body.toString());
  } catch {
    return { status: 400, content: { __type: "com.amazon.coral.service#SerializationException" } };
  }
  try {
    return { status: 200, content: await transact(content) };
  } catch (error) {
    const refused = /** @type {{ statusCode?: number, body: object }} */ (error);
    if (refused.statusCode === undefined) throw error;
    return { status: refused.statusCode, content: refused.body };
  }
}

/** @param {string} action */
const unknownAction = (action) => ({
  __type: "com.amazon.coral.service#UnknownOperationException",
  message: `dynamodb:${action} is not on this machine, whose tables answer ${actions.join(", ")}`,
});

/**
 * @param {import("node:http").ServerResponse | Reply} outgoing
 * @param {number} status
 * @param {object} content
 */
function send(outgoing, status, content) {
  if (outgoing.headersSent) return;
  outgoing.statusCode = status;
  outgoing.setHeader("Content-Type", "application/x-amz-json-1.0");
  outgoing.setHeader("x-amzn-RequestId", randomUUID());
  outgoing.end(JSON.stringify(content));
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
    case "time":
      waiting.get(message.id)?.(message.kind === "time" ? message.time : message.decision);
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
