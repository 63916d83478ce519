// Every resource of the order saga's program, with every property, without any config.
import type { Snapshot } from "./snapshot";

const MACHINE = "sfn.StateMachine OrderFulfilment";
export const TAGS = { project: "saga-aws-pulumi", stack: "local" };

interface Expected {
  /** Its actions on the table. */
  readonly actions: readonly string[];
  /** Whether its errors may make an execution stuck. */
  readonly undo: boolean;
}

export const FUNCTIONS: Readonly<Record<string, Expected>> = {
  createOrder: { actions: ["UpdateItem", "GetItem"], undo: false },
  deleteOrder: { actions: ["UpdateItem"], undo: true },
  processPayment: { actions: ["UpdateItem", "GetItem"], undo: false },
  refundPayment: { actions: ["UpdateItem"], undo: true },
  processShipment: { actions: ["UpdateItem", "GetItem"], undo: false },
  cancelShipment: { actions: ["UpdateItem"], undo: true },
};

const allowed = (Action: string[], Resource: string[]) => ({ Effect: "Allow", Action, Resource });
export const policy = (...Statement: unknown[]) => ({ Version: "2012-10-17", Statement });
const trusts = (Service: string) =>
  policy({ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: `${Service}.amazonaws.com` } });

/** An alarm, by default above 0 in one minute. */
const alarm = (alarmDescription: string, rest: object) => ({
  comparisonOperator: "GreaterThanThreshold",
  threshold: 0,
  evaluationPeriods: 1,
  treatMissingData: "notBreaching",
  alarmDescription,
  ...rest,
  alarmActions: ["<arn of sns.Topic OrderFulfilment-alarms>"],
  tags: TAGS,
});

/** The names of a task's resources contain the saga's name, since another saga may have the same task. */
export const nameOf = (task: string): string => `OrderFulfilment-${task}`;
/** The resources of a task. */
export const partOf = (task: string, part: string): string => `${task}-${part}-OrderFulfilment`;

const UNDOS = Object.keys(FUNCTIONS).filter((name) => FUNCTIONS[name]?.undo);

export const STUCK =
  '{ ($.type = "ExecutionFailed") && (($.details.error NOT EXISTS) || ($.details.error IS NULL) || ($.details.error != "SagaCompensated")) }';

function functionResources(task: string, { actions }: Expected): Snapshot {
  const name = nameOf(task);
  return {
    [`saga-aws-pulumi:index:TaskFunction ${name}`]: {},
    [`cloudwatch.LogGroup ${name}`]: { namePrefix: `/aws/lambda/${name}-`, retentionInDays: 30, tags: TAGS },
    [`iam.Role ${name}`]: { assumeRolePolicy: trusts("lambda"), tags: TAGS },
    [`iam.RolePolicy ${name}`]: {
      role: `<name of iam.Role ${name}>`,
      policy: policy(
        allowed(
          actions.map((action) => `dynamodb:${action}`),
          ["<arn of dynamodb.Table orders>"],
        ),
        allowed(["logs:CreateLogStream", "logs:PutLogEvents"], [`<arn of cloudwatch.LogGroup ${name}>:*`]),
        allowed(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], ["*"]),
      ),
    },
    [`lambda.Function ${name}`]: {
      architectures: ["arm64"],
      environment: { variables: { TABLE_NAME: "<name of dynamodb.Table orders>" } },
      handler: "__index.handler",
      loggingConfig: { logFormat: "Text", logGroup: `<name of cloudwatch.LogGroup ${name}>` },
      memorySize: 256,
      publish: true,
      role: `<arn of iam.Role ${name}>`,
      runtime: "nodejs22.x",
      tags: { ...TAGS, task },
      timeout: 25,
      tracingConfig: { mode: "Active" },
    },
  };
}

