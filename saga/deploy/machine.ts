import * as aws from "./aws";
import * as pulumi from "@pulumi/pulumi";
import type { Config } from "./config";
import { inPartition, withOutputs } from "./definition";
import { usesLogKey, usesMachineKey } from "./encryption";
import { allow, assumedBy, grant, placeOf, type Statement, TRACES } from "./policy";

export interface MachineArgs {
  readonly definition: unknown;
  /** The permissions that its states need, beside logs and traces. */
  readonly statements: readonly Statement[];
  readonly settings: Pick<Config, "workflowType" | "logRetentionDays" | "logLevel" | "logExecutionData">;
  readonly kmsKeyArn: pulumi.Output<string> | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

export interface Machine {
  readonly name: string;
  readonly stateMachine: aws.sfn.StateMachine;
  readonly log: aws.cloudwatch.LogGroup;
  /** The resources that must exist before an execution starts. */
  readonly needs: readonly pulumi.Resource[];
}

/** A state machine with its own role and log. Each deploy publishes a version. */
export function machine(name: string, args: MachineArgs, opts: pulumi.CustomResourceOptions): Machine {
  const { definition, statements, settings, kmsKeyArn, tags } = args;
  const log = new aws.cloudwatch.LogGroup(
    name,
    {
      // For log groups with this prefix the account's resource policy does not grow.
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
        // Every role has these, so they come first. Long lists come last, and may move to another policy.
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
      definition: inPartition(withOutputs(name, definition), aws.getPartitionOutput({}, opts).partition),
      loggingConfiguration: {
        level: settings.logLevel,
        includeExecutionData: settings.logExecutionData,
        logDestination: pulumi.interpolate`${log.arn}:*`,
      },
      tracingConfiguration: { enabled: true },
      // An omitted setting keeps its last value, so AWS's own key is set explicitly.
      encryptionConfiguration: kmsKeyArn
        ? { type: "CUSTOMER_MANAGED_KMS_KEY", kmsKeyId: kmsKeyArn, kmsDataKeyReusePeriodSeconds: 300 }
        : { type: "AWS_OWNED_KEY" },
      tags,
    },
    {
      ...opts,
      // AWS tries the role's access to the log when it creates the machine.
      dependsOn: [...granted],
      // A machine is deleted some time after its last execution has ended, which may take longer than the provider's five minutes:
      // https://github.com/hashicorp/terraform-provider-aws/issues/29206
      customTimeouts: { delete: "30m" },
    },
  );
  if (!kmsKeyArn) return { name, stateMachine, log, needs: [] };
  // The statement contains the machine's ARN, which does not exist earlier. Until the alias changes, executions run an
  // existing version, which keeps its key.
  const usesKey = { role: role.name, policy: allow(usesMachineKey(kmsKeyArn, stateMachine.arn)) };
  return { name, stateMachine, log, needs: [new aws.iam.RolePolicy(`${name}-key`, usesKey, opts)] };
}

/**
 * Step Functions makes this rule itself, to learn of the ends of the executions that a machine waits for. Every machine that
 * could ever wait gets the permissions at its first deploy. The provider repeats the creation of a machine until IAM knows the
 * permissions of its role, but it does not repeat an update, such as the one that adds a first child saga.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
 * @see https://github.com/aws-ia/terraform-aws-control_tower_account_factory/issues/365
 * @param near An ARN of the same region and account.
 */
function watchesExecutions(near: pulumi.Output<string>): Statement {
  const rule = near.apply((arn) => {
    const { partition, region, account } = placeOf(arn);
    return `arn:${partition}:events:${region}:${account}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule`;
  });
  return { actions: ["events:PutTargets", "events:PutRule", "events:DescribeRule"], resources: [rule] };
}

/**
 * The permissions to deliver logs. These actions have no resources: AWS allows them only on `*`.
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
