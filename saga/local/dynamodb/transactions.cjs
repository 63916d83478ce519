// @ts-check
// Transactions, which dynalite does not have. Each part of a transaction is a request that dynalite knows, so dynalite
// validates it and carries it out, on a store that only records the writes. If every part succeeds, all writes go to
// the database in one batch, which is atomic, even if this process is killed. dynalite's own locks keep the items from
// other requests until then.

const { createHash } = require("node:crypto");
const db = require("dynalite/db");
const validations = require("dynalite/validations");

/** @typedef {{ body: { __type: string, message: string }, statusCode: number }} Refused An error that dynalite answers. */
/** @typedef {Record<string, any>} Item An item or a key, in DynamoDB's JSON. */
/**
 * @typedef {{ TableName: string, Item?: Item, Key?: Item, ExpressionAttributeValues?: Item,
 *   ReturnValuesOnConditionCheckFailure?: string }} Part One part of a transaction, such as the content of its `Put`.
 */
/** @typedef {{ kind: Kind, part: Part }} Operation */
/** @typedef {{ get: Function, put: Function, del: Function, batch: Function, lock: Function }} SubDb */
/** @typedef {{ units: number, Item?: Item }} Done The capacity that an operation took, and what it read. */
/**
 * @typedef {object} Kind
 * @property {Record<string, object>} types The fields, in dynalite's notation.
 * @property {(part: Part, store: any) => string | undefined} custom Finds what is wrong with them.
 * @property {(store: any, part: Part, done: (error: any, result: any) => void) => void} act
 */

/** The fields of a part, which are those of dynalite's action without the older forms of conditions and updates. */
const FIELDS = [
  ...["TableName", "Item", "Key", "ConditionExpression", "ProjectionExpression", "UpdateExpression"],
  ...["ExpressionAttributeNames", "ExpressionAttributeValues"],
];
const REQUIRED = { type: "String", notNull: true };

/**
 * @param {string} action dynalite's name of the action that does the same.
 * @param {Record<string, object>} fields What differs from it.
 * @returns {Kind}
 */
function kindOf(action, fields, act = require(`dynalite/actions/${action}`)) {
  const { types, custom } = require(`dynalite/validations/${action}`);
  const taken = FIELDS.filter((name) => name in types).map((name) => [name, types[name]]);
  return { types: { ...Object.fromEntries(taken), ...fields }, custom, act };
}

const ON_FAILURE = { ReturnValuesOnConditionCheckFailure: { type: "String", enum: ["ALL_OLD", "NONE"] } };

/** @type {Readonly<Record<string, Kind>>} */
const WRITES = {
  Put: kindOf("putItem", ON_FAILURE),
  Update: kindOf("updateItem", { ...ON_FAILURE, UpdateExpression: REQUIRED }),
  Delete: kindOf("deleteItem", ON_FAILURE),
  ConditionCheck: kindOf("deleteItem", { ...ON_FAILURE, ConditionExpression: REQUIRED }, checkCondition),
};
const GETS = { Get: kindOf("getItem", {}) };

/** @type {Kind["act"]} */
function checkCondition(store, part, done) {
  store.getTable(part.TableName, (/** @type {any} */ missing, /** @type {any} */ table) => {
    const invalid = missing ?? db.validateKey(part.Key, table);
    if (invalid) return done(invalid, null);
    store
      .getItemDb(part.TableName)
      .get(db.createKey(part.Key, table), (/** @type {any} */ error, /** @type {any} */ item) => {
        if (error && error.name !== "NotFoundError") return done(error, null);
        done(db.checkConditional(part, item), { ConsumedCapacity: db.addConsumedCapacity(part, false, item) });
      });
  });
}

/** @param {Readonly<Record<string, Kind>>} kinds */
function typesOf(kinds, required = {}) {
  const struct = (/** @type {string} */ name, /** @type {Kind} */ { types }) => ({
    type: `FieldStruct<${name}>`,
    ...required,
    children: types,
  });
  const parts = Object.entries(kinds).map(([name, kind]) => [name, struct(name, kind)]);
  return {
    ReturnConsumedCapacity: { type: "String", enum: ["INDEXES", "TOTAL", "NONE"] },
    TransactItems: {
      type: "List",
      notNull: true,
      lengthGreaterThanOrEqual: 1,
      lengthLessThanOrEqual: 100,
      children: { type: "ValueStruct<TransactItem>", children: Object.fromEntries(parts) },
    },
  };
}