/** The alarms of a function if all alarms are on. */
function functionAlarms(task: string, { undo }: Expected): Snapshot {
  const name = nameOf(task);
  const dimensions = { FunctionName: `<name of lambda.Function ${name}>` };
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
  const errors = undo
    ? {
        [`cloudwatch.MetricAlarm ${partOf(task, "errors")}`]: alarm(
          `${task} fails, and must succeed in the end: executions that use up its retries are stuck.`,
          { namespace: "AWS/Lambda", metricName: "Errors", statistic: "Sum", period: 300, dimensions },
        ),
      }
    : {
        [`cloudwatch.MetricAlarm ${partOf(task, "errors")}`]: alarm(
          `${task} fails in most of its calls, for a quarter of an hour: more than refusals, most likely.`,
          { ...share("100 * errors / calls", 300), evaluationPeriods: 3 },
        ),
        [`cloudwatch.MetricAlarm ${partOf(task, "hourly-errors")}`]: alarm(
          `${task} fails in most of its calls, for an hour, and has had 3 or more: more than refusals, most likely.`,
          share("IF(calls >= 3, 100 * errors / calls, 0)", 3600),
        ),
      };
  return {
    [`cloudwatch.MetricAlarm ${partOf(task, "throttled")}`]: alarm(
      `Lambda refuses calls of ${task}: its concurrency, or the account's, is used up.`,
      {
        namespace: "AWS/Lambda",
        metricName: "Throttles",
        statistic: "Sum",
        period: 60,
        dimensions,
        evaluationPeriods: 3,
      },
    ),
    ...errors,
  };
}

function machineResources(name: string, functions: readonly string[]): Snapshot {
  return {
    [`cloudwatch.LogGroup ${name}`]: {
      namePrefix: `/aws/vendedlogs/states/${name}-`,
      retentionInDays: 30,
      tags: TAGS,
    },
    [`iam.Role ${name}`]: { assumeRolePolicy: trusts("states"), tags: TAGS },
    [`iam.RolePolicy ${name}`]: {
      role: `<name of iam.Role ${name}>`,
      policy: policy(
        allowed(
          ["events:PutTargets", "events:PutRule", "events:DescribeRule"],
          ["arn:aws:events:eu-west-1:000000000000:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"],
        ),
        allowed(
          [
            "logs:CreateLogDelivery",
            "logs:GetLogDelivery",
            "logs:UpdateLogDelivery",
            "logs:DeleteLogDelivery",
            "logs:ListLogDeliveries",
            "logs:PutResourcePolicy",
            "logs:DescribeResourcePolicies",
            "logs:DescribeLogGroups",
          ],
          ["*"],
        ),
        allowed(
          ["xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets"],
          ["*"],
        ),
        allowed(
          ["lambda:InvokeFunction"],
          functions.map((each) => `<arn of lambda.Function ${nameOf(each)}>:*`),
        ),
      ),
    },
    [`sfn.StateMachine ${name}`]: {
      type: "STANDARD",
      publish: true,
      roleArn: `<arn of iam.Role ${name}>`,
      loggingConfiguration: {
        level: "ALL",
        includeExecutionData: false,
        logDestination: `<arn of cloudwatch.LogGroup ${name}>:*`,
      },
      tracingConfiguration: { enabled: true },
      encryptionConfiguration: { type: "AWS_OWNED_KEY" },
      tags: TAGS,
    },
  };
}

/** An alarm on a sum of metrics, by default over a minute. */
const total = (label: string, metrics: readonly object[], period = 60) => ({
  metricQueries: [
    { id: "total", expression: "SUM(METRICS())", label, returnData: true },
    ...metrics.map((metric, at) => ({ id: `m${at}`, metric: { ...metric, period, stat: "Sum" } })),
  ],
});

const machineDimension = { StateMachineArn: `<arn of ${MACHINE}>` };
const ofTable = (metricName: string) => ({
  namespace: "AWS/DynamoDB",
  metricName,
  dimensions: { TableName: "<name of dynamodb.Table orders>" },
});

const ofFunction = (metricName: string) => (task: string) => ({
  namespace: "AWS/Lambda",
  metricName,
  dimensions: { FunctionName: `<name of lambda.Function ${nameOf(task)}>` },
});
const TABLE_THROTTLES = ["ReadThrottleEvents", "WriteThrottleEvents"].map(ofTable);

export const throttled = (machines: readonly string[]) =>
  total("Throttled", [
    ...machines.map((machine) => ({
      namespace: "AWS/States",
      metricName: "ExecutionThrottled",
      dimensions: { StateMachineArn: `<arn of ${machine}>` },
    })),
    ...Object.keys(FUNCTIONS).map(ofFunction("Throttles")),
    ...TABLE_THROTTLES,
  ]);

