import * as aws from "./aws";
import * as pulumi from "@pulumi/pulumi";
import { sweep, type Sweep } from "./recovery/sweep";
import { alarm } from "./alarms";
import type { Config } from "./config";
import { type FunctionSettings, lambda, mayInvoke } from "./lambda";
import type { Machine } from "./machine";
import { metricsOf, OLDEST_RUNNING } from "./metrics";

export interface SagaSweepArgs {
  readonly saga: { readonly name: string };
  /** The saga's own machine, a STANDARD one: Step Functions lists no executions of others. */
  readonly main: Machine;
  /** The recovery of stopped executions, if there is one. */
  readonly recovery: Recovery | undefined;
  readonly settings: FunctionSettings & Pick<Config, "alarms">;
  /** The ARN of the customer managed key that encrypts logs, if there is one. */
  readonly kmsKeyArn: pulumi.Output<string> | undefined;
  /** The topic for failing sweeps. */
  readonly topic: aws.sns.Topic;
  readonly tags: Readonly<Record<string, string>>;
}

interface Recovery {
  readonly machineArn: pulumi.Output<string>;
  readonly functionArn: pulumi.Output<string>;
}

/**
 * Examines a saga's executions every five minutes. It measures the age of the oldest running execution, which no event and no
 * metric of AWS contains. And it finds stopped executions that nothing recovers, because their event was lost.
 */
export class SagaSweep extends pulumi.ComponentResource {
  constructor(name: string, args: SagaSweepArgs, opts?: pulumi.ComponentResourceOptions) {
    super("saga-aws-pulumi:index:SagaSweep", name, {}, opts);
    const { saga, main, recovery, settings, kmsKeyArn, topic, tags } = args;
    const childOpts = { parent: this };
    const machineArn = main.stateMachine.arn;

    const { lambda: made, log } = lambda(
      name,
      {
        factory: sweep,
        statements: [
          // A list contains neither input nor output, so it needs no key.
          { actions: ["states:ListExecutions"], resources: [machineArn, ...(recovery ? [recovery.machineArn] : [])] },
          ...(recovery ? [{ actions: ["lambda:InvokeFunction"], resources: [recovery.functionArn] }] : []),
        ],
        // There is at most one call at a time, and a throttled one is repeated five minutes later. So none is reserved.
        settings: { ...settings, reservedConcurrency: 0 },
        kmsKeyArn,
        tags,
        // It ends before the next one begins.
        timeout: 240,
      },
      childOpts,
    );
    new aws.cloudwatch.LogMetricFilter(
      name,
      {
        logGroupName: log.name,
        pattern: "{ $.oldestRunning = * }",
        metricTransformation: {
          namespace: metricsOf(main),
          name: OLDEST_RUNNING,
          value: "$.oldestRunning",
          unit: "Seconds",
        },
      },
      childOpts,
    );
    // What fails is not kept: the next one, in five minutes, looks at the same again.
    const once = { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 300 };
    new aws.lambda.FunctionEventInvokeConfig(name, { functionName: made.name, ...once }, childOpts);

    const rule = new aws.cloudwatch.EventRule(
      name,
      { description: `A look at the executions of ${saga.name}`, scheduleExpression: "rate(5 minutes)", tags },
      childOpts,
    );
    const permission = mayInvoke(name, rule, made, childOpts);
    const what: pulumi.Input<Sweep> = pulumi.output({ machineArn, ...(recovery && { recovery }) });
    new aws.cloudwatch.EventTarget(
      name,
      { rule: rule.name, arn: made.arn, input: pulumi.jsonStringify(what), retryPolicy: once },
      { ...childOpts, dependsOn: [permission] },
    );

    alarm(
      `${name}-failing`,
      { alarms: settings.alarms, topic, tags, opts: childOpts },
      {
        alarmDescription: `For a quarter of an hour nobody has looked at all executions of ${saga.name}: the function's log says why.`,
        namespace: "AWS/Lambda",
        metricName: "Errors",
        dimensions: { FunctionName: made.name },
        statistic: "Sum",
        period: 300,
        evaluationPeriods: 3,
        // Each call counts its errors, none among them: where nothing is counted, nothing is called.
        treatMissingData: "missing",
        insufficientDataActions: [topic.arn],
      },
    );
    this.registerOutputs({});
  }
}
