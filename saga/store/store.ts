import type { SagaIdentity, TaskEvent } from "../language/task";
import type { Effect } from "./logged";
import { refusal } from "./refusal";
import { dynamoRows, type Item, type RowKey, type Rows, type StoreAttributes } from "./rows";

/** The settings of a store. `Of` is the part of an event that makes the key. `Data` is the data of a row. */
export interface StoreOptions<Of, Data extends object = object> {
  /** The table's name. The saga's own table is `process.env["TABLE_NAME"]`. */
  readonly table: string | undefined;
  /** What a row represents, for the names of refusals: `Payment` makes `PaymentAlreadyExists`. */
  readonly entity: string;
  /**
   * Returns the key of the row that an event is about. If it is undefined, or has a value that is no key in DynamoDB,
   * the event names no row: the action is refused, and the undo succeeds without a write.
   */
  readonly key: (event: TaskEvent<Of>) => RowKey | undefined;
  /** Other names for the attributes that record which saga holds a row. */
  readonly attributes?: Partial<StoreAttributes>;
  /** Other names for the errors with which an action is refused. */
  readonly refusals?: {
    /** The row is live, and another saga or step holds it. Default: the entity's name and `AlreadyExists`. */
    readonly exists?: string;
    /** This saga has undone the row: the action comes too late. Default: `AlreadyUndone`. */
    readonly undone?: string;
  };
  /**
   * Data that a repeated action overwrites. All other data stays as it was first written. Use it for a callback task's
   * `task_token`: each retry brings another token, and the previous one is no longer valid.
   */
  readonly renew?: readonly (keyof Data & string)[];
  /** How many days a tombstone is kept. Default 30. Keep it above 14, because an execution can be redriven for 14 days. */
  readonly tombstoneDays?: number;
}

/** The result of an undo. */
export interface Undone {
  /** Whether this call wrote the tombstone. */
  readonly undone: boolean;
}

/** A row that was found. */
export interface Found<Data> {
  /** Whether its effect has not been undone. */
  readonly live: boolean;
  /** Whether the row belongs, or belonged, to the caller's saga and step. */
  readonly own: boolean;
  /** The data that was written last. A tombstone may have none. */
  readonly data: Partial<Data>;
}

/** Reads and writes that keep the contract of a task (S3): each may come twice, late, or in the wrong order. */
export interface Store<Of extends object, Data extends object> {
  /**
   * The action's write. If the same step of the same saga repeats it (S11), it returns what is stored, and overwrites
   * only the data that the option `renew` names.
   * @throws a refusal if another saga, or another step of this saga, holds the row, or if this saga has undone it
   */
  create(event: TaskEvent<Of>, data: Data): Promise<Effect<Data>>;
  /**
   * The undo's write: a tombstone, on the step's own row, or if there is no row. It never refuses. On a row that
   * another saga or step holds, it only records that this saga's action is refused from now on.
   */
  undo(event: TaskEvent<Of>): Promise<Effect<Undone>>;
  /** Reads the row, strongly consistent; undefined if there is none. */
  find(event: TaskEvent<Of>): Promise<Found<Data> | undefined>;
}

/** How often a write is tried while others change its row. */
const MOST_TRIES = 3;

/**
 * Opens a table for the rows of one entity. Call it once per cold start, in the task's `handler`.
 * `Of` is the part of an event that makes the key. `Data` is the data of a row, without the store's own attributes.
 * @throws Error if `table` is undefined or empty
 *
 * @example
 * const payments = openStore<{ invoice: string }, { payment_id: string; amount: number }>({
 *   table: process.env["TABLE_NAME"],
 *   entity: "Payment",
 *   key: ({ invoice }) => ({ pk: invoice, sk: "PAYMENT" }),
 * });
 */
