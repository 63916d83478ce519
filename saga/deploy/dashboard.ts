import * as aws from "./aws";
import * as pulumi from "@pulumi/pulumi";
import type { Machine } from "./machine";
import { OLDEST_RUNNING } from "./metrics";
import { placeOf } from "./policy";
import type { TaskFunction } from "./task-function";

type Metric = readonly [namespace: pulumi.Input<string>, name: string, ...rest: readonly unknown[]];

/** A dashboard of outcomes, durations of executions and functions, and failures. */
export function dashboard(
  name: string,
  from: {
    /** The namespace of the metrics from logs. */
    readonly own: pulumi.Output<string>;
    /** Whether there is a metric for the oldest running execution. */
    readonly sweeps: boolean;
    readonly main: Machine;
    /** The machines that it starts, and the one that recovers it. */
    readonly others: readonly Machine[];
    readonly functions: readonly TaskFunction[];
  },
  opts: pulumi.CustomResourceOptions,
): aws.cloudwatch.Dashboard {
  const { own, sweeps, main, others, functions } = from;
  const machineArn = main.stateMachine.arn;
  const region = machineArn.apply((arn) => placeOf(arn).region);
  const ofMachine = (metric: string, label: string, arn = machineArn): Metric => [
    "AWS/States",
    metric,
    "StateMachineArn",
    arn,
    { label },
  ];
  const ofOthers = (metric: string): readonly Metric[] =>
    others.map((other) => ofMachine(metric, other.name, other.stateMachine.arn));
  const ofFunctions = (metric: string): readonly Metric[] =>
    functions.map(({ task, physicalName }) => [
      "AWS/Lambda",
      metric,
      "FunctionName",
      physicalName,
      { label: task.name },
    ]);
  const widgets = [
    graph("Executions", "Sum", [
      ofMachine("ExecutionsStarted", "started"),
      ofMachine("ExecutionsSucceeded", "completed"),
      [own, "Compensated", { label: "compensated" }],
      [own, "Stuck", { label: "stuck" }],
    ]),
    graph("How long an execution takes, in ms: the median, and the longest", "p50", [
      ofMachine("ExecutionTime", "median"),
      [...ofMachine("ExecutionTime", "").slice(0, 4), { label: "longest", stat: "Maximum" }] as unknown as Metric,
    ]),
    ...(sweeps
      ? [
          graph("The age of the oldest execution that runs, in s", "Maximum", [
            [own, OLDEST_RUNNING, { label: "oldest" }],
          ]),
        ]
      : []),
    graph("How long the call of a step takes, in ms (p95)", "p95", [
      ...ofFunctions("Duration"),
      ...ofOthers("ExecutionTime"),
    ]),
    graph("Calls that fail, refusals among them", "Sum", [...ofFunctions("Errors"), ...ofOthers("ExecutionsFailed")]),
    graph("Calls that are throttled", "Sum", ofFunctions("Throttles")),
    graph("State transitions that are throttled", "Sum", [
      ofMachine("ExecutionThrottled", main.name),
      ...ofOthers("ExecutionThrottled"),
    ]),
    // A saga that only calls services has no functions.
  ].filter(({ metrics }) => metrics.length > 0);
  const dashboardBody = pulumi.jsonStringify({
    widgets: widgets.map(({ title, stat, metrics }, at) => ({
      type: "metric",
      x: (at % 2) * 12,
      y: Math.floor(at / 2) * 6,
      width: 12,
      height: 6,
      properties: { title, region, view: "timeSeries", period: 300, stat, metrics },
    })),
  });
  return new aws.cloudwatch.Dashboard(
    name,
    { dashboardName: pulumi.interpolate`${main.stateMachine.name}`, dashboardBody },
    opts,
  );
}

const graph = (title: string, stat: string, metrics: readonly Metric[]) => ({ title, stat, metrics });
