// A program of its own, with two sagas, two tables, an approval, a message and a secret.
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import {
  callbackTask,
  existingTask,
  minutes,
  saga,
  SagaStateMachine,
  sagaTable,
  serviceTask,
  task,
} from "saga-aws-pulumi";

const config = new pulumi.Config();
const currency = config.require("currency");
const paymentKey = config.getSecret("paymentKey") ?? pulumi.output("none");

interface Row {
  readonly order_id: string;
  readonly entity: string;
}

/** Writes a row, unless an undo has marked it as undone. */
const write = (name: string, entity: string, live: boolean) =>
  task<{ readonly id: string; readonly note?: string }, { readonly id: string }>(name, {
    table: ["UpdateItem"],
    handler: () => {
      const { DynamoDBClient } = require("@aws-sdk/client-dynamodb") as typeof import("@aws-sdk/client-dynamodb");
      const { DynamoDBDocumentClient, UpdateCommand } =
        require("@aws-sdk/lib-dynamodb") as typeof import("@aws-sdk/lib-dynamodb");
      const db = DynamoDBDocumentClient.from(new DynamoDBClient({}), {
        marshallOptions: { removeUndefinedValues: true },
      });
      return async ({ id, note, saga: { id: owner } }) => {
        if (note === "broken") throw Object.assign(new Error("it is broken"), { name: "Broken" });
        const Key: Row = { order_id: id, entity };
        await db.send(
          new UpdateCommand({
            TableName: process.env["TABLE_NAME"],
            Key,
            UpdateExpression: "SET saga_id = :saga, #status = :status, note = :note, currency = :currency",
            ConditionExpression: "attribute_not_exists(saga_id) OR saga_id = :saga",
            ExpressionAttributeNames: { "#status": "status" },
            ExpressionAttributeValues: {
              ":saga": owner,
              ":status": live ? "LIVE" : "UNDONE",
              ":note": note ?? null,
              ":currency": currency,
            },
          }),
        );
        return { id };
      };
    },
  });

const askManager = callbackTask<{ readonly id: string }, { readonly by: string }>("askManager", {
  table: [],
  handler: () => async () => {},
});

const topic = new aws.sns.Topic("signups");
const announce = (arn: string) =>
  serviceTask<{ readonly TopicArn: string; readonly Message: string }, { readonly MessageId: string }>("announce", {
    resource: "arn:aws:states:::sns:publish",
    allow: [{ actions: ["sns:Publish"], resources: [arn] }],
  });
const topicArn = "arn:aws:sns:eu-west-1:000000000000:signups";

const signup = saga<{ readonly id: string; readonly note: string }>("Signup")
  .query("Approve", { task: askManager, input: ({ input }) => ({ id: input.id }), timeout: minutes(60 * 24 * 2) })
  .step("CreateAccount", {
    task: write("createAccount", "ACCOUNT", true),
    input: ({ input }) => ({ id: input.id, note: input.note }),
    undo: {
      name: "DeleteAccount",
      task: write("deleteAccount", "ACCOUNT", false),
      input: ({ input }) => ({ id: input.id }),
    },
  })
  .pivot("Announce", {
    task: announce(topicArn),
    input: ({ input }) => ({ TopicArn: topicArn, Message: input.id }),
    undo: {
      name: "Retract",
      task: write("retract", "ANNOUNCEMENT", false),
      input: ({ input }) => ({ id: input.id }),
    },
  })
  .returns(({ CreateAccount, Approve }) => ({ id: CreateAccount.id, by: Approve.by }));

const checkout = saga<{
  readonly id: string;
  readonly goods: readonly { readonly id: string; readonly note?: string }[];
}>("Checkout")
  .forEach(
    "Goods",
    ({ input }) => input.goods,
    (each, goods) =>
      each.step("Reserve", {
        task: write("reserve", "RESERVATION", true),
        input: () => ({ id: goods.id, note: goods.note }),
        undo: { name: "Release", task: write("release", "RESERVATION", false), input: () => ({ id: goods.id }) },
      }),
  )
  .returns(({ input }) => ({ id: input.id }));

const score = existingTask<{ readonly id: string }, { readonly points: number }>("score", {
  functionArn: "arn:aws:lambda:eu-west-1:123456789012:function:score:live",
});
const lookUp = task<{ readonly id: string }, { readonly config: string; readonly secret: string }>("lookUp", {
  table: [],
  environment: { PAYMENT: paymentKey },
  secrets: { API_KEY: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/api-key-AbCdEf" },
  handler: () => async () => ({
    config: process.env["PAYMENT"] as string,
    secret: process.env["API_KEY"] as string,
  }),
});
const rating = saga<{ readonly id: string }>("Rating")
  .query("LookUp", { task: lookUp, input: ({ input }) => ({ id: input.id }) })
  .query("Score", { task: score, input: ({ input }) => ({ id: input.id }) })
  .returns(({ LookUp, Score }) => ({ points: Score.points, config: LookUp.config, secret: LookUp.secret }));

const accounts = sagaTable("accounts", { hashKey: "order_id", rangeKey: "entity", deletionProtection: false });
const stock = sagaTable("stock", { hashKey: "order_id", rangeKey: "entity", deletionProtection: false });
new SagaStateMachine("Signup", { saga: signup, table: accounts });
new SagaStateMachine("Rating", { saga: rating });
new SagaStateMachine("Shop", { saga: checkout, table: stock });

export const announced = topic.arn;
export const key = paymentKey;
