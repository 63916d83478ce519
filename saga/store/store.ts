import type { UpdateCommandInput } from "@aws-sdk/lib-dynamodb";
import type { SagaIdentity } from "../language/task";
import { rowKey } from "./rules";
import type { Effect } from "./logged";
import { refusal } from "./refusal";

export interface Undone {
  readonly order_id?: string;
  /** Whether this very call left the tombstone. */
  readonly undone: boolean;
}

export interface Store {
  /** Writes the entity, unless it stands already; refuses what another saga holds and what this saga has undone. */
  create<Data extends object>(
    saga: SagaIdentity,
    order_id: string,
    data: Data,
  ): Promise<Effect<{ order_id: string } & Data>>;
  /** Leaves a tombstone on what is absent, this saga's own or dead already. Never refuses, never touches what others own. */
  undo(saga: SagaIdentity, order_id: unknown): Promise<Effect<Undone>>;
}

interface Stored {
  readonly saga_id: string;
  readonly status: "LIVE" | "UNDONE";
  /** Every saga that has undone this item, kept when a later one takes it over: none of their actions may come late. */
  readonly undone_by?: ReadonlySet<string>;
}

/** Longer than anything may come late: an execution can be redriven for 14 days. */
const TOMBSTONE_SECONDS = 30 * 24 * 60 * 60;

/** Opens the saga's table for one kind of entity, such as `Order`. Called once per cold start. */
export function openStore(entity: string): Store {
  const { DynamoDBClient } = require("@aws-sdk/client-dynamodb") as typeof import("@aws-sdk/client-dynamodb");
  const { DynamoDBDocumentClient, GetCommand, UpdateCommand } =
    require("@aws-sdk/lib-dynamodb") as typeof import("@aws-sdk/lib-dynamodb");

  // A write and the read after it, each tried three times, end within the function's own timeout.
  const requestHandler = { connectionTimeout: 500, requestTimeout: 1_400, throwOnRequestTimeout: true };
  const db = DynamoDBDocumentClient.from(new DynamoDBClient({ maxAttempts: 3, requestHandler }));
  const at = (order_id: string) => ({
    TableName: process.env["TABLE_NAME"],
    Key: { order_id, entity: entity.toUpperCase() },
  });

  /** Whether the condition held. */
  async function update(
    order_id: string,
    { ExpressionAttributeNames, ...input }: Omit<UpdateCommandInput, "TableName" | "Key">,
  ): Promise<boolean> {
    try {
      const names = { "#status": "status", ...ExpressionAttributeNames };
      await db.send(new UpdateCommand({ ...at(order_id), ...input, ExpressionAttributeNames: names }));
      return true;
    } catch (error) {
      if ((error as Error).name === "ConditionalCheckFailedException") return false;
      throw error;
    }
  }

  return {
    async create(saga, order_id, data) {
      const fields = Object.entries(data);
      const take = {
        // Not a put: that would forget who has undone the item before.
        UpdateExpression: `SET saga_id = :saga, #status = :live, ${fields.map((_, i) => `#f${i} = :f${i}`).join(", ")} REMOVE expires_at`,
        ConditionExpression: "attribute_not_exists(order_id) OR (#status = :undone AND NOT contains(undone_by, :saga))",
        ExpressionAttributeNames: Object.fromEntries(fields.map(([name], i) => [`#f${i}`, name])),
        ExpressionAttributeValues: {
          ...Object.fromEntries(fields.map(([, value], i) => [`:f${i}`, value])),
          ":saga": saga.id,
          ":live": "LIVE",
          ":undone": "UNDONE",
        },
      };
      for (let attempt = 1; attempt <= 3; attempt++) {
        if (await update(order_id, take)) return { outcome: "done", result: { order_id, ...data } };

        const { Item } = await db.send(new GetCommand({ ...at(order_id), ConsistentRead: true }));
        const stored = Item as (Stored & typeof data) | undefined;
        if (stored?.undone_by?.has(saga.id)) {
          throw refusal("AlreadyUndone", `order_id: this saga has already undone its ${entity.toLowerCase()}`);
        }
        if (stored?.status === "LIVE" && stored.saga_id !== saga.id) {
          throw refusal(`${entity}AlreadyExists`, `order_id: another saga holds a live ${entity.toLowerCase()}`);
        }
        if (stored?.status === "LIVE") {
          const same = Object.fromEntries(fields.map(([name]) => [name, stored[name as keyof typeof data]]));
          return { outcome: "repeated", result: { order_id, ...(same as typeof data) } };
        }
        // Between the write and the read it was undone by its owner, or it expired: now it can be taken.
      }
      const message = `order_id: other sagas change its ${entity.toLowerCase()} all the time`;
      throw Object.assign(new Error(message), { name: "Contended" });
    },

    async undo(saga, order_id) {
      // What no action accepts, none has done.
      if (!rowKey.holds(order_id)) return { outcome: "nothing", result: { undone: false } };
      const undone = await update(order_id, {
        UpdateExpression:
          "SET #status = :undone, saga_id = if_not_exists(saga_id, :saga), expires_at = :expires ADD undone_by :sagas",
        ConditionExpression:
          "attribute_not_exists(order_id) OR ((#status = :undone OR saga_id = :saga) AND NOT contains(undone_by, :saga))",
        ExpressionAttributeValues: {
          ":saga": saga.id,
          ":sagas": new Set([saga.id]),
          ":undone": "UNDONE",
          ":expires": Math.floor(Date.now() / 1000) + TOMBSTONE_SECONDS,
        },
      });
      return { outcome: undone ? "undone" : "nothing", result: { order_id, undone } };
    },
  };
}
