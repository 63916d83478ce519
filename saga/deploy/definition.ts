import * as pulumi from "@pulumi/pulumi";
import { DeferredExpression } from "../asl/deferred";
import { literal } from "../compile";

/**
 * A definition with the values of the outputs in its mappings. Each value is a JSONata literal, so no part of it is read as an
 * expression.
 *
 * @throws RunError once the values are known, if one is a secret: everybody who may describe a machine can read its definition
 */
export function withOutputs(machine: string, definition: unknown): unknown {
  if (definition instanceof DeferredExpression) {
    const values = definition.values.map((value) => plain(machine, value as pulumi.Output<unknown>));
    return pulumi.all(values).apply((resolved) => definition.with(resolved.map(literal)));
  }
  if (Array.isArray(definition)) return definition.map((item) => withOutputs(machine, item));
  if (typeof definition !== "object" || definition === null || pulumi.Output.isInstance(definition)) return definition;
  return Object.fromEntries(Object.entries(definition).map(([key, value]) => [key, withOutputs(machine, value)]));
}

/**
 * A definition as text, its calls in the partition of the account. The ARN of an integration has a partition, though neither a
 * region nor an account: in GovCloud or China, an execution ends with `States.Runtime` at a call of
 * `arn:aws:states:::lambda:invoke`, and nothing can catch that.
 * @see https://github.com/aws/aws-cdk/issues/4597
 */
export function inPartition(definition: unknown, partition: pulumi.Output<string>): pulumi.Output<string> {
  return pulumi
    .all([pulumi.jsonStringify(definition), partition])
    .apply(([json, own]) =>
      /^aws-/.test(own) ? json.replaceAll('"Resource":"arn:aws:states:::', `"Resource":"arn:${own}:states:::`) : json,
    );
}

function plain(machine: string, value: pulumi.Output<unknown>): pulumi.Output<unknown> {
  return pulumi.output(pulumi.isSecret(value)).apply((secret) => {
    if (!secret) return value;
    throw new pulumi.RunError(
      `'${machine}': a mapping has a secret in it, and whoever may see the state machine could read it there: ` +
        "give it to the task, by environment or secrets, or say with pulumi.unsecret(…) that it is none",
    );
  });
}
