import * as aws from "./aws";
import * as pulumi from "@pulumi/pulumi";
import type { Config } from "./config";
import { withOutputs } from "./definition";
import { usesLogKey, usesMachineKey } from "./encryption";
import { allow, assumedBy, grant, placeOf, type Statement, TRACES } from "./policy";

export interface MachineArgs {
  readonly definition: unknown;
  /** What its states need, beside its log and its traces. */
  readonly statements: readonly Statement[];
  readonly settings: Pick<Config, "workflowType" | "logRetentionDays" | "logLevel" | "logExecutionData">;
  readonly kmsKeyArn: pulumi.Output<string> | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

export interface Machine {
  readonly name: string;
  readonly stateMachine: aws.sfn.StateMachine;
  readonly log: aws.cloudwatch.LogGroup;
  /** What must be there before an execution starts. */
  readonly needs: readonly pulumi.Resource[];
}

/** One state machine, each deploy of which is a version, with a role and a log of its own. */
export function machine(name: string, args: MachineArgs, opts: pulumi.CustomResourceOptions): Machine {
  const { definition, statements, settings, kmsKeyArn, tags } = args;
  const log = new aws.cloudwatch.LogGroup(
    name,
    {
      // Under this prefix AWS lets every log group write without a growing resource policy.
      namePrefix: `/aws/vendedlogs/states/${name}-`,
      retentionInDays: settings.logRetentionDays,
      ...(kmsKeyArn && { kmsKeyId: kmsKeyArn }),
      tags,
    },
    opts,
  );
  const role = new aws.iam.Role(name, { assumeRolePolicy: assumedBy("states.amazonaws.com"), tags }, opts);
  const granted = grant(
    name,
    {
      role,
      statements: [
        // First, for they are there in every role: what is many comes last, and may move to another policy.
        ...(settings.workflowType === "STANDARD" ? [watchesExecutions(log.arn)] : []),
        ...(kmsKeyArn ? [usesLogKey(kmsKeyArn, log.arn)] : []),
        { actions: LOG_DELIVERY, resources: ["*"] },
        { actions: [...TRACES, "xray:GetSamplingRules", "xray:GetSamplingTargets"], resources: ["*"] },
        ...statements,
      ],
      tags,
    },
    opts,
  );
  const stateMachine = new aws.sfn.StateMachine(
    name,
    {
      type: settings.workflowType,
      publish: true,
      roleArn: role.arn,
      definition: pulumi.jsonStringify(withOutputs(name, definition)),
      loggingConfiguration: {
        level: settings.logLevel,
        includeExecutionData: settings.logExecutionData,
        logDestination: pulumi.interpolate`${log.arn}:*`,
      },
      tracingConfiguration: { enabled: true },
      // What is left out stays as it was: AWS's own key must be asked for.
      encryptionConfiguration: kmsKeyArn
        ? { type: "CUSTOMER_MANAGED_KMS_KEY", kmsKeyId: kmsKeyArn, kmsDataKeyReusePeriodSeconds: 300 }
        : { type: "AWS_OWNED_KEY" },
      tags,
    },
    {
      ...opts,
      // AWS tries the role's access to the log when it creates the machine.
      dependsOn: [...granted],
      // It goes some time after its last execution has ended, and may take longer than the provider's five minutes:
      // https://github.com/hashicorp/terraform-provider-aws/issues/29206
      customTimeouts: { delete: "30m" },
    },
  );
  if (!kmsKeyArn) return { name, stateMachine, log, needs: [] };
  // By the machine's own ARN, which there is none of before. Until the alias leads on, executions are of a version that
  // was there, and keeps the key that it had.
  const usesKey = { role: role.name, policy: allow(usesMachineKey(kmsKeyArn, stateMachine.arn)) };
  return { name, stateMachine, log, needs: [new aws.iam.RolePolicy(`${name}-key`, usesKey, opts)] };
}

/**
 * By this rule, which Step Functions makes itself, a machine hears of the ends of the executions that it waits for. Every
 * machine that could wait for one may see to the rule from its first deploy: the provider repeats the creation of a machine
 * until IAM has taken notice of what its role may, but not its update by which a saga gets its first child.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
 * @see https://github.com/aws-ia/terraform-aws-control_tower_account_factory/issues/365
 * @param near The ARN of something of the same region and account.
 */
function watchesExecutions(near: pulumi.Output<string>): Statement {
  const rule = near.apply((arn) => {
    const { partition, region, account } = placeOf(arn);
    return `arn:${partition}:events:${region}:${account}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule`;
  });
  return { actions: ["events:PutTargets", "events:PutRule", "events:DescribeRule"], resources: [rule] };
}

/**
 * Knows no resources: AWS allows it on `*` alone.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
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
