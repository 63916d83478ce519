import { isDeepStrictEqual } from "node:util";
import type { Inputs } from "./storage";

const TABLE = "aws:dynamodb/table:Table";
const MEMBERS = ["maxReadRequestUnits", "maxWriteRequestUnits"] as const;
type Throughput = Readonly<Partial<Record<(typeof MEMBERS)[number], number>>>;
/** What the provider puts into one request, beside the maximum. What else a table has is sent by requests of its own. */
const IN_ONE_REQUEST = ["billingMode", "readCapacity", "writeCapacity", "deletionProtectionEnabled"];

/**
 * The inputs as AWS keeps them. A table's maximum on demand is not what it was given last: what an update leaves out stays
 * as it was, -1 lifts it, and a provisioned table has none. Where there is none, DynamoDB tells none, and so the provider
 * reads no `onDemandThroughput`. Other types keep what they are given.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html
 * @see https://github.com/nubo-db/dynoxide/issues/159 recordings of the service
 * @see https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/dynamodb/table.go
 * @param before Undefined for one that is created.
 */
export function asKept(type: string, before: Inputs | undefined, inputs: Inputs): Inputs {
  if (type !== TABLE) return inputs;
  const { onDemandThroughput: asked, ...rest } = inputs as Inputs & { readonly onDemandThroughput?: Throughput };
  const had = before?.["onDemandThroughput"] as Throughput | undefined;
  for (const name of MEMBERS) {
    const units = asked?.[name];
    if (units === undefined) continue;
    const refuse = (reason: string) => {
      throw new Error(`ValidationException: One or more parameter values were invalid: ${reason}`);
    };
    const what = name.replace("max", "Max");
    if (rest["billingMode"] === "PROVISIONED")
      refuse(`${what} for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED`);
    if (units < 1 && !(before && units === -1))
      refuse(`Requested ${what} for OnDemandThroughput for table is outside of valid range`);
  }
  const silent = IN_ONE_REQUEST.every((name) => isDeepStrictEqual(before?.[name], rest[name]));
  if (before && had && !asked && silent) {
    throw new Error(
      "ValidationException: At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required",
    );
  }
  if (rest["billingMode"] === "PROVISIONED") return rest;
  const kept = Object.entries({ ...had, ...asked }).filter(([, units]) => units !== -1);
  return kept.length > 0 ? { ...rest, onDemandThroughput: Object.fromEntries(kept) } : rest;
}
