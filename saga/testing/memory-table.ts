import { tableVariable } from "../language";
import type { SagaIdentity } from "../language/task";
import type { Item, RowKey, Rows, StoreAttributes } from "../store/rows";

/** A table in this process that replaces a DynamoDB table, for handlers that write through `openStore`. */
export interface MemoryTable {
  /** The name by which `openStore` finds it: the value of TABLE_NAME. */
  readonly name: string;
  /** All rows, in the order of their keys; a set is a sorted array. */
  rows(): readonly Item[];
  /** The live rows, each with its key, its data and the saga that holds it. */
  liveRows(): readonly Item[];
  clear(): void;
}

/** Called before and after each write. If it throws, the writing process crashes there. */
export type OnWrite = (when: "before" | "after") => void;

const onWrite = new WeakMap<MemoryTable, OnWrite>();
let made = 0;

/** Opens a new, empty table in memory. Nothing expires in it. */
export function memoryTable(): MemoryTable {
  const items = new Map<string, Item>();
  /** The names of each row's attributes. */
  const namesOf = new Map<string, StoreAttributes>();
  const sorted = () => [...items].sort(([a], [b]) => (a < b ? -1 : 1));
  const table: MemoryTable = Object.freeze({
    name: `memory-table-${++made}`,
    rows: () => sorted().map(([, item]) => plain(item)),
    liveRows: () =>
      sorted().flatMap(([key, item]) => {
        const { status, step, undoneBy } = namesOf.get(key) as StoreAttributes;
        if (item[status] !== "LIVE") return [];
        const seen = Object.entries(plain(item)).filter(([name]) => ![status, step, undoneBy].includes(name));
        return [Object.fromEntries(seen)];
      }),
    clear: () => {
      items.clear();
    },
  });
  const open = (names: StoreAttributes) => memoryRows({ items, namesOf }, names, (when) => onWrite.get(table)?.(when));
  const { sagaTables = {} } = globalThis as { sagaTables?: Record<string, typeof open> };
  Object.assign(globalThis, { sagaTables: Object.assign(sagaTables, { [table.name]: open }) });
  return table;
}

/** Watches each write to some tables while something runs. */
export async function watchingWrites<T>(
  tables: readonly MemoryTable[],
  watch: OnWrite,
  work: () => Promise<T>,
): Promise<T> {
  for (const table of tables) onWrite.set(table, watch);
  try {
    return await work();
  } finally {
    for (const table of tables) onWrite.delete(table);
  }
}

/** The variables in which handlers find the names of their tables, in memory or in DynamoDB. */
export function tableVariables(
  table: MemoryTable | string | undefined,
  tables: Readonly<Record<string, MemoryTable | string>>,
): Readonly<Record<string, string>> {
  const nameOf = (each: MemoryTable | string) => (typeof each === "string" ? each : each.name);
  const others = Object.entries(tables).map(([name, each]) => [tableVariable(name), nameOf(each)]);
  return {
    ...(table !== undefined && { [tableVariable()]: nameOf(table) }),
    ...(Object.fromEntries(others) as object),
  };
}

interface Content {
  readonly items: Map<string, Item>;
  readonly namesOf: Map<string, StoreAttributes>;
}

function memoryRows({ items, namesOf }: Content, names: StoreAttributes, written: OnWrite): Rows {
  const undoers = (item: Item | undefined) => (item?.[names.undoneBy] ?? new Set()) as ReadonlySet<string>;
  const isUndone = (item: Item) => item[names.status] === "UNDONE";
  const isOwn = (item: Item, { id, step }: SagaIdentity) =>
    item[names.saga] === id && (item[names.step] === undefined || item[names.step] === step);

  /** Each write is atomic, as in DynamoDB: if its condition fails, nothing changes. */
  const write = async (key: RowKey, change: (item: Item | undefined) => Item | undefined): Promise<boolean> => {
    await nextTurn();
    written("before");
    const changed = change(items.get(JSON.stringify(key)));
    if (changed) {
      items.set(JSON.stringify(key), changed);
      namesOf.set(JSON.stringify(key), names);
    }
    written("after");
    return changed !== undefined;
  };

  return {
    take: (key, { id, step }, data, seen) =>
      write(key, (item) => {
        const free =
          !item || (seen && isUndone(item) && item[names.saga] === seen[names.saga] && !undoers(item).has(id));
        if (!free) return undefined;
        const undoneBy = item?.[names.undoneBy];
        const claim = {
          [names.saga]: id,
          [names.step]: step,
          [names.status]: "LIVE",
          ...(undoneBy !== undefined && { [names.undoneBy]: undoneBy }),
        };
        // Keep the data as JSON, as DynamoDB would.
        return { ...(JSON.parse(JSON.stringify(data)) as Item), ...key, ...claim };
      }),
    renew: (key, by, data) =>
      write(key, (item) =>
        item && !isUndone(item) && isOwn(item, by)
          ? { ...item, ...(JSON.parse(JSON.stringify(data)) as Item) }
          : undefined,
      ),
    bury: (key, by, expiresAt) =>
      write(key, (item) => {
        const may = !item || (isUndone(item) ? !undoers(item).has(by.id) : isOwn(item, by));
        if (!may) return undefined;
        return {
          ...key,
          [names.saga]: by.id,
          ...item,
          [names.status]: "UNDONE",
          [names.undoneBy]: new Set([...undoers(item), by.id]),
          [names.expiresAt]: expiresAt,
        };
      }),
    remember: (key, by) =>
      write(key, (item) => {
        const may = item && (isUndone(item) ? undoers(item).has(by.id) : !isOwn(item, by));
        return may ? { ...item, [names.undoneBy]: new Set([...undoers(item), by.id]) } : undefined;
      }),
    read: async (key) => {
      await nextTurn();
      const item = items.get(JSON.stringify(key));
      return item && structuredClone(item);
    },
  };
}

/** A request takes time, so other calls run in between. */
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const plain = (item: Item): Item =>
  Object.fromEntries(
    Object.entries(item)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [
        name,
        value instanceof Set ? [...(value as Set<string>)].sort() : structuredClone(value),
      ]),
  );
