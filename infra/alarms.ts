import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { TaskFunction } from "./task-function";

export interface Common {
  readonly topic: aws.sns.Topic;
  readonly tags: Readonly<Record<string, string>>;
  readonly child: pulumi.CustomResourceOptions;
}

/** An alarm: above 0 in one period, unless `args` say otherwise; where nothing is measured, nothing is wrong. */
export function alarm(name: string, { topic, tags, child }: Common, args: Partial<aws.cloudwatch.MetricAlarmArgs>) {
  return new aws.cloudwatch.MetricAlarm(
    name,
    {
      comparisonOperator: "GreaterThanThreshold",
      threshold: 0,
      evaluationPeriods: 1,
      treatMissingData: "notBreaching",
      ...args,
      alarmActions: [topic.arn],
      tags,
    },
    child,
  );
}

/** The sum of a metric over a period, in seconds. */
export function sum(
  namespace: pulumi.Input<string>,
  metricName: string,
  period: number,
  dimensions?: Readonly<Record<string, pulumi.Input<string>>>,
) {
  return { namespace, metricName, statistic: "Sum", period, ...(dimensions && { dimensions }) };
}

/**
 * Of a function that must succeed in the end, every error counts: each brings an execution nearer to being stuck. Any
 * other may refuse, so that alone is suspicious which goes on: most calls of a quarter of an hour.
 *
 * @param mustSucceed Whether it runs an undo, or a step after the pivot.
 */
export function functionAlarms({ name, task, physicalName }: TaskFunction, mustSucceed: boolean, common: Common): void {
  const dimensions = { FunctionName: physicalName };
  alarm(`${name}-throttled`, common, {
    alarmDescription: `Lambda refuses calls of ${task.name}: its concurrency, or the account's, is used up.`,
    ...sum("AWS/Lambda", "Throttles", 60, dimensions),
    evaluationPeriods: 3,
  });
  if (mustSucceed) {
    alarm(`${name}-errors`, common, {
      alarmDescription: `${task.name} fails, and must succeed in the end: executions that use up its retries are stuck.`,
      ...sum("AWS/Lambda", "Errors", 300, dimensions),
    });
    return;
  }
  const query = (id: string, metricName: string) => ({
    id,
    metric: { namespace: "AWS/Lambda", metricName, dimensions, period: 300, stat: "Sum" },
  });
  alarm(`${name}-errors`, common, {
    alarmDescription: `${task.name} fails in most of its calls, for a quarter of an hour: more than refusals, most likely.`,
    metricQueries: [
      { id: "share", expression: "100 * errors / calls", label: "Calls that fail, in percent", returnData: true },
      query("errors", "Errors"),
      query("calls", "Invocations"),
    ],
    threshold: 50,
    evaluationPeriods: 3,
  });
}
