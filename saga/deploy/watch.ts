import * as aws from "./aws";
import type * as pulumi from "@pulumi/pulumi";
import { COMPENSATED } from "../asl/outcome";
import type { LambdaTask } from "../language";
import { alarm, alarmOnSum, type Common, detailAlarm, functionAlarms, type Metric, sum } from "./alarms";
import type { Config } from "./config";
import { dashboard } from "./dashboard";
import type { Machine } from "./machine";
import { metricsOf, OLDEST_RUNNING } from "./metrics";
import { placeOf } from "./policy";
import type { TaskTable } from "./tables";
import type { TaskFunction } from "./task-function";

export interface Watched {
  /** The tasks that run an undo, or a step after the pivot. */
  readonly mustSucceed: ReadonlySet<LambdaTask>;
  readonly main: Machine;
  /** The machines of child sagas and of their undos. */
  readonly children: readonly Machine[];
  readonly functions: readonly TaskFunction[];
  /** The machine that recovers stopped executions (S12), if there is one. It also has alarms of its own. */
  readonly recovery: Machine | undefined;
  readonly tables: readonly TaskTable[];
  readonly settings: Pick<Config, "alarms" | "alarmEmail" | "slowExecutionMinutes" | "workflowType">;
  readonly tags: Readonly<Record<string, string>>;
}

/** Creates the alarms, their topic, and a dashboard. */
export function watch(name: string, watched: Watched, opts: pulumi.CustomResourceOptions): aws.sns.Topic {
  const { mustSucceed, main, children, recovery, functions, tables, settings, tags } = watched;
  const topic = alarmTopic(name, settings.alarmEmail, tags, opts);
  const own = metricsOf(main);
  countOutcomes(name, watched, own, opts);
  // Step Functions lists no executions of EXPRESS machines. They end within five minutes.
  const sweeps = settings.workflowType === "STANDARD";
  const common: Common = { alarms: settings.alarms, topic, tags, opts };

  alarm(`${name}-stuck`, common, {
    alarmDescription: `An execution of ${name} has ended neither completed nor compensated: mend the reason, and redrive it.`,
    ...sum(own, "Stuck", 60),
  });
  detailAlarm(`${name}-slow`, common, {
    alarmDescription: `An execution of ${name} has taken more than ${settings.slowExecutionMinutes} minutes.`,
    ...sum("AWS/States", "ExecutionTime", 60, { StateMachineArn: main.stateMachine.arn }),
    statistic: "Maximum",
    // The metric counts milliseconds.
    threshold: settings.slowExecutionMinutes * 60_000,
  });
  if (sweeps) {
    alarm(`${name}-old`, common, {
      alarmDescription: `An execution of ${name} has been running for more than ${settings.slowExecutionMinutes} minutes.`,
      ...sum(own, OLDEST_RUNNING, 300),
      statistic: "Maximum",
      threshold: settings.slowExecutionMinutes * 60,
      // The alarm keeps its state until the next sweep.
      treatMissingData: "ignore",
    });
  }
  const others = [...children, ...(recovery ? [recovery] : [])];
  const throttled: readonly Metric[] = [
    ...[main, ...others].map(({ stateMachine }) => ({
      namespace: "AWS/States",
      metricName: "ExecutionThrottled",
      dimensions: { StateMachineArn: stateMachine.arn },
    })),
    ...functions.map((each) => ofFunction(each, "Throttles")),
    ...tables.flatMap(throttlesOf),
  ];
  alarmOnSum(`${name}-throttled`, common, {
    alarmDescription: `AWS holds ${name} back: a quota of state transitions, the concurrency of Lambda or a table's capacity is used up.`,
    label: "Throttled",
    metrics: throttled,
    evaluationPeriods: 3,
  });
  if (settings.alarms === "all") {
    alarmOnSum(`${name}-table-throttled`, common, {
      alarmDescription: `DynamoDB refuses calls of ${name}: the capacity of a table is used up.`,
      label: "Throttled",
      metrics: tables.flatMap(throttlesOf),
      evaluationPeriods: 3,
    });
  }
  const neverGivenUp = functions.filter(({ task }) => mustSucceed.has(task));
  alarmOnSum(`${name}-undo-failing`, common, {
    alarmDescription: `An undo of ${name}, or a step after its pivot, fails: executions that use up its retries are stuck.`,
    label: "Calls that fail",
    metrics: neverGivenUp.map((each) => ofFunction(each, "Errors")),
    period: 300,
  });
  for (const each of functions) functionAlarms(each, mustSucceed.has(each.task), { ...common, opts: { parent: each } });

  dashboard(name, { own, sweeps, main, others, functions }, opts);
  return topic;
}