export function openStore<Of extends object, Data extends object>(options: StoreOptions<Of, Data>): Store<Of, Data> {
  const { table, entity, key, renew = [], tombstoneDays = 30 } = options;
  const names = {
    saga: "saga_id",
    step: "saga_step",
    status: "status",
    undoneBy: "undone_by",
    expiresAt: "expires_at",
    ...options.attributes,
  };
  const { exists = `${entity}AlreadyExists`, undone = "AlreadyUndone" } = options.refusals ?? {};
  const thing = entity.toLowerCase();
  if (!table) {
    throw new Error(
      `the store of '${entity}' has no table: the environment variable with its name is not set. TABLE_NAME is set ` +
        "only within a task's handler. LEDGER_TABLE_NAME is set there if the task has tables: { ledger: […] }. " +
        "In a test, pass the option table, or tables: { ledger }",
    );
  }
  const rows = rowsOf(table, names);

  const isLive = (row: Item) => row[names.status] === "LIVE";
  const isOwn = (row: Item, { id, step }: SagaIdentity) =>
    row[names.saga] === id && (row[names.step] === undefined || row[names.step] === step);
  const dataOf = (row: Item): Partial<Data> => {
    const own = Object.values(names);
    return Object.fromEntries(Object.entries(row).filter(([name]) => !own.includes(name))) as Partial<Data>;
  };
  const newerIn = (data: Data, row: Item): Item =>
    Object.fromEntries(
      renew.flatMap((name) => (data[name] === undefined || data[name] === row[name] ? [] : [[name, data[name]]])),
    );
  const contended = () => Object.assign(new Error(`other sagas keep changing this ${thing}`), { name: "Contended" });

  return {
    async create(event, data) {
      const { id, step } = event.saga;
      const at = key(event);
      const fault = faultOf(at);
      if (!at || fault !== undefined) throw refusal(`Invalid${entity}`, `the event names no ${thing}: ${fault ?? ""}`);
      const taken = Object.values(names).find((name) => name in data);
      if (taken)
        throw new Error(
          `'${taken}' can't be data of a ${thing}: it is one of the store's own attributes, which the option 'attributes' renames`,
        );
      let row: Item | undefined;
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        if (await rows.take(at, event.saga, { ...data } as Item, row)) return { outcome: "done", result: data };
        row = await rows.read(at);
        // The row is gone, or its owner has undone it: now it can be taken.
        if (!row) continue;
        if (isLive(row) && isOwn(row, event.saga)) {
          const newer = newerIn(data, row);
          // If that fails, the row has just been undone.
          if (Object.keys(newer).length > 0 && !(await rows.renew(at, event.saga, newer))) continue;
          const stored: Item = { ...row, ...newer };
          const same = Object.keys(data).map((name) => [name, stored[name]] as const);
          return { outcome: "repeated", result: Object.fromEntries(same) as Data };
        }
        if ((row[names.undoneBy] as ReadonlySet<string> | undefined)?.has(id)) {
          throw refusal(undone, `this saga has already undone its ${thing}`);
        }
        if (!isLive(row)) continue;
        if (row[names.saga] !== id) throw refusal(exists, `another saga holds a live ${thing}`);
        const holder = String(row[names.step]);
        throw refusal(
          exists,
          `step '${holder}' of this saga holds this ${thing}; step '${step}' needs a key of its own`,
        );
      }
      throw contended();
    },

    async undo(event) {
      const at = key(event);
      if (!at || faultOf(at) !== undefined) return { outcome: "nothing", result: { undone: false } };
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        const expires = Math.floor(Date.now() / 1000) + tombstoneDays * 24 * 60 * 60;
        if (await rows.bury(at, event.saga, expires)) return { outcome: "undone", result: { undone: true } };
        if (await rows.remember(at, event.saga)) return { outcome: "nothing", result: { undone: false } };
      }
      throw contended();
    },

    async find(event) {
      const at = key(event);
      const row = at && faultOf(at) === undefined ? await rows.read(at) : undefined;
      return row && { live: isLive(row), own: isOwn(row, event.saga), data: dataOf(row) };
    },
  };
}

/** DynamoDB's limits for a partition key and for a sort key, in bytes. */
const MOST_KEY_BYTES = [2048, 1024];

/**
 * Why no row can have this key. No action has written a row with it, and the undo must not get stuck: DynamoDB would
 * refuse its write each time.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
 */
function faultOf(key: RowKey | undefined): string | undefined {
  if (!key) return "its key is undefined";
  for (const [index, [name, value]] of Object.entries<unknown>(key).entries()) {
    const most = MOST_KEY_BYTES[index] ?? 0;
    if (typeof value === "string") {
      const bytes = Buffer.byteLength(value);
      if (bytes < 1 || bytes > most) return `its key '${name}' has ${bytes} bytes, not 1 to ${most}`;
    } else if (!Number.isFinite(value))
      return `its key '${name}' is ${String(value)}, neither a string nor a finite number`;
  }
  return undefined;
}

/**
 * The rows of a test's table in memory, which `saga-aws-pulumi/testing` registers by its name; else of a DynamoDB
 * table.
 */
function rowsOf(table: string, names: StoreAttributes): Rows {
  const { sagaTables } = globalThis as { sagaTables?: Record<string, (names: StoreAttributes) => Rows> };
  return sagaTables?.[table]?.(names) ?? dynamoRows(table, names);
}
