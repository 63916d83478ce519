// Every key of the config with each other kind of value, and the exact changes.
import {
  DETAILS,
  EXPECTED,
  FUNCTIONS,
  nameOf,
  partOf,
  policy,
  RECOVERY,
  STUCK,
  TAGS,
  throttled,
  widgets,
} from "./expected";

const KEY = "arn:aws:kms:eu-west-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab";

type Differences = Readonly<Record<string, readonly [before: unknown, after: unknown]>>;

const names = [...Object.keys(FUNCTIONS).map(nameOf), "OrderFulfilment_recover", "OrderFulfilment_sweep"];
const machines = ["OrderFulfilment", "OrderFulfilment_undo"];
const eachFunction = (property: string, before: unknown, after: unknown): Differences =>
  Object.fromEntries(names.map((name) => [`lambda.Function ${name}.${property}`, [before, after]]));
const eachLog = (property: string, before: unknown, after: unknown): Differences =>
  Object.fromEntries(
    [...names, ...machines].map((name) => [`cloudwatch.LogGroup ${name}.${property}`, [before, after]]),
  );
const eachMachine = (property: string, before: unknown, after: unknown): Differences =>
  Object.fromEntries(machines.map((name) => [`sfn.StateMachine ${name}.${property}`, [before, after]]));
const MACHINE = "sfn.StateMachine OrderFulfilment";
const TABLE = "dynamodb.Table orders";
const { policy: swept } = EXPECTED["iam.RolePolicy OrderFulfilment_sweep"] as {
  policy: { Statement: readonly { readonly Action: readonly string[] }[] };
};
const { input } = EXPECTED["cloudwatch.EventTarget OrderFulfilment_sweep"] as { input: { recovery: unknown } };

export interface Variant {
  readonly config: Readonly<Record<string, string>>;
  /** Resources that no longer exist. */
  readonly gone?: readonly string[];
  readonly changes: Differences;
}

const encrypted = (key: string): Differences => ({
  // The policy does not mention the table, for which it would wait. A function may use the key before the table exists.
  ...Object.fromEntries(
    Object.keys(FUNCTIONS).map((task) => [
      `iam.RolePolicy ${partOf(task, "key")}`,
      [
        undefined,
        {
          role: `<name of iam.Role ${nameOf(task)}>`,
          policy: policy({
            Effect: "Allow",
            Action: ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"],
            Resource: [key],
            Condition: { StringEquals: { "kms:ViaService": "dynamodb.eu-west-1.amazonaws.com" } },
          }),
        },
      ],
    ]),
  ),
  ...eachLog("kmsKeyId", undefined, key),
  [`${TABLE}.serverSideEncryption.enabled`]: [false, true],
  [`${TABLE}.serverSideEncryption.kmsKeyArn`]: [undefined, key],
  ...eachMachine("encryptionConfiguration.type", "AWS_OWNED_KEY", "CUSTOMER_MANAGED_KMS_KEY"),
  ...eachMachine("encryptionConfiguration.kmsKeyId", undefined, key),
  ...eachMachine("encryptionConfiguration.kmsDataKeyReusePeriodSeconds", undefined, 300),
  ...Object.fromEntries(
    machines.map((name) => [
      `iam.RolePolicy ${name}-key`,
      [
        undefined,
        {
          role: `<name of iam.Role ${name}>`,
          policy: policy({
            Effect: "Allow",
            Action: ["kms:Decrypt", "kms:GenerateDataKey"],
            Resource: [key],
            Condition: {
              StringEquals: {
                "kms:EncryptionContext:aws:states:stateMachineArn": `<arn of sfn.StateMachine ${name}>`,
              },
            },
          }),
        },
      ],
    ]),
  ),
});

const forLog = [
  {
    Effect: "Allow",
    Action: ["kms:GenerateDataKey"],
    Condition: { StringEquals: { "kms:EncryptionContext:SourceArn": "arn:aws:logs:eu-west-1:000000000000:*" } },
  },
];