const GET_TYPES = typesOf(GETS, { notNull: true });
const WRITE_TYPES = {
  ClientRequestToken: { type: "String", lengthGreaterThanOrEqual: 1, lengthLessThanOrEqual: 36 },
  ReturnItemCollectionMetrics: { type: "String", enum: ["SIZE", "NONE"] },
  ...typesOf(WRITES),
};

const MOST_BYTES = 4 * 1024 * 1024;
/** A token is known for this long after its transaction, in milliseconds. */
const TOKEN_LIFETIME = 10 * 60_000;
/**
 * @param {{ at: number }} token
 * @param {number} time
 */
const isExpired = ({ at }, time) => at + TOKEN_LIFETIME <= time;
/** Where the database keeps the tokens. The names of dynalite's own keys begin otherwise. */
const TOKENS = { gte: "transaction~", lt: "transaction~\uffff" };

/**
 * The transactions of a store of dynalite.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 * @param {any} store
 * @param {{ now: () => Promise<number>, kept: boolean }} options `kept`: whether the store may have tokens of an
 *   earlier process.
 * @returns {Readonly<Record<string, (content: object) => Promise<object>>>} the answers, by action. They throw dynalite's errors.
 */
exports.transactionsOf = (store, { now, kept }) => {
  /** @type {Map<string, { hash: string, at: number, reads: Record<string, number> }>} In the order of their times. */
  const tokens = new Map();
  /** @type {Set<string>} */
  const running = new Set();
  const loading = kept ? load() : undefined;
  // Only a transaction needs them, and fails without them.
  loading?.catch(() => {});

  async function load() {
    const found = [];
    for await (const [key, value] of store.db.iterator(TOKENS)) found.push([key, value]);
    for (const [key, value] of found.sort(([, a], [, b]) => a.at - b.at)) tokens.set(key, value);
  }

  /**
   * @param {object} content
   * @param {Record<string, object>} types
   * @param {Readonly<Record<string, Kind>>} kinds
   */
  async function read(content, types, kinds) {
    const data = validations.checkTypes(Object(content), types);
    validations.checkValidations(data, types, null, store);
    const hash = hashOf(data.TransactItems);
    const operations = data.TransactItems.map((/** @type {Record<string, Part> | null} */ item) => {
      const [[name, part] = [], another] = Object.entries(item ?? {});
      if (another) throw db.validationError("TransactItems can only contain one of Check, Put, Update or Delete");
      if (name === undefined || part === undefined) {
        throw db.validationError(
          "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request",
        );
      }
      const kind = /** @type {Kind} */ (kinds[name]);
      const wrong = kind.custom(part, store);
      if (wrong) throw db.validationError(wrong);
      return { kind, part: { ...part, ReturnConsumedCapacity: "TOTAL", ConsistentRead: true } };
    });
    limit(operations.reduce((/** @type {number} */ sum, /** @type {Operation} */ { part }) => sum + sizeOf(part), 0));
    return { data, hash, operations: /** @type {readonly Operation[]} */ (operations), keys: await keysOf(operations) };
  }

  /**
   * The keys of all items, by their tables. An item without a valid key fails later, for that reason.
   * @param {readonly Operation[]} operations
   */
  async function keysOf(operations) {
    /** @type {Map<string, Set<string>>} */
    const keys = new Map();
    for (const { part } of operations) {
      const table = await new Promise((resolve, reject) => {
        store.getTable(part.TableName, (/** @type {any} */ missing, /** @type {any} */ found) =>
          missing ? reject(missing) : resolve(found),
        );
      });
      if (part.Item ? db.validateItem(part.Item, table) : db.validateKey(part.Key, table)) continue;
      const key = db.createKey(part.Item ?? part.Key, table);
      const others = keys.get(part.TableName) ?? new Set();
      if (others.has(key)) {
        throw db.validationError("Transaction request cannot include multiple operations on one item");
      }
      keys.set(part.TableName, others.add(key));
    }
    return keys;
  }

  /**
   * Does something while no other request writes the items. All locks are requested at once, so the locks of two
   * transactions can't wait for each other.
   * @template T
   * @param {ReadonlyMap<string, ReadonlySet<string>>} keys
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  async function holding(keys, work) {
    const locks = [...keys].map(
      ([table, of]) =>
        new Promise((resolve) => {
          store.getItemDb(table).lock([...of], (/** @type {(done: () => void) => () => void} */ release) => {
            resolve(release(() => {}));
          });
        }),
    );
    const releases = await Promise.all(locks);
    try {
      return await work();
    } finally {
      for (const release of releases) release();
    }
  }

  /** @param {any} content */
  async function transactWriteItems(content) {
    await loading;
    const { data, hash, operations, keys } = await read(content, WRITE_TYPES, WRITES);
    const time = await now();
    const token = data.ClientRequestToken === undefined ? undefined : TOKENS.gte + data.ClientRequestToken;
    const before = token === undefined ? undefined : tokens.get(token);
    if (before && !isExpired(before, time)) {
      if (before.hash !== hash) throw refusal("IdempotentParameterMismatchException", MISMATCH);
      return { ConsumedCapacity: capacity(before.reads, "Read", data) };
    }
    if (token !== undefined && running.has(token)) throw refusal("TransactionInProgressException", IN_PROGRESS);
    if (token !== undefined) running.add(token);
    try {
      return await holding(keys, async () => {
        const { recording, commit } = recorded(store);
        const done = await all(recording, operations, { hoists: true });
        // A read unit has four times the size of a write unit.
        const known = { hash, at: time, reads: total(operations, done, (units) => Math.ceil(units / 4)) };
        await commit([
          ...forgottenAt(time).map((key) => ({ type: "del", key })),
          ...(token === undefined ? [] : [{ type: "put", key: token, value: known }]),
        ]);
        if (token !== undefined) tokens.set(token, known);
        return { ConsumedCapacity: capacity(total(operations, done), "Write", data) };
      });
    } finally {
      if (token !== undefined) running.delete(token);
    }
  }

  /**
   * Forgets the expired tokens. Each is returned once, so that nothing deletes a token that is in use again.
   * @param {number} time
   */
  function forgottenAt(time) {
    const forgotten = [];
    for (const [key, token] of tokens) {
      if (!isExpired(token, time)) break;
      tokens.delete(key);
      forgotten.push(key);
    }
    return forgotten;
  }

  /** @param {any} content */
  async function transactGetItems(content) {
    const { data, operations, keys } = await read(content, GET_TYPES, GETS);
    const done = await holding(keys, () => all(store, operations, { hoists: false }));
    limit(done.reduce((sum, { Item }) => sum + (Item ? db.itemSize(Item) : 0), 0));
    return {
      ConsumedCapacity: capacity(total(operations, done), "Read", data),
      // An item has no attributes if it does not have those of the projection.
      Responses: done.map(({ Item }) => (Item && Object.keys(Item).length > 0 ? { Item } : {})),
    };
  }

  return { TransactWriteItems: transactWriteItems, TransactGetItems: transactGetItems };
};

