import * as aws from "./aws";
import * as pulumi from "@pulumi/pulumi";
import { complete, type Config } from "./config";

/** An omitted setting has the default of the config key with the same name. */
export interface SagaTableArgs extends Partial<
  Pick<Config, "deletionProtection" | "tableBilling" | "tableMinUnits" | "tableMaxUnits">
> {
  /** The partition key: the name of an attribute of type string. */
  readonly hashKey: string;
  /** The sort key: the name of an attribute of type string. Default: the table has no sort key. */
  readonly rangeKey?: string;
  /** The attribute with the time at which DynamoDB deletes an item. Default `expires_at`, to which the store writes it. */
  readonly ttlAttribute?: string;
  /** The ARN of the customer managed key that encrypts the table. Default: DynamoDB's own key. */
  readonly kmsKeyArn?: pulumi.Output<string> | undefined;
  readonly tags?: Readonly<Record<string, string>>;
}

/**
 * A DynamoDB table for a saga's tasks, with keys of your own. It has deletion protection, point-in-time recovery and
 * encryption.
 * @throws RunError for settings that contradict each other
 *
 * @example
 * const table = sagaTable("bookings", { hashKey: "booking_id", rangeKey: "entity" });
 */
export function sagaTable(name: string, args: SagaTableArgs, opts?: pulumi.CustomResourceOptions): aws.dynamodb.Table {
  const { hashKey, rangeKey, ttlAttribute = "expires_at", kmsKeyArn, tags = {}, ...given } = args;
  const { deletionProtection, tableBilling, tableMinUnits, tableMaxUnits } = complete(name, given);
  const scaled = tableBilling === "provisioned";
  const table = new aws.dynamodb.Table(
    name,
    {
      ...(scaled
        ? { billingMode: "PROVISIONED", readCapacity: tableMinUnits, writeCapacity: tableMinUnits }
        : { billingMode: "PAY_PER_REQUEST" }),
      // Only -1 removes a maximum: if it is left out, the old one stays. DynamoDB refuses -1 for a new table. It returns none
      // for a table without a maximum, so -1 is only for the deploy that removes it.
      ...(!scaled &&
        tableMaxUnits !== 0 && {
          onDemandThroughput: { maxReadRequestUnits: tableMaxUnits, maxWriteRequestUnits: tableMaxUnits },
        }),
      hashKey,
      ...(rangeKey !== undefined && { rangeKey }),
      attributes: [hashKey, ...(rangeKey === undefined ? [] : [rangeKey])].map((name) => ({ name, type: "S" })),
      ttl: { attributeName: ttlAttribute, enabled: true },
      pointInTimeRecovery: { enabled: true },
      deletionProtectionEnabled: deletionProtection,
      // If it is not enabled, DynamoDB uses its own key. If it were left out, the table would keep its current key.
      serverSideEncryption: kmsKeyArn ? { enabled: true, kmsKeyArn } : { enabled: false },
      tags,
    },
    // Auto scaling changes these. A deploy must not change them back.
    pulumi.mergeOptions(opts, scaled ? { ignoreChanges: ["readCapacity", "writeCapacity"] } : {}),
  );
  if (scaled) {
    const bounds = { minCapacity: tableMinUnits, maxCapacity: tableMaxUnits, tags };
    // A table that was on demand has one unit of each, so both targets raise it at once. DynamoDB and auto scaling accept only
    // one change at a time: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
    const read = scale(name, table, { ...bounds, kind: "Read", dependsOn: [] });
    scale(name, table, { ...bounds, kind: "Write", dependsOn: [read] });
  }
  return table;
}

interface Scaling {
  readonly kind: "Read" | "Write";
  readonly minCapacity: number;
  readonly maxCapacity: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly dependsOn: readonly pulumi.Resource[];
}

/** Keeps a table at 70 % of its capacity. */
function scale(name: string, table: aws.dynamodb.Table, { kind, dependsOn, ...bounds }: Scaling): pulumi.Resource {
  const { resourceId, scalableDimension, serviceNamespace } = new aws.appautoscaling.Target(
    `${name}-${kind.toLowerCase()}`,
    {
      ...bounds,
      resourceId: pulumi.interpolate`table/${table.name}`,
      scalableDimension: `dynamodb:table:${kind}CapacityUnits`,
      serviceNamespace: "dynamodb",
    },
    { parent: table, dependsOn: [...dependsOn] },
  );
  return new aws.appautoscaling.Policy(
    `${name}-${kind.toLowerCase()}`,
    {
      policyType: "TargetTrackingScaling",
      resourceId,
      scalableDimension,
      serviceNamespace,
      targetTrackingScalingPolicyConfiguration: {
        predefinedMetricSpecification: { predefinedMetricType: `DynamoDB${kind}CapacityUtilization` },
        targetValue: 70,
      },
    },
    { parent: table },
  );
}
