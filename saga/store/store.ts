import type { SagaIdentity, TaskEvent } from "../language/task";
import type { Effect } from "./logged";
import { refusal } from "./refusal";
import { dynamoRows, type Item, type RowKey, type Rows, type StoreAttributes } from "./rows";

export interface StoreOptions<Of, Data extends object = object> {
  /** The table's name. The saga's own table is `process.env["TABLE_NAME"]`. */
  readonly table: string | undefined;
  /** What a row stands for, in refusals: `Payment` gives `PaymentAlreadyExists`. */
  readonly entity: string;
  /**
   * The row that an event is about. Where it is undefined, or has a value that DynamoDB takes for no key, the event names no
   * row: the action is refused, and there is nothing to undo.
   */
  readonly key: (event: TaskEvent<Of>) => RowKey | undefined;
  /** Other names for the attributes in which a saga's claim on a row stands. */
  readonly attributes?: Partial<StoreAttributes>;
  /** Other names for the errors with which an action is refused. */
  readonly refusals?: {
    /** The row is live, and another saga's or another step's. Default: the entity's name and `AlreadyExists`. */
    readonly exists?: string;
    /** This saga has undone it: the action comes too late. Default: `AlreadyUndone`. */
    readonly undone?: string;
  };
  /**
   * Data that a repeat overwrites with what it brings, where all else stays as it was written first: a callback task's
   * `task_token`. Each retry brings another token, and the one before is dead.
   */
  readonly renew?: readonly (keyof Data & string)[];
  /** How long a tombstone is kept. Default 30: nothing comes later, for an execution can be redriven for 14 days. */
  readonly tombstoneDays?: number;
}

export interface Undone {
  /** Whether this very call left the tombstone. */
  readonly undone: boolean;
}

/** What stands in a row. */
export interface Found<Data> {
  /** Whether its effect stands: nobody has undone it. */
  readonly live: boolean;
  /** Whether it is, or was, the caller's step of the caller's saga that wrote it. */
  readonly own: boolean;
  readonly data: Partial<Data>;
}

/** Writes that keep the contract of a task (S3): each may come twice, late, or in the wrong order. */
export interface Store<Of extends object, Data extends object> {
  /**
   * The action's write. Repeated by the same step of the same saga (S11), it answers what is stored, and stores anew what
   * the option `renew` names.
   * @throws where another saga, or another step of this saga, holds the row, and where this saga has undone it
   */
  create(event: TaskEvent<Of>, data: Data): Promise<Effect<Data>>;
  /**
   * The undo's write: a tombstone, on what the step itself has written, and where nothing is. It never refuses. On a row
   * that another saga or step holds it changes nothing but what is remembered: that this action may not come any more.
   */
  undo(event: TaskEvent<Of>): Promise<Effect<Undone>>;
  /** Looks a row up, with what was written last. */
  find(event: TaskEvent<Of>): Promise<Found<Data> | undefined>;
}

/** How often a write is tried that meets a row which others change. */
const MOST_TRIES = 3;

/**
 * Opens a table for the rows of one kind. Call it once a cold start, in the task's `handler`.
 * `Of` is what of an event makes the key; `Data` is what a row holds beside the saga's claim on it.
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
      `the store of '${entity}' has no table: the variable that names it is not set. TABLE_NAME is set within a task's ` +
        "handler, nowhere else in the program; LEDGER_TABLE_NAME is, if the task has tables: { ledger: […] }. " +
        "In a test, give table, or tables: { ledger }",
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
  const contended = () =>
    Object.assign(new Error(`other sagas change this ${thing} all the time`), { name: "Contended" });

  return {
    async create(event, data) {
      const { id, step } = event.saga;
      const at = key(event);
      const fault = faultOf(at);
      if (!at || fault !== undefined) throw refusal(`Invalid${entity}`, `the event names no ${thing}: ${fault ?? ""}`);
      const taken = Object.values(names).find((name) => name in data);
      if (taken) throw new Error(`'${taken}' can't be data of a ${thing}: it is an attribute of the store's own`);
      let row: Item | undefined;
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        if (await rows.take(at, event.saga, { ...data } as Item, row)) return { outcome: "done", result: data };
        row = await rows.read(at);
        // It went, or it was undone by its owner: now it can be taken.
        if (!row) continue;
        if (isLive(row) && isOwn(row, event.saga)) {
          const newer = newerIn(data, row);
          // Where that does not hold, the row has just been undone.
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

/** The bytes that DynamoDB takes of a partition key, and of a sort key. */
const MOST_KEY_BYTES = [2048, 1024];

/**
 * Why no row can have such a key. An action with it has written nothing; an undo that DynamoDB refused would be stuck.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
 */
function faultOf(key: RowKey | undefined): string | undefined {
  if (!key) return "its key is undefined";
  for (const [index, [name, value]] of Object.entries<unknown>(key).entries()) {
    const most = MOST_KEY_BYTES[index] ?? 0;
    if (typeof value === "string") {
      const bytes = Buffer.byteLength(value);
      if (bytes < 1 || bytes > most) return `its key '${name}' has ${bytes} bytes, not 1 to ${most}`;
    } else if (!Number.isFinite(value)) return `its key '${name}' is ${String(value)}, no string and no number`;
  }
  return undefined;
}

/** A table that a test holds in memory, under the name by which `saga-aws-pulumi/testing` gives it out; else DynamoDB's. */
function rowsOf(table: string, names: StoreAttributes): Rows {
  const { sagaTables } = globalThis as { sagaTables?: Record<string, (names: StoreAttributes) => Rows> };
  return sagaTables?.[table]?.(names) ?? dynamoRows(table, names);
}