const watching: Snapshot = {
  "sns.Topic OrderFulfilment-alarms": { tags: TAGS },
  "sns.TopicPolicy OrderFulfilment-alarms": {
    arn: "<arn of sns.Topic OrderFulfilment-alarms>",
    policy: policy({
      Effect: "Allow",
      Principal: { Service: "cloudwatch.amazonaws.com" },
      Action: "sns:Publish",
      Resource: "<arn of sns.Topic OrderFulfilment-alarms>",
      Condition: { StringEquals: { "aws:SourceAccount": "000000000000" } },
    }),
  },
  "cloudwatch.LogMetricFilter OrderFulfilment-compensated": {
    logGroupName: "<name of cloudwatch.LogGroup OrderFulfilment>",
    pattern: '{ ($.type = "ExecutionFailed") && ($.details.error = "SagaCompensated") }',
    metricTransformation: { namespace: `Sagas/<name of ${MACHINE}>`, name: "Compensated", value: "1", unit: "Count" },
  },
  "cloudwatch.LogMetricFilter OrderFulfilment-stuck": {
    logGroupName: "<name of cloudwatch.LogGroup OrderFulfilment>",
    pattern: STUCK,
    metricTransformation: { namespace: `Sagas/<name of ${MACHINE}>`, name: "Stuck", value: "1", unit: "Count" },
  },
  "cloudwatch.MetricAlarm OrderFulfilment-stuck": alarm(
    "An execution of OrderFulfilment has ended neither completed nor compensated: mend the reason, and redrive it.",
    { namespace: `Sagas/<name of ${MACHINE}>`, metricName: "Stuck", statistic: "Sum", period: 60 },
  ),
  "cloudwatch.MetricAlarm OrderFulfilment-old": alarm(
    "An execution of OrderFulfilment has been running for more than 60 minutes.",
    {
      namespace: `Sagas/<name of ${MACHINE}>`,
      metricName: "OldestRunning",
      statistic: "Maximum",
      period: 300,
      threshold: 3600,
      treatMissingData: "ignore",
    },
  ),
  "cloudwatch.MetricAlarm OrderFulfilment-throttled": alarm(
    "AWS holds OrderFulfilment back: a quota of state transitions, the concurrency of Lambda or a table's capacity is used up.",
    {
      ...throttled([MACHINE, `${MACHINE}_undo`]),
      evaluationPeriods: 3,
    },
  ),
  "cloudwatch.MetricAlarm OrderFulfilment-undo-failing": alarm(
    "An undo of OrderFulfilment, or a step after its pivot, fails: executions that use up its retries are stuck.",
    total("Calls that fail", UNDOS.map(ofFunction("Errors")), 300),
  ),
  "cloudwatch.Dashboard OrderFulfilment": {
    dashboardName: `<name of ${MACHINE}>`,
    dashboardBody: { widgets: widgets() },
  },
};

export function widgets(recovers = true) {
  const of = (metric: string, options: object, machine = MACHINE) => [
    "AWS/States",
    metric,
    "StateMachineArn",
    `<arn of ${machine}>`,
    options,
  ];
  const ofUndo = (metric: string) =>
    recovers ? [of(metric, { label: "OrderFulfilment_undo" }, `${MACHINE}_undo`)] : [];
  const ofFunctions = (metric: string) =>
    Object.keys(FUNCTIONS).map((task) => [
      "AWS/Lambda",
      metric,
      "FunctionName",
      `<name of lambda.Function ${nameOf(task)}>`,
      { label: task },
    ]);
  const graphs: readonly (readonly [title: string, stat: string, metrics: readonly unknown[]])[] = [
    [
      "Executions",
      "Sum",
      [
        of("ExecutionsStarted", { label: "started" }),
        of("ExecutionsSucceeded", { label: "completed" }),
        [`Sagas/<name of ${MACHINE}>`, "Compensated", { label: "compensated" }],
        [`Sagas/<name of ${MACHINE}>`, "Stuck", { label: "stuck" }],
      ],
    ],
    [
      "How long an execution takes, in ms: the median, and the longest",
      "p50",
      [of("ExecutionTime", { label: "median" }), of("ExecutionTime", { label: "longest", stat: "Maximum" })],
    ],
    [
      "The age of the oldest execution that runs, in s",
      "Maximum",
      [[`Sagas/<name of ${MACHINE}>`, "OldestRunning", { label: "oldest" }]],
    ],
    ["How long the call of a step takes, in ms (p95)", "p95", [...ofFunctions("Duration"), ...ofUndo("ExecutionTime")]],
    ["Calls that fail, refusals among them", "Sum", [...ofFunctions("Errors"), ...ofUndo("ExecutionsFailed")]],
    ["Calls that are throttled", "Sum", ofFunctions("Throttles")],
    [
      "State transitions that are throttled",
      "Sum",
      [of("ExecutionThrottled", { label: "OrderFulfilment" }), ...ofUndo("ExecutionThrottled")],
    ],
  ];
  return graphs.map(([title, stat, metrics], at) => ({
    type: "metric",
    x: at % 2 === 0 ? 0 : 12,
    y: [0, 0, 6, 6, 12, 12, 18][at],
    width: 12,
    height: 6,
    properties: { title, region: "eu-west-1", view: "timeSeries", period: 300, stat, metrics },
  }));
}