/** Each role's statements for a key, and their position in its policy. */
export const KEY_STATEMENTS: Readonly<Record<string, { readonly at: number; readonly added: readonly object[] }>> = {
  ...Object.fromEntries(machines.map((name) => [name, { at: 1, added: forLog }])),
  OrderFulfilment_recover: {
    at: 3,
    added: [
      {
        Effect: "Allow",
        Action: ["kms:Decrypt"],
        Condition: {
          StringEquals: {
            "kms:ViaService": "states.eu-west-1.amazonaws.com",
            "kms:EncryptionContext:aws:states:stateMachineArn": machines.map(
              (name) => `<arn of sfn.StateMachine ${name}>`,
            ),
          },
        },
      },
    ],
  },
};

const scaled = (kind: "Read" | "Write"): Differences => {
  const name = `orders-${kind.toLowerCase()}`;
  const target = {
    resourceId: `table/<name of ${TABLE}>`,
    scalableDimension: `dynamodb:table:${kind}CapacityUnits`,
    serviceNamespace: "dynamodb",
  };
  return {
    [`appautoscaling.Target ${name}`]: [undefined, { minCapacity: 5, maxCapacity: 50, tags: TAGS, ...target }],
    [`appautoscaling.Policy ${name}`]: [
      undefined,
      {
        policyType: "TargetTrackingScaling",
        ...target,
        targetTrackingScalingPolicyConfiguration: {
          predefinedMetricSpecification: { predefinedMetricType: `DynamoDB${kind}CapacityUtilization` },
          targetValue: 70,
        },
      },
    ],
  };
};

