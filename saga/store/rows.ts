import type { SagaIdentity } from "../language/task";

/** A row's key, by the names of its attributes: the partition key first, then the sort key where the table has one. */
export type RowKey = Readonly<Record<string, string | number>>;

export type Item = Readonly<Record<string, unknown>>;

/** What the attributes of a row are called in which a saga's claim on it stands. */
export interface StoreAttributes {
  /** The saga that holds the row, or that undid it: `saga_id`. */
  readonly saga: string;
  /** The step that wrote the row, which is its owner together with the saga (S11): `saga_step`. */
  readonly step: string;
  /** `LIVE` or `UNDONE`: `status`. */
  readonly status: string;
  /** Every saga that has undone the row, kept when a later one takes it over: none of their actions may come late: `undone_by`. */
  readonly undoneBy: string;
  /** When a tombstone may go, in seconds since the epoch: `expires_at`. Make it the table's TTL attribute. */
  readonly expiresAt: string;
}

/**
 * The conditional writes that a store is made of. Each says whether its condition held. A live row is the caller's own if
 * the same step of the same saga wrote it. A row that names no step, as one written by hand, is any step's of its saga.
 */
export interface Rows {
  /** Writes a live row where there is none; or in the place of `seen`, an undone one, which this saga has not undone. */
  take(key: RowKey, by: SagaIdentity, data: Item, seen: Item | undefined): Promise<boolean>;
  /** Overwrites some of the data of a live row of its own. */
  renew(key: RowKey, by: SagaIdentity, data: Item): Promise<boolean>;
  /** Leaves a tombstone where there is no row, on a live one of its own, and once a saga on an undone one. */
  bury(key: RowKey, by: SagaIdentity, expiresAt: number): Promise<boolean>;
  /** Remembers on a live row of another owner that this saga has undone its own. Holds for one that knows already. */
  remember(key: RowKey, by: SagaIdentity): Promise<boolean>;
  read(key: RowKey): Promise<Item | undefined>;
}

/** The rows of a table of DynamoDB. The function wants `UpdateItem` for the writes, and `GetItem` to read. */
export function dynamoRows(table: string, { saga, step, status, undoneBy, expiresAt }: StoreAttributes): Rows {
  const { DynamoDBClient, GetItemCommand, UpdateItemCommand } =
    require("@aws-sdk/client-dynamodb") as typeof import("@aws-sdk/client-dynamodb");
  const { marshall, unmarshall } = require("@aws-sdk/util-dynamodb") as typeof import("@aws-sdk/util-dynamodb");

  // A write and the read after it, each tried three times, end within the function's own timeout.
  const requestHandler = { connectionTimeout: 500, requestTimeout: 1_400, throwOnRequestTimeout: true };
  // What a command goes through in the client is the same each time. A document client makes it anew for each, which takes
  // it a third of its time.
  const db = new DynamoDBClient({ maxAttempts: 3, requestHandler, cacheMiddleware: true });

  /** @param fields Attributes of the row's own data, by their placeholders; a value that is left out is not written. */
  async function update(
    Key: RowKey,
    by: SagaIdentity,
    expressions: { readonly UpdateExpression: string; readonly ConditionExpression: string },
    fields: Item = {},
    values: Item = {},
  ): Promise<boolean> {
    const used = Object.values(expressions).join();
    // DynamoDB refuses what an expression does not use.
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
      // AWS says neither which keys came nor to which table.
      if (failed.message === "The provided key element does not match the schema") {
        failed.message += ` of the table '${table}': the store's key gives ${Object.keys(Key).join(" and ")}`;
      }
      throw failed;
    }
  }

  // AND binds before OR, so conditions do without parentheses: the table on this machine takes a third of a second to parse
  // those that stand in others.
  const own = (and: string): string =>
    `${and} AND #saga = :saga AND attribute_not_exists(#step) OR ${and} AND #saga = :saga AND #step = :step`;
  return {
    take(key, by, data, seen) {
      const set = Object.entries(data).filter(([name, value]) => !(name in key) && value !== undefined);
      const kept = [...Object.keys(key), saga, step, status, undoneBy, expiresAt, ...set.map(([name]) => name)];
      // What the saga before has left of its own.
      const old = Object.keys(seen ?? {}).filter((name) => !kept.includes(name));
      const fields = [...set.map(([name], i) => [`#set${i}`, name]), ...old.map((name, i) => [`#old${i}`, name])];
      const assignments = [
        "#saga = :saga",
        "#step = :step",
        "#status = :live",
        ...set.map((_, i) => `#set${i} = :v${i}`),
      ];
      const expressions = {
        // Not a put: that would forget who has undone the row before.
        UpdateExpression: `SET ${assignments.join(", ")} REMOVE ${["#expires", ...old.map((_, i) => `#old${i}`)].join(", ")}`,
        ConditionExpression: `attribute_not_exists(#key)${
          seen ? " OR #status = :undone AND #saga = :owner AND NOT contains(#by, :saga)" : ""
        }`,
      };
      const values = Object.fromEntries(set.map(([, value], i) => [`:v${i}`, value]));
      return update(key, by, expressions, Object.fromEntries(fields) as Item, { ...values, ":owner": seen?.[saga] });
    },
    renew(key, by, data) {
      const set = Object.entries(data);
      const expressions = {
        UpdateExpression: `SET ${set.map((_, i) => `#set${i} = :v${i}`).join(", ")}`,
        ConditionExpression: own("#status = :live"),
      };
      const fields = Object.fromEntries(set.map(([name], i) => [`#set${i}`, name]));
      return update(key, by, expressions, fields, Object.fromEntries(set.map(([, value], i) => [`:v${i}`, value])));
    },
    bury: (key, by, expires) =>
      update(
        key,
        by,
        {
          // The step stands beside the saga that wrote the row, so a tombstone where there was no row names none.
          UpdateExpression:
            "SET #status = :undone, #saga = if_not_exists(#saga, :saga), #expires = :expires ADD #by :ids",
          // Another step of this saga may have been undone before: a live row is buried all the same.
          ConditionExpression:
            `attribute_not_exists(#key) OR ${own("#status = :live")} OR ` +
            `#status = :undone AND NOT contains(#by, :saga) OR ${own("NOT contains(#by, :saga)")}`,
        },
        {},
        { ":expires": expires },
      ),
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