const RECOVER = "OrderFulfilment_recover";

/** The resources of the recovery (S12). */
export const RECOVERY: Snapshot = {
  ...machineResources("OrderFulfilment_undo", UNDOS),
  [`saga-aws-pulumi:index:SagaRecovery ${RECOVER}`]: {},
  [`sqs.Queue ${RECOVER}`]: { messageRetentionSeconds: 1_209_600, sqsManagedSseEnabled: true, tags: TAGS },
  [`sqs.QueuePolicy ${RECOVER}`]: {
    queueUrl: `<name of sqs.Queue ${RECOVER}>`,
    policy: policy({
      Effect: "Allow",
      Action: "sqs:SendMessage",
      Principal: { Service: "events.amazonaws.com" },
      Resource: `<arn of sqs.Queue ${RECOVER}>`,
      Condition: { ArnEquals: { "aws:SourceArn": `<arn of cloudwatch.EventRule ${RECOVER}>` } },
    }),
  },
  [`cloudwatch.LogGroup ${RECOVER}`]: { namePrefix: `/aws/lambda/${RECOVER}-`, retentionInDays: 30, tags: TAGS },
  [`iam.Role ${RECOVER}`]: { assumeRolePolicy: trusts("lambda"), tags: TAGS },
  [`iam.RolePolicy ${RECOVER}`]: {
    role: `<name of iam.Role ${RECOVER}>`,
    policy: policy(
      allowed(
        [
          "states:DescribeExecution",
          "states:DescribeStateMachineForExecution",
          "states:GetExecutionHistory",
          "states:RedriveExecution",
        ],
        [`arn:aws:states:eu-west-1:000000000000:execution:<name of ${MACHINE}>:*`],
      ),
      allowed(["states:DescribeStateMachine"], [`<arn of ${MACHINE}>`]),
      allowed(["states:StartExecution"], [`<arn of ${MACHINE}_undo>`]),
      allowed(["sqs:SendMessage"], [`<arn of sqs.Queue ${RECOVER}>`]),
      allowed(["logs:CreateLogStream", "logs:PutLogEvents"], [`<arn of cloudwatch.LogGroup ${RECOVER}>:*`]),
      allowed(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], ["*"]),
    ),
  },
  [`lambda.Function ${RECOVER}`]: {
    architectures: ["arm64"],
    handler: "__index.handler",
    loggingConfig: { logFormat: "Text", logGroup: `<name of cloudwatch.LogGroup ${RECOVER}>` },
    memorySize: 256,
    role: `<arn of iam.Role ${RECOVER}>`,
    runtime: "nodejs22.x",
    tags: TAGS,
    timeout: 120,
    tracingConfig: { mode: "Active" },
  },
  [`lambda.FunctionEventInvokeConfig ${RECOVER}`]: {
    functionName: `<name of lambda.Function ${RECOVER}>`,
    maximumRetryAttempts: 2,
    maximumEventAgeInSeconds: 21_600,
    destinationConfig: { onFailure: { destination: `<arn of sqs.Queue ${RECOVER}>` } },
  },
  [`lambda.Permission ${RECOVER}`]: {
    action: "lambda:InvokeFunction",
    function: `<name of lambda.Function ${RECOVER}>`,
    principal: "events.amazonaws.com",
    sourceArn: `<arn of cloudwatch.EventRule ${RECOVER}>`,
  },
  [`cloudwatch.EventRule ${RECOVER}`]: {
    description: "Executions of OrderFulfilment that ended without their undos",
    eventPattern: {
      source: ["aws.states"],
      "detail-type": ["Step Functions Execution Status Change"],
      detail: {
        stateMachineArn: [`<arn of ${MACHINE}>`, { prefix: `<arn of ${MACHINE}>:` }],
        status: ["ABORTED", "TIMED_OUT", "FAILED"],
        $or: [{ error: [null, { "anything-but": ["SagaCompensated"] }] }, { error: [{ exists: false }] }],
      },
    },
    tags: TAGS,
  },
  [`cloudwatch.EventTarget ${RECOVER}`]: {
    rule: `<name of cloudwatch.EventRule ${RECOVER}>`,
    arn: `<arn of lambda.Function ${RECOVER}>`,
    inputTransformer: {
      inputPaths: { executionArn: "$.detail.executionArn", stopDate: "$.detail.stopDate" },
      inputTemplate: '{"executionArn": <executionArn>, "stopDate": <stopDate>}',
    },
    retryPolicy: { maximumEventAgeInSeconds: 86_400, maximumRetryAttempts: 185 },
    deadLetterConfig: { arn: `<arn of sqs.Queue ${RECOVER}>` },
  },
  [`cloudwatch.MetricAlarm ${RECOVER}-lost`]: alarm(
    "An execution was stopped and could not be recovered: the queue says which, and why.",
    {
      namespace: "AWS/SQS",
      metricName: "ApproximateNumberOfMessagesVisible",
      dimensions: { QueueName: `<name of sqs.Queue ${RECOVER}>` },
      statistic: "Maximum",
      period: 60,
      treatMissingData: "ignore",
    },
  ),
  [`cloudwatch.MetricAlarm ${RECOVER}-stuck`]: alarm(
    "The recovery of an execution is stuck in an undo: mend the reason, and redrive the recovery.",
    total(
      "Recoveries that did not succeed",
      ["ExecutionsFailed", "ExecutionsAborted", "ExecutionsTimedOut"].map((metricName) => ({
        namespace: "AWS/States",
        metricName,
        dimensions: { StateMachineArn: `<arn of ${MACHINE}_undo>` },
      })),
    ),
  ),
};

