import * as aws from "./aws";
import * as pulumi from "@pulumi/pulumi";
import { archive, HANDLER } from "./archive";
import type { Config } from "./config";
import { allow, assumedBy, type Statement, TRACES } from "./policy";

export type FunctionSettings = Pick<
  Config,
  "logRetentionDays" | "functionMemory" | "functionArchitecture" | "reservedConcurrency"
>;

export interface LambdaArgs {
  /** Builds the handler, once at a cold start. */
  readonly factory: () => unknown;
  /** npm packages that it requires. */
  readonly packages?: readonly string[];
  /** Its permissions, beside logs and traces. */
  readonly statements: readonly Statement[];
  readonly settings: FunctionSettings;
  /** The ARN of the customer managed key that encrypts logs, if there is one. */
  readonly kmsKeyArn: pulumi.Output<string> | undefined;
  /** Its permissions for keys, if any. They have a policy of their own, which depends on nothing that the keys encrypt. */
  readonly usesKeys?: { readonly name: string; readonly statements: readonly Statement[] };
  readonly tags: Readonly<Record<string, string>>;
  /** In seconds. */
  readonly timeout: number;
  /** Settings that override the defaults for this function. */
  readonly own?: Pick<
    aws.lambda.FunctionArgs,
    "publish" | "environment" | "tags" | "reservedConcurrentExecutions" | "memorySize" | "vpcConfig" | "layers"
  >;
}

export interface Lambda {
  readonly lambda: aws.lambda.Function;
  readonly role: aws.iam.Role;
  readonly log: aws.cloudwatch.LogGroup;
  /** The resources that must exist before a call. */
  readonly policy: aws.iam.RolePolicy;
}

/** A function with its own log group, and with a role that allows the given statements, logs and traces, and nothing else. */
export function lambda(name: string, args: LambdaArgs, opts: pulumi.CustomResourceOptions): Lambda {
  const { factory, packages = [], statements, settings, kmsKeyArn, usesKeys, tags, timeout, own } = args;
  const code = archive({ name, factory, packages, layers: own?.layers !== undefined });
  const log = new aws.cloudwatch.LogGroup(
    name,
    {
      namePrefix: `/aws/lambda/${name}-`,
      retentionInDays: settings.logRetentionDays,
      ...(kmsKeyArn && { kmsKeyId: kmsKeyArn }),
      tags,
    },
    opts,
  );
  const role = new aws.iam.Role(name, { assumeRolePolicy: assumedBy("lambda.amazonaws.com"), tags }, opts);
  const policy = new aws.iam.RolePolicy(
    name,
    {
      role: role.name,
      policy: allow(
        ...statements,
        // Log streams have no names before they exist.
        { actions: ["logs:CreateLogStream", "logs:PutLogEvents"], resources: [pulumi.interpolate`${log.arn}:*`] },
        { actions: TRACES, resources: ["*"] },
      ),
    },
    opts,
  );
  const policies = [policy];
  if (usesKeys && usesKeys.statements.length > 0) {
    const keyPolicy = { role: role.name, policy: allow(...usesKeys.statements) };
    policies.push(new aws.iam.RolePolicy(usesKeys.name, keyPolicy, opts));
  }
  const made = new aws.lambda.Function(
    name,
    {
      code,
      handler: HANDLER,
      runtime: aws.lambda.Runtime.NodeJS22dX,
      architectures: [settings.functionArchitecture],
      memorySize: settings.functionMemory,
      timeout,
      ...(settings.reservedConcurrency > 0 && { reservedConcurrentExecutions: settings.reservedConcurrency }),
      role: role.arn,
      loggingConfig: { logFormat: "Text", logGroup: log.name },
      tracingConfig: { mode: "Active" },
      tags,
      ...own,
    },
    { ...opts, dependsOn: policies },
  );
  return { lambda: made, role, log, policy };
}

/** Lets a rule of EventBridge invoke a function. */
export function mayInvoke(
  name: string,
  rule: aws.cloudwatch.EventRule,
  invoked: aws.lambda.Function,
  opts: pulumi.CustomResourceOptions,
): aws.lambda.Permission {
  return new aws.lambda.Permission(
    name,
    {
      action: "lambda:InvokeFunction",
      function: invoked.name,
      principal: "events.amazonaws.com",
      sourceArn: rule.arn,
    },
    opts,
  );
}
