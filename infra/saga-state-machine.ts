import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { compile, type Saga, statementsOf } from "../saga";
import { allow, assumedBy } from "./policy";
import type { TaskFunction } from "./task-function";

export interface SagaStateMachineArgs {
  readonly saga: Saga;
  /** One for every task that the saga names. */
  readonly functions: readonly TaskFunction[];
  readonly logRetentionDays: number;
}

/** The state machine of a saga, with a role that may invoke exactly the saga's functions, with its log and its traces. */
export class SagaStateMachine extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;
  readonly physicalName: pulumi.Output<string>;

  constructor(name: string, args: SagaStateMachineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("saga:infra:SagaStateMachine", name, {}, opts);
    const child = { parent: this };
    const arns = new Map(args.functions.map((deployed) => [deployed.task, deployed.arn]));

    // Under this prefix AWS lets every log group write without a growing resource policy.
    const prefix = `/aws/vendedlogs/states/${name}-`;
    const log = new aws.cloudwatch.LogGroup(
      name,
      { namePrefix: prefix, retentionInDays: args.logRetentionDays },
      child,
    );
    const role = new aws.iam.Role(name, { assumeRolePolicy: assumedBy("states.amazonaws.com") }, child);
    const policy = new aws.iam.RolePolicy(
      name,
      {
        role: role.name,
        policy: allow(
          { actions: ["lambda:InvokeFunction"], resources: [...arns.values()] },
          ...statementsOf(args.saga),
          { actions: LOG_DELIVERY, resources: ["*"] },
          { actions: TRACING, resources: ["*"] },
        ),
      },
      child,
    );

    const machine = new aws.sfn.StateMachine(
      name,
      {
        type: "STANDARD",
        roleArn: role.arn,
        definition: pulumi.jsonStringify(compile(args.saga, (task) => arns.get(task))),
        // Inputs hold card numbers: events are logged, data is not.
        loggingConfiguration: {
          level: "ALL",
          includeExecutionData: false,
          logDestination: pulumi.interpolate`${log.arn}:*`,
        },
        tracingConfiguration: { enabled: true },
      },
      // AWS tries the role's access to the log when it creates the machine.
      { ...child, dependsOn: [policy] },
    );

    this.arn = machine.arn;
    this.physicalName = machine.name;
    this.registerOutputs({ arn: this.arn, physicalName: this.physicalName });
  }
}

/**
 * Neither knows resources: AWS allows them on `*` alone.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/xray-iam.html
 */
const LOG_DELIVERY = [
  "logs:CreateLogDelivery",
  "logs:GetLogDelivery",
  "logs:UpdateLogDelivery",
  "logs:DeleteLogDelivery",
  "logs:ListLogDeliveries",
  "logs:PutResourcePolicy",
  "logs:DescribeResourcePolicies",
  "logs:DescribeLogGroups",
];
const TRACING = [
  "xray:PutTraceSegments",
  "xray:PutTelemetryRecords",
  "xray:GetSamplingRules",
  "xray:GetSamplingTargets",
];
