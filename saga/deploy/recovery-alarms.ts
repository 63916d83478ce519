import type * as aws from "./aws";
import type * as pulumi from "@pulumi/pulumi";
import { alarm, type Common, total } from "./alarms";

export interface RecoveryAlarmsArgs {
  readonly queue: aws.sqs.Queue;
  readonly recoveryMachineArn: pulumi.Output<string>;
}

/** Two alarms: a recovery could not begin, and a recovery has not succeeded. */
export function recoveryAlarms(name: string, { queue, recoveryMachineArn }: RecoveryAlarmsArgs, common: Common): void {
  alarm(`${name}-lost`, common, {
    alarmDescription: "An execution was stopped and could not be recovered: the queue says which, and why.",
    namespace: "AWS/SQS",
    metricName: "ApproximateNumberOfMessagesVisible",
    dimensions: { QueueName: queue.name },
    statistic: "Maximum",
    period: 60,
    // An idle queue stops sending data after a while, which does not mean that it is empty.
    treatMissingData: "ignore",
  });
  alarm(`${name}-stuck`, common, {
    alarmDescription: "The recovery of an execution is stuck in an undo: mend the reason, and redrive the recovery.",
    ...total(
      "Recoveries that did not succeed",
      ["ExecutionsFailed", "ExecutionsAborted", "ExecutionsTimedOut"].map((metricName) => ({
        namespace: "AWS/States",
        metricName,
        dimensions: { StateMachineArn: recoveryMachineArn },
      })),
    ),
  });
}
