import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Config } from "./config";
import { allow, assumedBy, type Statement, TRACES } from "./policy";

export type FunctionSettings = Pick<
  Config,
  "logRetentionDays" | "functionMemory" | "functionArchitecture" | "reservedConcurrency"
>;

export interface LambdaArgs<In, Out> {
  /** Runs once at a cold start. */
  readonly factory: () => (event: In) => Promise<Out>;
  /** What it does, beside writing its log and its traces. */
  readonly statements: readonly Statement[];
  readonly settings: FunctionSettings;
  /** The ARN of the customer managed key of logs, where there is one. */
  readonly key: pulumi.Output<string> | undefined;
  readonly tags: Readonly<Record<string, string>>;
  /** In seconds. */
  readonly timeout: number;
  /** What only this function has. */
  readonly own?: Pick<
    aws.lambda.CallbackFunctionArgs<In, Out>,
    "publish" | "environment" | "tags" | "reservedConcurrentExecutions"
  >;
}

export interface Lambda<In, Out> {
  readonly lambda: aws.lambda.CallbackFunction<In, Out>;
  readonly log: aws.cloudwatch.LogGroup;
  /** What must be there before somebody invokes it. */
  readonly policy: aws.iam.RolePolicy;
}

const { name: PACKAGE, dependencies } = JSON.parse(readFileSync(join(__dirname, "../../package.json"), "utf8")) as {
  readonly name: string;
  readonly dependencies: Readonly<Record<string, string>>;
};
const DEPLOYMENT_ONLY = [PACKAGE, ...Object.keys(dependencies)];

/** A function with a log of its own, and with a role that allows what is stated, log and traces, and no more. */
export function lambda<In, Out>(
  name: string,
  args: LambdaArgs<In, Out>,
  child: pulumi.CustomResourceOptions,
): Lambda<In, Out> {
  const { factory, statements, settings, key, tags, timeout, own } = args;
  const log = new aws.cloudwatch.LogGroup(
    name,
    {
      namePrefix: `/aws/lambda/${name}-`,
      retentionInDays: settings.logRetentionDays,
      ...(key && { kmsKeyId: key }),
      tags,
    },
    child,
  );
  const role = new aws.iam.Role(name, { assumeRolePolicy: assumedBy("lambda.amazonaws.com"), tags }, child);
  const policy = new aws.iam.RolePolicy(
    name,
    {
      role: role.name,
      policy: allow(
        ...statements,
        // The streams of a group have no names before they are written.
        { actions: ["logs:CreateLogStream", "logs:PutLogEvents"], resources: [pulumi.interpolate`${log.arn}:*`] },
        { actions: TRACES, resources: ["*"] },
      ),
    },
    child,
  );
  const made = new aws.lambda.CallbackFunction<In, Out>(
    name,
    {
      callbackFactory: factory,
      runtime: aws.lambda.Runtime.NodeJS22dX,
      architectures: [settings.functionArchitecture],
      memorySize: settings.functionMemory,
      timeout,
      ...(settings.reservedConcurrency > 0 && { reservedConcurrentExecutions: settings.reservedConcurrency }),
      role,
      loggingConfig: { logFormat: "Text", logGroup: log.name },
      tracingConfig: { mode: "Active" },
      tags,
      // A function takes what its program depends on: not what deploys it.
      codePathOptions: { extraExcludePackages: [...DEPLOYMENT_ONLY] },
      ...own,
    },
    { ...child, dependsOn: [policy] },
  );
  return { lambda: made, log, policy };
}
