import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./program-folder";

/** The functions, by their names in the reference's states. */
const FUNCTIONS = [
  "createOrder",
  "processPayment",
  "processShipment",
  "deleteOrder",
  "refundPayment",
  "cancelShipment",
];

/** The order saga for the Serverless Framework: the tutorial's state machine, with six functions and a table. */
export function serverlessYaml(): string {
  const text = readFileSync(join(ROOT, "test/verify/fixtures/reference.asl.json"), "utf8");
  // The plugin inserts each function's ARN with CloudFormation.
  const definition: unknown = JSON.parse(text, (_, value: unknown) => {
    const [, snake] = /^arn:aws:lambda:.*:function:(\w+)$/.exec(String(value)) ?? [];
    if (snake === undefined) return value;
    return { "Fn::GetAtt": [snake.replace(/_(\w)/g, (__, letter: string) => letter.toUpperCase()), "Arn"] };
  });
  // JSON is valid YAML.
  return JSON.stringify({
    service: "order-fulfilment",
    frameworkVersion: "4",
    plugins: ["serverless-step-functions"],
    package: { patterns: ["!**", "functions/**"] },
    provider: {
      name: "aws",
      runtime: "nodejs22.x",
      architecture: "arm64",
      tracing: { lambda: true },
      environment: { TABLE_NAME: { Ref: "Orders" } },
      iam: {
        role: {
          statements: [
            {
              Effect: "Allow",
              Action: ["dynamodb:PutItem", "dynamodb:DeleteItem"],
              Resource: { "Fn::GetAtt": ["Orders", "Arn"] },
            },
          ],
        },
      },
    },
    functions: Object.fromEntries(FUNCTIONS.map((name) => [name, { handler: `functions/index.${name}` }])),
    stepFunctions: { stateMachines: { orderFulfilmentSaga: { definition } } },
    resources: {
      Resources: {
        Orders: {
          Type: "AWS::DynamoDB::Table",
          Properties: {
            BillingMode: "PAY_PER_REQUEST",
            AttributeDefinitions: ["order_id", "entity"].map((AttributeName) => ({
              AttributeName,
              AttributeType: "S",
            })),
            KeySchema: [
              { AttributeName: "order_id", KeyType: "HASH" },
              { AttributeName: "entity", KeyType: "RANGE" },
            ],
          },
        },
      },
    },
  });
}
