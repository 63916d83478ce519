// A program in plain JavaScript: to the engine, it is what a program in any language is. Its state machines are in
// machines.json. A function is made for each that they name, so that its ARN is not known before the first update.
const { readFileSync } = require("node:fs");
const aws = require("@pulumi/aws");
const pulumi = require("@pulumi/pulumi");

const role = new aws.iam.Role("role", { assumeRolePolicy: "{}" });
const source = new pulumi.asset.StringAsset("exports.handler = async () => ({});");
const functions = new Map();
const arnOf = (name) => {
  if (!functions.has(name)) {
    const code = new pulumi.asset.AssetArchive({ "index.js": source });
    const args = { role: role.arn, runtime: "nodejs22.x", handler: "index.handler", code };
    functions.set(name, new aws.lambda.Function(name, args));
  }
  return functions.get(name).arn;
};

const NAMED = /^arn:aws:lambda:[\w-]+:\d+:function:(\w+)$/;
/** A definition with the ARNs of this program's functions. */
const withArns = (value) => {
  if (typeof value === "string") return NAMED.test(value) ? arnOf(NAMED.exec(value)[1]) : value;
  if (Array.isArray(value)) return value.map(withArns);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withArns(each)]));
};

for (const { name, as, definition, tags } of JSON.parse(readFileSync("machines.json", "utf8"))) {
  const tagged = tags === undefined ? {} : { tags };
  if (as === "object") {
    const inputs = { roleArn: role.arn, definition: withArns(definition), ...tagged };
    new pulumi.CustomResource("aws-native:stepfunctions:StateMachine", name, inputs);
  } else {
    const text = as === "known" ? JSON.stringify(definition) : pulumi.jsonStringify(withArns(definition));
    new aws.sfn.StateMachine(name, { roleArn: role.arn, definition: text, ...tagged });
  }
}