const SWEEP = "OrderFulfilment_sweep";
const once = { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 300 };

/** The resources of the sweep. */
const sweeping: Snapshot = {
  [`saga-aws-pulumi:index:SagaSweep ${SWEEP}`]: {},
  [`cloudwatch.LogGroup ${SWEEP}`]: { namePrefix: `/aws/lambda/${SWEEP}-`, retentionInDays: 30, tags: TAGS },
  [`cloudwatch.LogMetricFilter ${SWEEP}`]: {
    logGroupName: `<name of cloudwatch.LogGroup ${SWEEP}>`,
    pattern: "{ $.oldestRunning = * }",
    metricTransformation: {
      namespace: `Sagas/<name of ${MACHINE}>`,
      name: "OldestRunning",
      value: "$.oldestRunning",
      unit: "Seconds",
    },
  },
  [`iam.Role ${SWEEP}`]: { assumeRolePolicy: trusts("lambda"), tags: TAGS },
  [`iam.RolePolicy ${SWEEP}`]: {
    role: `<name of iam.Role ${SWEEP}>`,
    policy: policy(
      allowed(["states:ListExecutions"], [`<arn of ${MACHINE}>`, `<arn of ${MACHINE}_undo>`]),
      allowed(["lambda:InvokeFunction"], [`<arn of lambda.Function ${RECOVER}>`]),
      allowed(["logs:CreateLogStream", "logs:PutLogEvents"], [`<arn of cloudwatch.LogGroup ${SWEEP}>:*`]),
      allowed(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], ["*"]),
    ),
  },
  [`lambda.Function ${SWEEP}`]: {
    architectures: ["arm64"],
    handler: "__index.handler",
    loggingConfig: { logFormat: "Text", logGroup: `<name of cloudwatch.LogGroup ${SWEEP}>` },
    memorySize: 256,
    role: `<arn of iam.Role ${SWEEP}>`,
    runtime: "nodejs22.x",
    tags: TAGS,
    timeout: 240,
    tracingConfig: { mode: "Active" },
  },
  [`lambda.FunctionEventInvokeConfig ${SWEEP}`]: { functionName: `<name of lambda.Function ${SWEEP}>`, ...once },
  [`lambda.Permission ${SWEEP}`]: {
    action: "lambda:InvokeFunction",
    function: `<name of lambda.Function ${SWEEP}>`,
    principal: "events.amazonaws.com",
    sourceArn: `<arn of cloudwatch.EventRule ${SWEEP}>`,
  },
  [`cloudwatch.EventRule ${SWEEP}`]: {
    description: "A look at the executions of OrderFulfilment",
    scheduleExpression: "rate(5 minutes)",
    tags: TAGS,
  },
  [`cloudwatch.EventTarget ${SWEEP}`]: {
    rule: `<name of cloudwatch.EventRule ${SWEEP}>`,
    arn: `<arn of lambda.Function ${SWEEP}>`,
    input: {
      machineArn: `<arn of ${MACHINE}>`,
      recovery: { machineArn: `<arn of ${MACHINE}_undo>`, functionArn: `<arn of lambda.Function ${RECOVER}>` },
    },
    retryPolicy: once,
  },
  [`cloudwatch.MetricAlarm ${SWEEP}-failing`]: alarm(
    "For a quarter of an hour nobody has looked at all executions of OrderFulfilment: the function's log says why.",
    {
      namespace: "AWS/Lambda",
      metricName: "Errors",
      dimensions: { FunctionName: `<name of lambda.Function ${SWEEP}>` },
      statistic: "Sum",
      period: 300,
      evaluationPeriods: 3,
      treatMissingData: "missing",
      insufficientDataActions: ["<arn of sns.Topic OrderFulfilment-alarms>"],
    },
  ),
};