/**
 * Carries out all operations, also after one has failed: the error has a reason for each.
 * @param {any} store
 * @param {readonly Operation[]} operations
 * @param {{ hoists: boolean }} options Whether an empty key fails the request as such.
 * @returns {Promise<readonly Done[]>}
 */
async function all(store, operations, { hoists }) {
  /** @type {Done[]} */
  const done = [];
  /** @type {{ Code: string, Message?: string, Item?: Item }[]} */
  const reasons = [];
  for (const { kind, part } of operations) {
    const old = part.ReturnValuesOnConditionCheckFailure === "ALL_OLD" ? await existing(store, part) : undefined;
    const { error, result } = await new Promise((resolve) => {
      kind.act(store, part, (error, result) => resolve({ error, result }));
    });
    if (!error) {
      done.push({ units: result.ConsumedCapacity.CapacityUnits, Item: result.Item });
      reasons.push({ Code: "None" });
      continue;
    }
    const { __type = "", message = "" } = /** @type {Refused} */ (error).body ?? {};
    // dynalite has an earlier wording.
    const Message = message.replace("were invalid: The AttributeValue for", "are not valid. The AttributeValue for");
    if (/ConditionalCheckFailedException$/.test(__type)) {
      reasons.push({ Code: "ConditionalCheckFailed", Message, ...(old && { Item: old }) });
    } else if (/ValidationException$/.test(__type)) {
      if (hoists && /cannot contain an empty/.test(Message)) throw db.validationError(Message);
      reasons.push({ Code: "ValidationError", Message });
    } else throw error;
  }
  if (done.length === operations.length) return done;
  const codes = reasons.map(({ Code }) => Code).join(", ");
  const message = `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`;
  throw refusal("TransactionCanceledException", message, { CancellationReasons: reasons });
}

/**
 * The item that a write would replace.
 * @param {any} store
 * @param {Part} part
 * @returns {Promise<Item | undefined>}
 */