export const VARIANTS: readonly Variant[] = [
  {
    config: { deletionProtection: "false" },
    changes: { [`${TABLE}.deletionProtectionEnabled`]: [true, false] },
  },
  { config: { logRetentionDays: "7" }, changes: eachLog("retentionInDays", 30, 7) },
  { config: { logLevel: "ERROR" }, changes: eachMachine("loggingConfiguration.level", "ALL", "ERROR") },
  { config: { logLevel: "FATAL" }, changes: eachMachine("loggingConfiguration.level", "ALL", "FATAL") },
  {
    config: { logExecutionData: "true" },
    changes: eachMachine("loggingConfiguration.includeExecutionData", false, true),
  },
  {
    config: { alarmEmail: "sagas@example.com" },
    changes: {
      "sns.TopicSubscription OrderFulfilment-alarms": [
        undefined,
        {
          topic: "<arn of sns.Topic OrderFulfilment-alarms>",
          protocol: "email",
          endpoint: "sagas@example.com",
        },
      ],
    },
  },
  {
    config: { alarms: "all" },
    changes: Object.fromEntries(Object.entries(DETAILS).map(([name, inputs]) => [name, [undefined, inputs]])),
  },
  {
    config: { alarms: "none" },
    gone: Object.keys(EXPECTED).filter((name) => name.startsWith("cloudwatch.MetricAlarm ")),
    changes: {},
  },
  {
    config: { slowExecutionMinutes: "5" },
    changes: {
      "cloudwatch.MetricAlarm OrderFulfilment-old.threshold": [3600, 300],
      "cloudwatch.MetricAlarm OrderFulfilment-old.alarmDescription": [
        "An execution of OrderFulfilment has been running for more than 60 minutes.",
        "An execution of OrderFulfilment has been running for more than 5 minutes.",
      ],
    },
  },
  {
    config: { onAbort: "ignore" },
    gone: Object.keys(RECOVERY),
    changes: {
      "cloudwatch.LogMetricFilter OrderFulfilment-stuck.pattern": [
        STUCK,
        '{ (($.type = "ExecutionFailed") && (($.details.error NOT EXISTS) || ($.details.error IS NULL) || ($.details.error != "SagaCompensated"))) || ($.type = "ExecutionAborted") || ($.type = "ExecutionTimedOut") }',
      ],
      "iam.RolePolicy OrderFulfilment_sweep.policy.Statement": [
        swept.Statement,
        swept.Statement.flatMap((each) => {
          if (each.Action.includes("lambda:InvokeFunction")) return [];
          return each.Action.includes("states:ListExecutions") ? { ...each, Resource: [`<arn of ${MACHINE}>`] } : each;
        }),
      ],
      "cloudwatch.EventTarget OrderFulfilment_sweep.input.recovery": [input.recovery, undefined],
      "sfn.StateMachine OrderFulfilment.definition.Comment": [
        JSON.stringify({
          saga: "OrderFulfilment",
          undo: `<version of ${MACHINE}_undo>`,
          reads: ["input", "ProcessPayment", "ProcessShipment"],
        }),
        "Saga OrderFulfilment",
      ],
      "cloudwatch.MetricAlarm OrderFulfilment-throttled.metricQueries": [
        throttled([MACHINE, `${MACHINE}_undo`]).metricQueries,
        throttled([MACHINE]).metricQueries,
      ],
      ...Object.fromEntries(
        [3, 4, 6].map((at) => [
          `cloudwatch.Dashboard OrderFulfilment.dashboardBody.widgets.${at}.properties.metrics`,
          [widgets()[at]?.properties.metrics, widgets(false)[at]?.properties.metrics],
        ]),
      ),
    },
  },
  {
    config: { trafficPercent: "10", previousVersion: "7" },
    changes: {
      "sfn.Alias OrderFulfilment-STANDARD.routingConfigurations": [
        [{ stateMachineVersionArn: `<version of ${MACHINE}>`, weight: 100 }],
        [
          { stateMachineVersionArn: `<version of ${MACHINE}>`, weight: 10 },
          { stateMachineVersionArn: `<arn of ${MACHINE}>:7`, weight: 90 },
        ],
      ],
    },
  },
  {
    config: { trafficPercent: "0", previousVersion: "7" },
    changes: {
      "sfn.Alias OrderFulfilment-STANDARD.routingConfigurations.0.stateMachineVersionArn": [
        `<version of ${MACHINE}>`,
        `<arn of ${MACHINE}>:7`,
      ],
    },
  },
  { config: { functionMemory: "512" }, changes: eachFunction("memorySize", 256, 512) },
  { config: { functionArchitecture: "x86_64" }, changes: eachFunction("architectures.0", "arm64", "x86_64") },
  {
    config: { reservedConcurrency: "20" },
    // But of the sweep, of which nothing is called that must not wait.
    changes: Object.fromEntries(
      Object.entries(eachFunction("reservedConcurrentExecutions", undefined, 20)).filter(
        ([property]) => !property.includes("_sweep"),
      ),
    ),
  },
  {
    config: { tableMaxUnits: "100" },
    changes: { [`${TABLE}.onDemandThroughput`]: [undefined, { maxReadRequestUnits: 100, maxWriteRequestUnits: 100 }] },
  },
  {
    config: { tableMaxUnits: "-1" },
    changes: { [`${TABLE}.onDemandThroughput`]: [undefined, { maxReadRequestUnits: -1, maxWriteRequestUnits: -1 }] },
  },
  {
    config: { tableBilling: "provisioned", tableMinUnits: "5", tableMaxUnits: "50" },
    changes: {
      [`${TABLE}.billingMode`]: ["PAY_PER_REQUEST", "PROVISIONED"],
      [`${TABLE}.readCapacity`]: [undefined, 5],
      [`${TABLE}.writeCapacity`]: [undefined, 5],
      ...scaled("Read"),
      ...scaled("Write"),
    },
  },
  { config: { kmsKey: KEY }, changes: encrypted(KEY) },
  {
    config: { kmsKey: "create" },
    changes: {
      ...encrypted("<arn of kms.Key orders>"),
      "kms.Key orders": [
        undefined,
        {
          description: "Data of orders at rest",
          enableKeyRotation: true,
          deletionWindowInDays: 30,
          policy: {
            Version: "2012-10-17",
            Statement: [
              {
                Effect: "Allow",
                Principal: { AWS: "arn:aws:iam::000000000000:root" },
                Action: "kms:*",
                Resource: "*",
              },
              {
                Effect: "Allow",
                Principal: { Service: "logs.eu-west-1.amazonaws.com" },
                Action: ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
                Resource: "*",
                Condition: {
                  ArnLike: { "kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:eu-west-1:000000000000:log-group:*" },
                },
              },
              {
                Effect: "Allow",
                Principal: { Service: "delivery.logs.amazonaws.com" },
                Action: "kms:Decrypt",
                Resource: "*",
                Condition: {
                  StringEquals: { "kms:EncryptionContext:SourceArn": "arn:aws:logs:eu-west-1:000000000000:*" },
                },
              },
            ],
          },
          tags: TAGS,
        },
      ],
    },
  },
];
