// A program in a folder of its own. It uses this project only as a package.
import { saga, SagaStateMachine, sagaTable, task } from "saga-aws-pulumi";

/** A seat is held until it is paid. An id is used for one booking. */
interface Booking {
  order_id: string;
  seat: string;
  price: number;
}

/** A task that writes a row of a booking. An undo writes a tombstone, which an action never overwrites. */
function write<Data extends object>(name: string, entity: string, kind: "action" | "undo") {
  return task<{ readonly order_id: string } & Data, { readonly order_id: string }>(name, {
    table: ["UpdateItem"],
    handler: () => {
      const { DynamoDBClient } = require("@aws-sdk/client-dynamodb") as typeof import("@aws-sdk/client-dynamodb");
      const { DynamoDBDocumentClient, UpdateCommand } =
        require("@aws-sdk/lib-dynamodb") as typeof import("@aws-sdk/lib-dynamodb");
      const db = DynamoDBDocumentClient.from(new DynamoDBClient({}), {
        marshallOptions: { removeUndefinedValues: true },
      });
      const own = kind === "undo" ? "saga_id = :saga" : "saga_id = :saga AND #status = :status";
      return async ({ order_id, saga: { id }, ...data }) => {
        const update = new UpdateCommand({
          TableName: process.env["TABLE_NAME"],
          Key: { order_id, entity },
          UpdateExpression: "SET saga_id = :saga, #status = :status, #data = :data",
          ConditionExpression: `attribute_not_exists(order_id) OR (${own})`,
          ExpressionAttributeNames: { "#status": "status", "#data": "data" },
          ExpressionAttributeValues: { ":saga": id, ":status": kind === "undo" ? "UNDONE" : "LIVE", ":data": data },
        });
        await db.send(update).catch((error: unknown) => {
          // Another saga has written the row: there is nothing to undo.
          if (kind === "action" || (error as Error).name !== "ConditionalCheckFailedException") throw error;
        });
        return { order_id };
      };
    },
  });
}

const seats = saga<Booking>("Seats")
  .step("Hold", {
    task: write<{ readonly seat: string }>("holdSeat", "SEAT", "action"),
    input: ({ input }) => ({ order_id: input.order_id, seat: input.seat }),
    undo: {
      name: "Release",
      task: write("releaseSeat", "SEAT", "undo"),
      input: ({ input }) => ({ order_id: input.order_id }),
    },
  })
  .pivot("Pay", {
    task: write<{ readonly price: number }>("pay", "PAYMENT", "action"),
    input: ({ input, Hold }) => ({ order_id: Hold.order_id, price: input.price }),
    undo: {
      name: "Repay",
      task: write("repay", "PAYMENT", "undo"),
      input: ({ input }) => ({ order_id: input.order_id }),
    },
  })
  .returns(({ Pay }) => ({ booked: Pay.order_id }));

const machine = new SagaStateMachine(seats.name, {
  saga: seats,
  table: sagaTable("seats", { hashKey: "order_id", rangeKey: "entity" }),
});

export const stateMachineArn = machine.arn;
