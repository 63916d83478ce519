// A program whose tasks write two tables at once: in a function, without a permission for one of the items, and by a
// service integration.
import { saga, SagaStateMachine, sagaTable, serviceTask, type TableAction, task } from "../../saga";

interface Transfer {
  readonly account: string;
  readonly amount: number;
}

const accounts = sagaTable("accounts", { hashKey: "account" });
const ledger = sagaTable("ledger", { hashKey: "account", rangeKey: "booking" });

/** Books an amount once, however often it is called: the booking's key is the saga's, and it must not exist. */
const transfer = (name: string, actions: readonly TableAction[]) =>
  task<Transfer, { readonly booking: string }>(name, {
    table: ["UpdateItem"],
    tables: { ledger: actions },
    handler: () => {
      const { DynamoDBClient } = require("@aws-sdk/client-dynamodb") as typeof import("@aws-sdk/client-dynamodb");
      const { DynamoDBDocumentClient, TransactWriteCommand } =
        require("@aws-sdk/lib-dynamodb") as typeof import("@aws-sdk/lib-dynamodb");
      const db = DynamoDBDocumentClient.from(new DynamoDBClient({}));
      return async ({ account, amount, saga: { id, step } }) => {
        const booking = `${id}/${step}`;
        const Put = {
          TableName: process.env["LEDGER_TABLE_NAME"],
          Item: { account, booking, amount },
          ConditionExpression: "attribute_not_exists(booking)",
        };
        const Update = {
          TableName: process.env["TABLE_NAME"],
          Key: { account },
          UpdateExpression: "ADD balance :amount",
          ExpressionAttributeValues: { ":amount": amount },
        };
        try {
          await db.send(new TransactWriteCommand({ TransactItems: [{ Put }, { Update }] }));
        } catch (error) {
          const { CancellationReasons: [booked] = [] } = error as { CancellationReasons?: { Code?: string }[] };
          if (booked?.Code !== "ConditionalCheckFailed") throw error;
        }
        return { booking };
      };
    },
  });

const close = serviceTask<{ TransactItems: unknown[] }, object>("close", {
  resource: "arn:aws:states:::aws-sdk:dynamodb:transactWriteItems",
  allow: [
    { actions: ["dynamodb:UpdateItem"], resources: [accounts.arn] },
    { actions: ["dynamodb:ConditionCheckItem"], resources: [ledger.arn] },
  ],
});

const input = ({ input: given }: { input: any }) => ({ account: given.account, amount: given.amount });
const machines = [
  saga<Transfer>("Transfer").query("Book", { task: transfer("transfer", ["PutItem"]), input }),
  saga<Transfer>("Denied").query("Book", { task: transfer("denied", ["GetItem"]), input }),
  saga<{ account: string; booking: string }>("Close").query("Close", {
    task: close,
    input: ({ input: given }) => ({
      TransactItems: [
        {
          ConditionCheck: {
            TableName: ledger.name,
            Key: { account: { S: given.account }, booking: { S: given.booking } },
            ConditionExpression: "attribute_exists(booking)",
          },
        },
        {
          Update: {
            TableName: accounts.arn,
            Key: { account: { S: given.account } },
            UpdateExpression: "SET closed = :true",
            ExpressionAttributeValues: { ":true": { BOOL: true } },
          },
        },
      ],
    }),
  }),
].map((each) => {
  const made = each.returns(() => ({}));
  return new SagaStateMachine(made.name, { saga: made, table: accounts, tables: { ledger } });
});

export const arns = machines.map(({ arn }) => arn);
