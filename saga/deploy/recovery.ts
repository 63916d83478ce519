import * as aws from "./aws";
import * as pulumi from "@pulumi/pulumi";
import { recover } from "./recovery/recover";
import type { Saga } from "../language";
import type { Config } from "./config";
import { readsExecutions } from "./encryption";
import { type FunctionSettings, lambda, mayInvoke } from "./lambda";
import { recoveryAlarms } from "./recovery-alarms";

export interface SagaRecoveryArgs {
  readonly saga: Saga;
  /** The saga's own machine. */
  readonly machineArn: pulumi.Output<string>;
  /** The one that runs the undos. */
  readonly recoveryMachineArn: pulumi.Output<string>;
  readonly settings: FunctionSettings & Pick<Config, "alarms">;
  /** The ARN of the customer managed key of executions and logs, where there is one. */
  readonly kmsKeyArn: pulumi.Output<string> | undefined;
  /** Is told when a recovery fails, or can't be begun. */
  readonly topic: aws.sns.Topic;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * Sees to it that an execution of a saga's machine that is stopped, times out or is lost still gets its undos (S12): a
 * rule for the ends of executions, a function that looks at each and starts the recovery machine, a queue for what could
 * not be delivered or dealt with, and alarms. Ends of child machines are left to their parents, which undo them.
 */
export class SagaRecovery extends pulumi.ComponentResource {
  /** Of the function: recovers the execution whose ARN it is given. */
  readonly functionArn: pulumi.Output<string>;

  constructor(name: string, args: SagaRecoveryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("saga-aws-pulumi:index:SagaRecovery", name, {}, opts);
    const { saga, machineArn, recoveryMachineArn, settings, kmsKeyArn, topic, tags } = args;
    const childOpts = { parent: this };

    const queue = new aws.sqs.Queue(
      name,
      {
        // An execution can be redriven for as long.
        messageRetentionSeconds: 14 * 24 * 60 * 60,
        // Messages have an ARN, a time and an error, and no data. A key of the customer's would have to let EventBridge
        // use it, and a key that is given has a policy of its own: events would be lost where it does not say so.
        sqsManagedSseEnabled: true,
        tags,
      },
      childOpts,
    );
    const executions = machineArn.apply((arn) => `${arn.replace(":stateMachine:", ":execution:")}:*`);
    const { lambda: made, policy } = lambda(
      name,
      {
        factory: recover,
        statements: [
          {
            actions: [
              "states:DescribeExecution",
              "states:DescribeStateMachineForExecution",
              "states:GetExecutionHistory",
              "states:RedriveExecution",
            ],
            resources: [executions],
          },
          // Of a version too: IAM knows it by its machine's ARN.
          { actions: ["states:DescribeStateMachine"], resources: [machineArn] },
          { actions: ["states:StartExecution"], resources: [recoveryMachineArn] },
          ...(kmsKeyArn ? [readsExecutions(kmsKeyArn, [machineArn, recoveryMachineArn])] : []),
          { actions: ["sqs:SendMessage"], resources: [queue.arn] },
        ],
        settings,
        kmsKeyArn,
        tags,
        // A history has up to 25 pages.
        timeout: 120,
      },
      childOpts,
    );
    new aws.lambda.FunctionEventInvokeConfig(
      name,
      {
        functionName: made.name,
        maximumRetryAttempts: 2,
        maximumEventAgeInSeconds: 6 * 60 * 60,
        destinationConfig: { onFailure: { destination: queue.arn } },
      },
      { ...childOpts, dependsOn: [policy] },
    );

    const rule = new aws.cloudwatch.EventRule(
      name,
      {
        description: `Executions of ${saga.name} that ended without their undos`,
        eventPattern: pulumi.jsonStringify(endsWithoutUndos(machineArn)),
        tags,
      },
      childOpts,
    );
    const permission = mayInvoke(name, rule, made, childOpts);
    const accepts = new aws.sqs.QueuePolicy(
      name,
      { queueUrl: queue.id, policy: sentBy("events.amazonaws.com", rule.arn, queue.arn) },
      childOpts,
    );
    new aws.cloudwatch.EventTarget(
      name,
      {
        rule: rule.name,
        arn: made.arn,
        // Not the execution's input, which holds card numbers: what fails stays in the queue for days.
        inputTransformer: {
          inputPaths: { executionArn: "$.detail.executionArn", stopDate: "$.detail.stopDate" },
          inputTemplate: '{"executionArn": <executionArn>, "stopDate": <stopDate>}',
        },
        retryPolicy: { maximumEventAgeInSeconds: 24 * 60 * 60, maximumRetryAttempts: 185 },
        deadLetterConfig: { arn: queue.arn },
      },
      { ...childOpts, dependsOn: [permission, accepts] },
    );
    recoveryAlarms(name, { queue, recoveryMachineArn }, { alarms: settings.alarms, topic, tags, opts: childOpts });
    this.functionArn = made.arn;
    this.registerOutputs({ functionArn: this.functionArn });
  }
}

/**
 * Ends that are neither a success nor compensated. The error may be left out, as with a customer managed key: then the
 * function asks. Whichever version an execution runs, an event has the ARN of the machine itself, by all that is known: it
 * has those of the version and of the alias in fields of their own. A qualified one is taken as well.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
 */
function endsWithoutUndos(machineArn: pulumi.Output<string>) {
  return {
    source: ["aws.states"],
    "detail-type": ["Step Functions Execution Status Change"],
    detail: {
      stateMachineArn: [machineArn, { prefix: pulumi.interpolate`${machineArn}:` }],
      status: ["ABORTED", "TIMED_OUT", "FAILED"],
      $or: [{ error: [null, { "anything-but": ["SagaCompensated"] }] }, { error: [{ exists: false }] }],
    },
  };
}

function sentBy(
  service: string,
  sourceArn: pulumi.Output<string>,
  queueArn: pulumi.Output<string>,
): pulumi.Output<string> {
  return pulumi.jsonStringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Action: "sqs:SendMessage",
        Principal: { Service: service },
        Resource: queueArn,
        Condition: { ArnEquals: { "aws:SourceArn": sourceArn } },
      },
    ],
  });
}
