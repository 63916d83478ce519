import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";

/** The one table of a saga's tasks: an item per order and entity. Keys and TTL are those of `handlers/store.ts`. */
export function sagaTable(name: string, args: { deletionProtection: boolean }, opts?: pulumi.CustomResourceOptions) {
  return new aws.dynamodb.Table(
    name,
    {
      billingMode: "PAY_PER_REQUEST",
      hashKey: "order_id",
      rangeKey: "entity",
      attributes: [
        { name: "order_id", type: "S" },
        { name: "entity", type: "S" },
      ],
      ttl: { attributeName: "expires_at", enabled: true },
      pointInTimeRecovery: { enabled: true },
      deletionProtectionEnabled: args.deletionProtection,
    },
    opts,
  );
}
