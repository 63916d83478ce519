import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { mustSucceed, type Saga } from "../language";
import { alarm, functionAlarms, sum, total } from "./alarms";
import type { Config } from "./config";
import { dashboard } from "./dashboard";
import { chunks, LIMITS } from "./limits";
import type { Machine } from "./machine";
import { metricsOf, OLDEST_RUNNING } from "./metrics";
import { placeOf } from "./policy";
import type { TaskFunction } from "./task-function";

export interface Watched {
  readonly saga: Saga;
  readonly main: Machine;
  /** Of child sagas and their undos. */
  readonly children: readonly Machine[];
  readonly functions: readonly TaskFunction[];
  /** The machine that recovers executions which are stopped (S12), where there is one; it has alarms of its own beside. */
  readonly recovery: Machine | undefined;
  readonly table: aws.dynamodb.Table;
  readonly settings: Pick<Config, "alarmEmail" | "slowExecutionMinutes" | "workflowType">;
  readonly tags: Readonly<Record<string, string>>;
}

/** Makes alarms, the topic that they are sent to, and a dashboard. */
export function watch(name: string, watched: Watched, child: pulumi.CustomResourceOptions): aws.sns.Topic {
  const { saga, main, children, recovery, functions, table, settings, tags } = watched;
  const topic = alarmTopic(name, settings.alarmEmail, tags, child);
  const own = metricsOf(main);
  countOutcomes(name, watched, own, child);
  // Of others, Step Functions lists no executions; they end within five minutes.
  const sweeps = settings.workflowType === "STANDARD";
  const common = { topic, tags, child };

  alarm(`${name}-stuck`, common, {
    alarmDescription: `An execution of ${name} has ended neither completed nor compensated: mend the reason, and redrive it.`,
    ...sum(own, "Stuck", 60),
  });
  alarm(`${name}-slow`, common, {
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
      // It stays as it is until the next look.
      treatMissingData: "ignore",
    });
  }
  const others = [...children, ...(recovery ? [recovery] : [])];
  chunks([main, ...others], LIMITS.alarmMetrics).forEach((machines, at) =>
    alarm(at === 0 ? `${name}-throttled` : `${name}-throttled-${at + 1}`, common, {
      alarmDescription: `Step Functions holds executions of ${name} back: the account's quota of state transitions is used up.`,
      ...total(
        "Throttled",
        machines.map(({ stateMachine }) => ({
          namespace: "AWS/States",
          metricName: "ExecutionThrottled",
          dimensions: { StateMachineArn: stateMachine.arn },
        })),
      ),
      evaluationPeriods: 3,
    }),
  );
  alarm(`${name}-table-throttled`, common, {
    alarmDescription: `DynamoDB refuses calls of ${name}: the table's capacity is used up.`,
    ...total(
      "Throttled",
      ["ReadThrottleEvents", "WriteThrottleEvents"].map((metricName) => ({
        namespace: "AWS/DynamoDB",
        metricName,
        dimensions: { TableName: table.name },
      })),
    ),
    evaluationPeriods: 3,
  });
  const essential = mustSucceed(saga);
  for (const deployed of functions)
    functionAlarms(deployed, essential.has(deployed.task), { ...common, child: { parent: deployed } });

  dashboard(name, { own, sweeps, main, others, functions }, child);
  return topic;
}

/** Where alarms go. They name resources and say nothing of orders; so AWS's own encryption is enough. */
function alarmTopic(
  name: string,
  email: string,
  tags: Readonly<Record<string, string>>,
  child: pulumi.CustomResourceOptions,
): aws.sns.Topic {
  const topic = new aws.sns.Topic(`${name}-alarms`, { tags }, child);
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
    child,
  );
  if (email !== "none") {
    new aws.sns.TopicSubscription(`${name}-alarms`, { topic: topic.arn, protocol: "email", endpoint: email }, child);
  }
  return topic;
}

/**
 * Counts the outcomes that Step Functions' own metrics mix up: to them, an execution that was compensated has failed
 * like any other (S6). The log's `ExecutionFailed` has the error at every level, and without execution data too.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/cloudwatch-log-level.html
 * @param namespace Of the metrics `Compensated` and `Stuck`.
 */
function countOutcomes(
  name: string,
  { main, children, recovery }: Watched,
  namespace: pulumi.Output<string>,
  child: pulumi.CustomResourceOptions,
): void {
  // One that is stopped waits for nobody where it is recovered; a child is stopped by its parent.
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
      child,
    );
  count(`${name}-compensated`, main.log, "Compensated", COMPENSATED);
  count(`${name}-stuck`, main.log, "Stuck", stuck);
  children.forEach(({ name: of, log }) => count(`${of}-stuck`, log, "Stuck", stuck));
}

const COMPENSATED = '{ ($.type = "ExecutionFailed") && ($.details.error = "SagaCompensated") }';
// What is not there, and what is null, differs from no text.
const FAILED =
  '($.type = "ExecutionFailed") && (($.details.error NOT EXISTS) || ($.details.error IS NULL) || ($.details.error != "SagaCompensated"))';
