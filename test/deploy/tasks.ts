// A program whose tasks use many options.
import * as pulumi from "@pulumi/pulumi";
import { existingTask, minutes, saga, SagaStateMachine, sagaTable, seconds, task, type TaskEvent } from "../../saga";

const REGION = "eu-west-1:000000000000";
interface Order {
  order_id: string;
}
const input = ({ input: given }: { input: { order_id: any } }) => ({ order_id: given.order_id });

const key = pulumi.secret("sk_live_0");
const charge = task<Order, { charged: string }>("charge", {
  table: ["PutItem"],
  tables: { ledger: ["PutItem", "Query"], mailLog: ["PutItem"] },
  allow: [{ actions: ["ses:SendEmail"], resources: [pulumi.interpolate`arn:aws:ses:${REGION}:identity/shop.example`] }],
  environment: { STRIPE_KEY: key, SHOP: "shop.example" },
  secrets: {
    HOOK_SECRET: `arn:aws:secretsmanager:${REGION}:secret:hook-a1b2c3`,
    MAIL_TOKEN: pulumi.output(`arn:aws:ssm:${REGION}:parameter/shop/mail`),
  },
  memory: 1024,
  concurrency: 5,
  vpc: { subnetIds: ["subnet-1", pulumi.output("subnet-2")], securityGroupIds: ["sg-1"] },
  layers: [`arn:aws:lambda:${REGION}:layer:otel:3`],
  handler: async () => {
    await Promise.resolve();
    return async ({ order_id }: TaskEvent<Order>) => ({
      charged: `${order_id} with ${process.env["STRIPE_KEY"] ?? "none"}`,
    });
  },
});
const plain = (name: string, timeout?: number) =>
  task<Order, object>(name, {
    ...(timeout !== undefined && { timeout: seconds(timeout) }),
    handler: () => async () => ({}),
  });
const ship = existingTask<Order, { tracking: string }>("ship", {
  functionArn: pulumi.output(`arn:aws:lambda:${REGION}:function:shipping:live`),
});
const recall = existingTask<Order, object>("recall", { functionArn: `arn:aws:lambda:${REGION}:function:recall` });

const shop = saga<Order>("Shop")
  .step("Charge", {
    task: charge,
    input,
    timeout: minutes(5),
    undo: { name: "Refund", task: plain("refund"), input },
  })
  .step("Ship", { task: ship, input, undo: { name: "Recall", task: recall, input } })
  .step("Report", { task: plain("report", 40), input, undo: { name: "Retract", task: plain("retract"), input } })
  .returns(({ Charge, Ship }) => ({ charged: Charge.charged, tracking: Ship.tracking }));

const machine = new SagaStateMachine("Shop", {
  saga: shop,
  table: { name: "bookings", arn: `arn:aws:dynamodb:${REGION}:table/bookings` },
  tables: {
    ledger: sagaTable("ledger", { hashKey: "order_id", rangeKey: "entity" }),
    mailLog: { name: "mail", arn: `arn:aws:dynamodb:${REGION}:table/mail` },
  },
  environment: { STAGE: "test", SHOP: "nobody" },
});
machine.grantStart("api-role");
machine.grantAnswer("webhook-role");

const { role, function: made, logGroup } = machine.functionOf(charge);
export const stateMachineArn = machine.arn;
export const charged = { role: role.name, function: made.name, logGroup: logGroup.name };
export const functions = Object.keys(machine.functions);

// This never runs. The type checker refuses an action that DynamoDB does not have.
export const misspelt = () =>
  task<Order, object>("misspelt", {
    // @ts-expect-error "GetItems"
    table: ["GetItems"],
    handler: () => async () => ({}),
  });
