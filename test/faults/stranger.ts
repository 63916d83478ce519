import * as aws from "@pulumi/aws";
import { saga, SagaStateMachine, task } from "../../saga";

/** Somebody else's program: its table has other keys, and its rows have another mark for undone. */
const table = new aws.dynamodb.Table("accounts", {
  attributes: [
    { name: "tenant", type: "S" },
    { name: "piece", type: "S" },
  ],
  billingMode: "PAY_PER_REQUEST",
  hashKey: "tenant",
  rangeKey: "piece",
});

interface Account {
  readonly account: string;
  readonly plan?: string;
}

/** Writes a part of an account, unless its undo came first, or another sign-up holds it. */
const open = (name: string, part: string) =>
  task<Account, { readonly number: string }>(name, {
    table: ["UpdateItem"],
    handler: () => {
      const { DynamoDBClient, UpdateItemCommand } =
        require("@aws-sdk/client-dynamodb") as typeof import("@aws-sdk/client-dynamodb");
      const db = new DynamoDBClient({});
      return async ({ account, plan = "free", saga: { id } }) => {
        const number = `${part}-${id.slice(-5)}-${account}`;
        await db.send(
          new UpdateItemCommand({
            TableName: process.env["TABLE_NAME"],
            Key: { tenant: { S: account }, piece: { S: part } },
            UpdateExpression:
              "SET signup = :me, stage_is = :open, tariff = :plan, changed_at = :now, serial_no = :serial",
            ConditionExpression: "attribute_not_exists(tenant) OR (signup = :me AND stage_is = :open)",
            ExpressionAttributeValues: {
              ":me": { S: id },
              ":open": { S: "open" },
              ":plan": { S: plan },
              ":now": { S: new Date().toISOString() },
              ":serial": { S: number },
            },
          }),
        );
        return { number };
      };
    },
  });

/** Writes a note, by which a late action is refused. */
const close = (name: string, part: string) =>
  task<Account, null>(name, {
    table: ["UpdateItem"],
    handler: () => {
      const { DynamoDBClient, UpdateItemCommand } =
        require("@aws-sdk/client-dynamodb") as typeof import("@aws-sdk/client-dynamodb");
      const db = new DynamoDBClient({});
      return async ({ account, saga: { id } }) => {
        const undo = new UpdateItemCommand({
          TableName: process.env["TABLE_NAME"],
          Key: { tenant: { S: account }, piece: { S: part } },
          UpdateExpression: "SET signup = :me, stage_is = :closed",
          ConditionExpression: "attribute_not_exists(tenant) OR signup = :me",
          ExpressionAttributeValues: { ":me": { S: id }, ":closed": { S: "closed" } },
        });
        await db.send(undo).catch((error: unknown) => {
          if ((error as Error).name !== "ConditionalCheckFailedException") throw error;
        });
        return null;
      };
    },
  });

/** Notifies somebody outside of this machine: its effect is not visible here. */
const welcome = task<Account, null>("welcome", { table: [], handler: () => () => Promise.resolve(null) });

export const signUp = saga<{ account: string; plan: string }>("SignUp")
  .step("OpenAccount", {
    task: open("openAccount", "LOGIN"),
    input: ({ input }) => ({ account: input.account, plan: input.plan }),
    undo: {
      name: "CloseAccount",
      task: close("closeAccount", "LOGIN"),
      input: ({ input }) => ({ account: input.account }),
    },
  })
  .pivot("Bill", {
    task: open("bill", "BILL"),
    input: ({ input }) => ({ account: input.account }),
    undo: { name: "Unbill", task: close("unbill", "BILL"), input: ({ input }) => ({ account: input.account }) },
  })
  .step("Welcome", { task: welcome, input: ({ input }) => ({ account: input.account }) })
  .returns(({ OpenAccount }) => ({ number: OpenAccount.number }));

const machine = new SagaStateMachine(signUp.name, { saga: signUp, table });

export const stateMachineArn = machine.arn;
