import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";

export interface RecoveryAlarmsArgs {
  readonly queue: aws.sqs.Queue;
  readonly recoveryMachineArn: pulumi.Input<string>;
  /** What is told: ARNs, as of an SNS topic. */
  readonly alarmActions?: readonly pulumi.Input<string>[] | undefined;
}

/** Two alarms: an execution is not being recovered at all, and a recovery has not succeeded. */
export function recoveryAlarms(
  name: string,
  { queue, recoveryMachineArn, alarmActions = [] }: RecoveryAlarmsArgs,
  opts: pulumi.CustomResourceOptions,
): void {
  const common = {
    comparisonOperator: "GreaterThanThreshold",
    threshold: 0,
    evaluationPeriods: 1,
    alarmActions: [...alarmActions],
  };
  new aws.cloudwatch.MetricAlarm(
    `${name}_lost`,
    {
      ...common,
      alarmDescription: "An execution was stopped and could not be recovered: the queue says which, and why",
      namespace: "AWS/SQS",
      metricName: "ApproximateNumberOfMessagesVisible",
      dimensions: { QueueName: queue.name },
      statistic: "Maximum",
      period: 60,
      // A queue that nobody touches has no data after a while; that mends nothing.
      treatMissingData: "ignore",
    },
    opts,
  );
  const ends = ["ExecutionsFailed", "ExecutionsAborted", "ExecutionsTimedOut"];
  new aws.cloudwatch.MetricAlarm(
    `${name}_stuck`,
    {
      ...common,
      alarmDescription: "The recovery of an execution is stuck in an undo: mend the reason, and redrive the recovery",
      metricQueries: [
        { id: "ended", expression: "SUM(METRICS())", label: "Recoveries that did not succeed", returnData: true },
        ...ends.map((metricName, index) => ({
          id: `m${index}`,
          metric: {
            namespace: "AWS/States",
            metricName,
            dimensions: { StateMachineArn: recoveryMachineArn },
            period: 60,
            stat: "Sum",
          },
        })),
      ],
      treatMissingData: "notBreaching",
    },
    opts,
  );
}