/** All properties, except for the code of functions and the definition of the machine, which have their own tests. */
export const EXPECTED: Snapshot = {
  "dynamodb.Table orders": {
    billingMode: "PAY_PER_REQUEST",
    hashKey: "order_id",
    rangeKey: "entity",
    attributes: [
      { name: "order_id", type: "S" },
      { name: "entity", type: "S" },
    ],
    ttl: { attributeName: "expires_at", enabled: true },
    pointInTimeRecovery: { enabled: true },
    deletionProtectionEnabled: true,
    serverSideEncryption: { enabled: false },
    tags: TAGS,
  },
  "saga-aws-pulumi:index:SagaStateMachine OrderFulfilment": {},
  ...Object.assign({}, ...Object.entries(FUNCTIONS).map(([name, each]) => functionResources(name, each))),
  ...machineResources("OrderFulfilment", Object.keys(FUNCTIONS)),
  "sfn.Alias OrderFulfilment-STANDARD": {
    name: "live",
    routingConfigurations: [{ stateMachineVersionArn: `<version of ${MACHINE}>`, weight: 100 }],
  },
  ...watching,
  ...RECOVERY,
  ...sweeping,
};

/** The alarms that exist only if all are requested. */
export const DETAILS: Snapshot = {
  "cloudwatch.MetricAlarm OrderFulfilment-slow": alarm(
    "An execution of OrderFulfilment has taken more than 60 minutes.",
    {
      namespace: "AWS/States",
      metricName: "ExecutionTime",
      statistic: "Maximum",
      period: 60,
      dimensions: machineDimension,
      threshold: 3_600_000,
    },
  ),
  "cloudwatch.MetricAlarm OrderFulfilment-table-throttled": alarm(
    "DynamoDB refuses calls of OrderFulfilment: the capacity of a table is used up.",
    { ...total("Throttled", TABLE_THROTTLES), evaluationPeriods: 3 },
  ),
  ...Object.assign({}, ...Object.entries(FUNCTIONS).map(([name, each]) => functionAlarms(name, each))),
};
