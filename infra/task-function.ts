import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { LambdaTask } from "../saga";
import type { Config } from "./config";
import { usesTableKey } from "./encryption";
import { allow, assumedBy, type Statement, TRACES } from "./policy";

export interface TaskFunctionArgs {
  readonly task: LambdaTask;
  readonly table: aws.dynamodb.Table;
  readonly settings: Pick<
    Config,
    "logRetentionDays" | "functionMemory" | "functionArchitecture" | "reservedConcurrency"
  >;
  /** The ARN of the customer managed key of table and logs, where there is one. */
  readonly key: pulumi.Output<string> | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

/** The function that runs a task, and a role that allows what the task declares on the table, its own log, and no more. */
export class TaskFunction extends pulumi.ComponentResource {
  readonly name: string;
  readonly task: LambdaTask;
  readonly arn: pulumi.Output<string>;
  /**
   * Of the version that is deployed now. A version never changes, and stays until the function goes: an execution ends
   * on the versions on which it began.
   */
  readonly versionArn: pulumi.Output<string>;
  readonly physicalName: pulumi.Output<string>;

  constructor(name: string, args: TaskFunctionArgs, opts?: pulumi.ComponentResourceOptions) {
    super("saga:infra:TaskFunction", name, {}, opts);
    const { task, table, settings, key, tags } = args;
    const child = { parent: this };

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
          ...(task.table.length > 0 ? usesTable(task, table, key) : []),
          // The streams of a group have no names before they are written.
          { actions: ["logs:CreateLogStream", "logs:PutLogEvents"], resources: [pulumi.interpolate`${log.arn}:*`] },
          { actions: TRACES, resources: ["*"] },
        ),
      },
      child,
    );

    const lambda = new aws.lambda.CallbackFunction(
      name,
      {
        callbackFactory: task.handler,
        runtime: aws.lambda.Runtime.NodeJS22dX,
        architectures: [settings.functionArchitecture],
        memorySize: settings.functionMemory,
        timeout: 10,
        ...(settings.reservedConcurrency > 0 && { reservedConcurrentExecutions: settings.reservedConcurrency }),
        publish: true,
        role,
        environment: { variables: { TABLE_NAME: table.name } },
        loggingConfig: { logFormat: "Text", logGroup: log.name },
        tracingConfig: { mode: "Active" },
        tags: { ...tags, task: task.name },
      },
      { ...child, dependsOn: [policy] },
    );

    this.name = name;
    this.task = task;
    this.arn = lambda.arn;
    this.versionArn = lambda.qualifiedArn;
    this.physicalName = lambda.name;
    this.registerOutputs({ arn: this.arn, versionArn: this.versionArn, physicalName: this.physicalName });
  }
}

function usesTable(
  task: LambdaTask,
  table: aws.dynamodb.Table,
  key: pulumi.Output<string> | undefined,
): readonly Statement[] {
  const statement = { actions: task.table.map((action) => `dynamodb:${action}`), resources: [table.arn] };
  return key ? [statement, usesTableKey(key)] : [statement];
}
