import type { SagaIdentity } from "../language/task";

/** A row's key, by the names of its attributes: the partition key first, then the sort key if the table has one. */
export type RowKey = Readonly<Record<string, string | number>>;

export type Item = Readonly<Record<string, unknown>>;

/** The names of the attributes that record which saga holds a row. */
export interface StoreAttributes {
  /** The saga that holds the row, or that undid it. Default `saga_id`. */
  readonly saga: string;
  /** The step that wrote the row. The saga and the step together are its owner (S11). Default `saga_step`. */
  readonly step: string;
  /** `LIVE` or `UNDONE`. Default `status`. */
  readonly status: string;
  /**
   * Every saga that has undone the row. The list stays when a later saga writes the row, so that late actions of the earlier
   * sagas are refused. Default `undone_by`.
   */
  readonly undoneBy: string;
  /** When a tombstone expires, in seconds since the epoch. Make it the table's TTL attribute. Default `expires_at`. */
  readonly expiresAt: string;
}

/**
 * The conditional writes of a store. Each returns whether its condition held. A live row is the caller's own if the
 * same step of the same saga wrote it. A row without a step, such as one written by hand, belongs to every step of its
 * saga.
 */
export interface Rows {
  /** Writes a live row if there is none, or in place of `seen`: an undone row that this saga has not undone. */
  take(key: RowKey, by: SagaIdentity, data: Item, seen: Item | undefined): Promise<boolean>;
  /** Overwrites some data of the caller's own live row. */
  renew(key: RowKey, by: SagaIdentity, data: Item): Promise<boolean>;
  /** Writes a tombstone: if there is no row, on the caller's own live row, and once for each saga on an undone row. */
  bury(key: RowKey, by: SagaIdentity, expiresAt: number): Promise<boolean>;
  /** Records the saga in `undoneBy` of another owner's live row. Also holds for an undone row that has it recorded. */
  remember(key: RowKey, by: SagaIdentity): Promise<boolean>;
  read(key: RowKey): Promise<Item | undefined>;
}

/** A conditional write. */
interface Change {
  readonly UpdateExpression: string;
  readonly ConditionExpression: string;
  /** The names of further attributes, by placeholder. */
  readonly fields?: Item;
  /** Further values, by placeholder. An undefined value is left out. */
  readonly values?: Item;
}

