import * as aws from "./aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Config } from "./config";
import { chunks, LIMITS } from "./limits";
import { nameOfPart } from "./names";
import type { TaskFunction } from "./task-function";

export interface Common {
  /** The alarms to create: essential, all or none. */
  readonly alarms: Config["alarms"];
  readonly topic: aws.sns.Topic;
  readonly tags: Readonly<Record<string, string>>;
  readonly opts: pulumi.CustomResourceOptions;
}

/**
 * An alarm that calls an operator: a value above 0 in one period, unless `args` say otherwise. Missing data does not raise it.
 */
export function alarm(
  name: string,
  { alarms, topic, tags, opts }: Common,
  args: Partial<aws.cloudwatch.MetricAlarmArgs>,
) {
  if (alarms === "none") return;
  new aws.cloudwatch.MetricAlarm(
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
    opts,
  );
}

/** An alarm on the cause of a problem, or on an early sign of one. It exists only if `alarms` is `all`. */
export function detailAlarm(name: string, common: Common, args: Partial<aws.cloudwatch.MetricAlarmArgs>): void {
  if (common.alarms === "all") alarm(name, common, args);
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

/** The sum of at most ten metrics, which is the limit of an alarm. A metric without data counts as 0. */
export function total(label: string, metrics: readonly Metric[], period = 60) {
  return {
    metricQueries: [
      { id: "total", expression: "SUM(METRICS())", label, returnData: true },
      ...metrics.map((metric, at) => ({ id: `m${at}`, metric: { ...metric, period, stat: "Sum" } })),
    ],
  };
}

/** Alarms on the sum of any number of metrics: one alarm for each ten. */
export function alarmOnSum(name: string, common: Common, { label, metrics, period, ...args }: SumAlarm): void {
  chunks(metrics, LIMITS.alarmMetrics).forEach((some, at) => {
    alarm(at === 0 ? name : `${name}-${at + 1}`, common, { ...args, ...total(label, some, period) });
  });
}

interface SumAlarm extends Pick<aws.cloudwatch.MetricAlarmArgs, "alarmDescription" | "evaluationPeriods"> {
  readonly label: string;
  readonly metrics: readonly Metric[];
  /** In seconds. */
  readonly period?: number;
}

export interface Metric {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, pulumi.Input<string>>>;
}

/**
 * Alarms of one function. If the function must succeed in the end, every error counts, because each brings an execution
 * nearer to being stuck. Any other function may refuse calls. Its alarm needs errors in most calls of a quarter of an hour, or
 * of an hour if calls are rare.
 *
 * @param mustSucceed Whether it runs an undo, or a step after the pivot.
 */
export function functionAlarms(
  { component, task, physicalName }: TaskFunction,
  mustSucceed: boolean,
  common: Common,
): void {
  const dimensions = { FunctionName: physicalName };
  const named = (what: string) => nameOfPart(task.name, what, component);
  detailAlarm(named("throttled"), common, {
    alarmDescription: `Lambda refuses calls of ${task.name}: its concurrency, or the account's, is used up.`,
    ...sum("AWS/Lambda", "Throttles", 60, dimensions),
    evaluationPeriods: 3,
  });
  if (mustSucceed) {
    detailAlarm(named("errors"), common, {
      alarmDescription: `${task.name} fails, and must succeed in the end: executions that use up its retries are stuck.`,
      ...sum("AWS/Lambda", "Errors", 300, dimensions),
    });
    return;
  }
  const share = (expression: string, period: number) => {
    const query = (id: string, metricName: string) => ({
      id,
      metric: { namespace: "AWS/Lambda", metricName, dimensions, period, stat: "Sum" },
    });
    return {
      metricQueries: [
        { id: "share", expression, label: "Calls that fail, in percent", returnData: true },
        query("errors", "Errors"),
        query("calls", "Invocations"),
      ],
      threshold: 50,
    };
  };
  detailAlarm(named("errors"), common, {
    alarmDescription: `${task.name} fails in most of its calls, for a quarter of an hour: more than refusals, most likely.`,
    ...share("100 * errors / calls", 300),
    evaluationPeriods: 3,
  });
  detailAlarm(named("hourly-errors"), common, {
    alarmDescription: `${task.name} fails in most of its calls, for an hour, and has had 3 or more: more than refusals, most likely.`,
    ...share("IF(calls >= 3, 100 * errors / calls, 0)", 3600),
  });
}