function existing(store, { TableName, Item, Key }) {
  return new Promise((resolve) => {
    store.getTable(TableName, (/** @type {any} */ missing, /** @type {any} */ table) => {
      const invalid = missing ?? (Item ? db.validateItem(Item, table) : db.validateKey(Key, table));
      if (invalid) return resolve(undefined);
      store
        .getItemDb(TableName)
        .get(db.createKey(Item ?? Key, table), (/** @type {any} */ _, /** @type {any} */ item) => {
          resolve(item);
        });
    });
  });
}

/**
 * A store that reads from another one and records the writes, whose items the caller has locked.
 * @param {any} store
 */
function recorded(store) {
  /** @type {(readonly [SubDb, object[]])[]} */
  const writes = [];
  const record = (/** @type {SubDb} */ subDb) => {
    /** @type {object[]} */
    const operations = [];
    writes.push([subDb, operations]);
    return {
      ...subDb,
      lock: (/** @type {string} */ _, /** @type {Function} */ work) => work((/** @type {Function} */ done) => done),
      put: (/** @type {string} */ key, /** @type {object} */ value, /** @type {Function} */ done) => {
        operations.push({ type: "put", key, value });
        done(null);
      },
      del: (/** @type {string} */ key, /** @type {Function} */ done) => {
        operations.push({ type: "del", key });
        done(null);
      },
    };
  };
  const recording = {
    ...store,
    getItemDb: (/** @type {string} */ table) => record(store.getItemDb(table)),
    getIndexDb: (/** @type {readonly string[]} */ ...names) => record(store.getIndexDb(...names)),
  };

  /**
   * Makes all writes at once.
   * @param {readonly object[]} more Writes with whole keys.
   * @returns {Promise<void>}
   */
  function commit(more) {
    const { batch } = store.db;
    const whole = [...more];
    // A part of the database turns its keys into whole ones, and then calls this method.
    store.db.batch = (/** @type {readonly object[]} */ operations) => whole.push(...operations);
    try {
      for (const [subDb, operations] of writes) subDb.batch(operations);
    } finally {
      store.db.batch = batch;
    }
    return new Promise((resolve, reject) => {
      batch(whole, (/** @type {unknown} */ error) => (error ? reject(error) : resolve()));
    });
  }
  return { recording, commit };
}

/**
 * The capacity by table. A transaction takes twice as much as other requests.
 * @param {readonly Operation[]} operations
 * @param {readonly Done[]} done
 */
function total(operations, done, of = (/** @type {number} */ units) => units) {
  /** @type {Record<string, number>} */
  const units = {};
  done.forEach((each, at) => {
    const { TableName } = /** @type {Operation} */ (operations[at]).part;
    units[TableName] = (units[TableName] ?? 0) + 2 * of(each.units);
  });
  return units;
}

/**
 * @param {Readonly<Record<string, number>>} units
 * @param {"Read" | "Write"} axis
 * @param {{ ReturnConsumedCapacity?: string }} request
 */
function capacity(units, axis, { ReturnConsumedCapacity: wanted }) {
  if (wanted !== "TOTAL" && wanted !== "INDEXES") return undefined;
  return Object.entries(units).map(([TableName, each]) => {
    const amount = { CapacityUnits: each, [`${axis}CapacityUnits`]: each };
    return { TableName, ...amount, ...(wanted === "INDEXES" && { Table: amount }) };
  });
}

/** @param {Part} part */
const sizeOf = ({ Item, Key, ExpressionAttributeValues: values }) =>
  db.itemSize(Item ?? Key) + (values ? db.itemSize(values) : 0);

/** @param {number} bytes */
function limit(bytes) {
  if (bytes <= MOST_BYTES) return;
  throw db.validationError(`The items of a transaction have up to ${MOST_BYTES} bytes together: these have ${bytes}`);
}

/**
 * Two requests have the same hash if they differ only in the order of their fields and attributes.
 * @param {unknown} content
 */
const hashOf = (content) =>
  createHash("sha256")
    .update(
      JSON.stringify(content, (_, value) =>
        value !== null && typeof value === "object" && !Array.isArray(value)
          ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
          : value,
      ),
    )
    .digest("base64");

const MISMATCH =
  "DynamoDB rejected the request because you retried a request with a different payload but with an idempotent token " +
  "that was already used.";
const IN_PROGRESS = "The transaction with the given request token is already in progress.";

/**
 * @param {string} name
 * @param {string} Message
 */
const refusal = (name, Message, fields = {}) =>
  Object.assign(new Error(Message), {
    statusCode: 400,
    body: { __type: `com.amazonaws.dynamodb.v20120810#${name}`, ...fields, Message },
  });
