// A program without a saga: a captured secret, a secret of Secrets Manager, a function that can't run here, and
// machines that call services.
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

const key = pulumi.secret("hush-hush");
const assumed = (Service: string) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service } }],
  });
const allow = (...Statement: readonly (readonly [actions: string[], resources: pulumi.Input<string>[]])[]) =>
  pulumi.jsonStringify({
    Version: "2012-10-17",
    Statement: Statement.map(([Action, Resource]) => ({ Effect: "Allow", Action, Resource })),
  });

const stripe = new aws.secretsmanager.Secret("stripe", { name: "prod/stripe-key" });
const topic = new aws.sns.Topic("news");
const rows = new aws.dynamodb.Table("rows", {
  attributes: [
    { name: "id", type: "S" },
    { name: "owner", type: "S" },
  ],
  hashKey: "id",
  globalSecondaryIndexes: [{ name: "byOwner", hashKey: "owner", projectionType: "ALL" }],
});
new aws.dynamodb.Table("others", { attributes: [{ name: "n", type: "N" }], hashKey: "n" });

const role = new aws.iam.Role("teller", { assumeRolePolicy: assumed("lambda.amazonaws.com") });
new aws.iam.RolePolicy("teller", {
  role: role.name,
  policy: allow([["secretsmanager:GetSecretValue"], [stripe.arn]], [["sns:Publish"], [topic.arn]]),
});
export const teller = new aws.lambda.CallbackFunction("teller", {
  role,
  environment: { variables: { HIDDEN: key, TOPIC: topic.arn, SECRET: stripe.arn } },
  callback: async () => {
    const { SecretsManagerClient, GetSecretValueCommand } =
      require("@aws-sdk/client-secrets-manager") as typeof import("@aws-sdk/client-secrets-manager");
    const { SecretString } = await new SecretsManagerClient({}).send(
      new GetSecretValueCommand({ SecretId: process.env["SECRET"] }),
    );
    return { captured: key.get(), environment: process.env["HIDDEN"], secret: SecretString };
  },
}).name;
new aws.lambda.Function("python", {
  role: role.arn,
  runtime: "python3.12",
  handler: "main.handler",
  code: new pulumi.asset.AssetArchive({ "main.py": new pulumi.asset.StringAsset("def handler(): pass") }),
});

const caller = new aws.iam.Role("caller", { assumeRolePolicy: assumed("states.amazonaws.com") });
new aws.iam.RolePolicy("caller", {
  role: caller.name,
  policy: allow([["dynamodb:PutItem"], [rows.arn]], [["sns:Publish"], [topic.arn]], [["lambda:InvokeFunction"], ["*"]]),
});
const machine = (name: string, Resource: string, Arguments: object) =>
  new aws.sfn.StateMachine(name, {
    roleArn: caller.arn,
    definition: pulumi.jsonStringify({
      QueryLanguage: "JSONata",
      StartAt: "Call",
      States: { Call: { Type: "Task", Resource, Arguments, End: true } },
    }),
  });
const Put = { TableName: rows.name, Item: { id: { S: "{% $states.input.id %}" }, owner: { S: "me" } } };
machine("put", "arn:aws:states:::dynamodb:putItem", { ...Put, ConditionExpression: "attribute_not_exists(id)" });
machine("delete", "arn:aws:states:::aws-sdk:dynamodb:deleteItem", { TableName: rows.name, Key: { id: { S: "1" } } });
machine("publish", "arn:aws:states:::sns:publish", { TopicArn: topic.arn, Message: "{% $states.input %}" });
machine("translate", "arn:aws:states:::aws-sdk:translate:translateText", { Text: "x" });
machine("charge", "arn:aws:states:::lambda:invoke", {
  FunctionName: "arn:aws:lambda:eu-west-1:123456789012:function:charge",
  Payload: {},
});