const ofFunction = ({ physicalName }: TaskFunction, metricName: string): Metric => ({
  namespace: "AWS/Lambda",
  metricName,
  dimensions: { FunctionName: physicalName },
});

const throttlesOf = ({ name }: TaskTable): readonly Metric[] =>
  ["ReadThrottleEvents", "WriteThrottleEvents"].map((metricName) => ({
    namespace: "AWS/DynamoDB",
    metricName,
    dimensions: { TableName: name },
  }));

/** The topic for alarms. They name resources and contain no data of executions, so AWS's own encryption is enough. */
function alarmTopic(
  name: string,
  email: string,
  tags: Readonly<Record<string, string>>,
  opts: pulumi.CustomResourceOptions,
): aws.sns.Topic {
  const topic = new aws.sns.Topic(`${name}-alarms`, { tags }, opts);
  new aws.sns.TopicPolicy(
    `${name}-alarms`,
    {
      arn: topic.arn,
      policy: topic.arn.apply((arn) =>
        JSON.stringify({
          Version: "2012-10-17",
          Statement: [
            {
              Effect: "Allow",
              Principal: { Service: "cloudwatch.amazonaws.com" },
              Action: "sns:Publish",
              Resource: arn,
              Condition: { StringEquals: { "aws:SourceAccount": placeOf(arn).account } },
            },
          ],
        }),
      ),
    },
    opts,
  );
  if (email !== "none") {
    new aws.sns.TopicSubscription(`${name}-alarms`, { topic: topic.arn, protocol: "email", endpoint: email }, opts);
  }
  return topic;
}

/**
 * Counts compensated and stuck executions. The metrics of Step Functions count both as failed (S6). The event
 * `ExecutionFailed` in the log has the error at every log level, also without execution data.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/cloudwatch-log-level.html
 * @param namespace Of the metrics `Compensated` and `Stuck`.
 */
function countOutcomes(
  name: string,
  { main, children, recovery }: Watched,
  namespace: pulumi.Output<string>,
  opts: pulumi.CustomResourceOptions,
): void {
  // A stopped execution is stuck only if nothing recovers it. A child is stopped by its parent.
  const stuck = recovery
    ? `{ ${FAILED} }`
    : `{ (${FAILED}) || ($.type = "ExecutionAborted") || ($.type = "ExecutionTimedOut") }`;
  const count = (filterName: string, log: aws.cloudwatch.LogGroup, metric: string, pattern: string) =>
    new aws.cloudwatch.LogMetricFilter(
      filterName,
      {
        logGroupName: log.name,
        pattern,
        metricTransformation: { namespace, name: metric, value: "1", unit: "Count" },
      },
      opts,
    );
  count(`${name}-compensated`, main.log, "Compensated", ENDED_COMPENSATED);
  count(`${name}-stuck`, main.log, "Stuck", stuck);
  children.forEach(({ name: of, log }) => count(`${of}-stuck`, log, "Stuck", stuck));
}

const ENDED_COMPENSATED = `{ ($.type = "ExecutionFailed") && ($.details.error = "${COMPENSATED}") }`;
// A missing error and a null error do not match `!=`.
const FAILED = `($.type = "ExecutionFailed") && (($.details.error NOT EXISTS) || ($.details.error IS NULL) || ($.details.error != "${COMPENSATED}"))`;