/** The rows of a DynamoDB table. The function needs `UpdateItem` to write, and `GetItem` to read. */
export function dynamoRows(table: string, { saga, step, status, undoneBy, expiresAt }: StoreAttributes): Rows {
  const { DynamoDBClient, GetItemCommand, UpdateItemCommand } =
    require("@aws-sdk/client-dynamodb") as typeof import("@aws-sdk/client-dynamodb");
  const { marshall, unmarshall } = require("@aws-sdk/util-dynamodb") as typeof import("@aws-sdk/util-dynamodb");

  // A write and the read after it, each tried three times, end within the function's own timeout.
  const requestHandler = { connectionTimeout: 500, requestTimeout: 1_400, throwOnRequestTimeout: true };
  // The client caches the middleware of its commands. A document client builds it anew for each command, which takes a
  // third of its time.
  const db = new DynamoDBClient({ maxAttempts: 3, requestHandler, cacheMiddleware: true });

  async function update(
    Key: RowKey,
    by: SagaIdentity,
    { fields = {}, values = {}, ...expressions }: Change,
  ): Promise<boolean> {
    const used = Object.values(expressions).join();
    // DynamoDB refuses a placeholder that no expression uses.
    const only = (all: Item) => Object.fromEntries(Object.entries(all).filter(([name]) => used.includes(name)));
    const own = {
      "#key": Object.keys(Key)[0],
      "#saga": saga,
      "#step": step,
      "#status": status,
      "#by": undoneBy,
      "#expires": expiresAt,
    };
    const known = { ":saga": by.id, ":step": by.step, ":ids": new Set([by.id]), ":live": "LIVE", ":undone": "UNDONE" };
    try {
      await db.send(
        new UpdateItemCommand({
          TableName: table,
          Key: marshall(Key),
          ...expressions,
          ExpressionAttributeNames: only({ ...own, ...fields }) as Record<string, string>,
          ExpressionAttributeValues: marshall(only({ ...known, ...values }), { removeUndefinedValues: true }),
        }),
      );
      return true;
    } catch (error) {
      const failed = error as Error;
      if (failed.name === "ConditionalCheckFailedException") return false;
      // AWS names neither the keys nor the table.
      if (failed.message === "The provided key element does not match the schema") {
        failed.message += ` of the table '${table}': the store's key gives ${Object.keys(Key).join(" and ")}`;
      }
      throw failed;
    }
  }

  // AND binds more tightly than OR, so conditions need no parentheses. The local table takes a third of a second to
  // parse nested parentheses.
  const own = (and: string): string =>
    `${and} AND #saga = :saga AND attribute_not_exists(#step) OR ${and} AND #saga = :saga AND #step = :step`;
  return {
    take(key, by, data, seen) {
      const set = Object.entries(data).filter(([name, value]) => !(name in key) && value !== undefined);
      const kept = [...Object.keys(key), saga, step, status, undoneBy, expiresAt, ...set.map(([name]) => name)];
      // The attributes that the previous saga has left.
      const old = Object.keys(seen ?? {}).filter((name) => !kept.includes(name));
      const fields = [...set.map(([name], i) => [`#set${i}`, name]), ...old.map((name, i) => [`#old${i}`, name])];
      const assignments = [
        "#saga = :saga",
        "#step = :step",
        "#status = :live",
        ...set.map((_, i) => `#set${i} = :v${i}`),
      ];
      return update(key, by, {
        // Not a put, which would lose the sagas that have undone the row before.
        UpdateExpression: `SET ${assignments.join(", ")} REMOVE ${["#expires", ...old.map((_, i) => `#old${i}`)].join(", ")}`,
        ConditionExpression: `attribute_not_exists(#key)${
          seen ? " OR #status = :undone AND #saga = :owner AND NOT contains(#by, :saga)" : ""
        }`,
        fields: Object.fromEntries(fields) as Item,
        values: { ...Object.fromEntries(set.map(([, value], i) => [`:v${i}`, value])), ":owner": seen?.[saga] },
      });
    },
    renew(key, by, data) {
      const set = Object.entries(data);
      return update(key, by, {
        UpdateExpression: `SET ${set.map((_, i) => `#set${i} = :v${i}`).join(", ")}`,
        ConditionExpression: own("#status = :live"),
        fields: Object.fromEntries(set.map(([name], i) => [`#set${i}`, name])),
        values: Object.fromEntries(set.map(([, value], i) => [`:v${i}`, value])),
      });
    },
    bury: (key, by, expires) =>
      update(key, by, {
        // A step is recorded only together with the saga that wrote the row, so a tombstone without a row has no
        // step.
        UpdateExpression:
          "SET #status = :undone, #saga = if_not_exists(#saga, :saga), #expires = :expires ADD #by :ids",
        // Another step of this saga may have been undone before: a live row gets its tombstone all the same.
        ConditionExpression:
          `attribute_not_exists(#key) OR ${own("#status = :live")} OR ` +
          `#status = :undone AND NOT contains(#by, :saga) OR ${own("NOT contains(#by, :saga)")}`,
        values: { ":expires": expires },
      }),
    remember: (key, by) =>
      update(key, by, {
        UpdateExpression: "ADD #by :ids",
        ConditionExpression:
          "#status = :live AND NOT #saga = :saga OR #status = :live AND attribute_exists(#step) AND NOT #step = :step OR " +
          "#status = :undone AND contains(#by, :saga)",
      }),
    async read(Key) {
      const command = new GetItemCommand({ TableName: table, Key: marshall(Key), ConsistentRead: true });
      const { Item } = await db.send(command);
      return Item && unmarshall(Item);
    },
  };
}
