import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { LambdaTask } from "../saga";
import { allow, assumedBy } from "./policy";

export interface TaskFunctionArgs {
  readonly task: LambdaTask;
  readonly table: aws.dynamodb.Table;
  readonly logRetentionDays: number;
}

/** The function that runs a task, and a role that allows what the task declares on the table, its own log, and no more. */
export class TaskFunction extends pulumi.ComponentResource {
  readonly task: LambdaTask;
  readonly arn: pulumi.Output<string>;
  readonly physicalName: pulumi.Output<string>;

  constructor(
    name: string,
    { task, table, logRetentionDays }: TaskFunctionArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("saga:infra:TaskFunction", name, {}, opts);
    const child = { parent: this };

    const log = new aws.cloudwatch.LogGroup(
      name,
      { namePrefix: `/aws/lambda/${name}-`, retentionInDays: logRetentionDays },
      child,
    );
    const role = new aws.iam.Role(name, { assumeRolePolicy: assumedBy("lambda.amazonaws.com") }, child);
    const policy = new aws.iam.RolePolicy(
      name,
      {
        role: role.name,
        policy: allow(
          { actions: task.table.map((action) => `dynamodb:${action}`), resources: [table.arn] },
          // The streams of a group have no names before they are written.
          { actions: ["logs:CreateLogStream", "logs:PutLogEvents"], resources: [pulumi.interpolate`${log.arn}:*`] },
        ),
      },
      child,
    );

    const lambda = new aws.lambda.CallbackFunction(
      name,
      {
        callbackFactory: task.handler,
        runtime: aws.lambda.Runtime.NodeJS22dX,
        architectures: ["arm64"],
        memorySize: 256,
        timeout: 10,
        role,
        environment: { variables: { TABLE_NAME: table.name } },
        loggingConfig: { logFormat: "Text", logGroup: log.name },
      },
      { ...child, dependsOn: [policy] },
    );

    this.task = task;
    this.arn = lambda.arn;
    this.physicalName = lambda.name;
    this.registerOutputs({ arn: this.arn, physicalName: this.physicalName });
  }
}
