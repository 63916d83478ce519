import * as aws from "./aws";
import * as pulumi from "@pulumi/pulumi";
import { recover } from "./recovery/recover";
import { COMPENSATED } from "../asl/outcome";
import type { Saga } from "../language";
import type { Config } from "./config";
import { readsExecutions } from "./encryption";
import { type FunctionSettings, lambda, mayInvoke } from "./lambda";
import { recoveryAlarms } from "./recovery-alarms";

export interface SagaRecoveryArgs {
  readonly saga: Saga;
  /** The saga's own machine. */
  readonly machineArn: pulumi.Output<string>;
  /** The machine that runs the undos. */
  readonly recoveryMachineArn: pulumi.Output<string>;
  readonly settings: FunctionSettings & Pick<Config, "alarms">;
  /** The ARN of the customer managed key of executions and logs, if there is one. */
  readonly kmsKeyArn: pulumi.Output<string> | undefined;
  /** The topic for recoveries that fail or can't begin. */
  readonly topic: aws.sns.Topic;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * Runs the undos of an execution that was stopped, timed out or is lost (S12): a rule for the ends of executions, a function
 * that examines each and starts the recovery machine, a queue for undelivered events and failed calls, and alarms. Parents undo
 * their children, so the ends of child machines are ignored.
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
        // As long as an execution can be redriven.
        messageRetentionSeconds: 14 * 24 * 60 * 60,
        // Messages contain an ARN, a time and an error, and no data. A customer managed key would have to allow EventBridge in
        // its policy; without that, events would be lost.
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
          // This covers versions: IAM uses the machine's ARN for them.
          { actions: ["states:DescribeStateMachine"], resources: [machineArn] },
          { actions: ["states:StartExecution"], resources: [recoveryMachineArn] },
          ...(kmsKeyArn ? [readsExecutions(kmsKeyArn, [machineArn, recoveryMachineArn])] : []),
          { actions: ["sqs:SendMessage"], resources: [queue.arn] },
        ],
        settings,
        kmsKeyArn,
        tags,
        // A history has at most 25 pages.
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
        // The event does not contain the execution's input, which has card numbers: failed events stay in the queue for days.
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
 * Ends that are neither completed nor compensated. An event may lack the error, as with a customer managed key; the function
 * then asks for it. By all that is known, an event has the ARN of the machine itself for any version, and separate fields for
 * version and alias. The pattern also accepts a qualified ARN.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
 */
function endsWithoutUndos(machineArn: pulumi.Output<string>) {
  return {
    source: ["aws.states"],
    "detail-type": ["Step Functions Execution Status Change"],
    detail: {
      stateMachineArn: [machineArn, { prefix: pulumi.interpolate`${machineArn}:` }],
      status: ["ABORTED", "TIMED_OUT", "FAILED"],
      $or: [{ error: [null, { "anything-but": [COMPENSATED] }] }, { error: [{ exists: false }] }],
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
