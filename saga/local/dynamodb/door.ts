import type { Authorize } from "../iam/authorizer";
import type { Callers } from "../iam/callers";
import type { Context } from "../iam/context";
import type { Resource } from "../program";
import type { Asked, Decision } from "./server";

export interface DoorOptions {
  readonly callers: Callers;
  readonly authorize: Authorize;
  /** Whether the decisions for a role depend only on the action and the resource. */
  readonly isLasting: (roleArn: string) => boolean;
  /** The prefix of the tables' ARNs: `arn:aws:dynamodb:eu-west-1:000000000000:table/`. */
  readonly arnPrefix: () => string;
  /** The tables whose keys are known. */
  readonly tables: () => readonly Resource[];
  /** Whether an access key that belongs to no function may do everything: AWS clients on this machine use such keys. */
  readonly admitsStrangers?: boolean;
}

/**
 * The access control of the tables: allows what the caller's role allows, and refuses the rest with DynamoDB's errors.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 */
export function doorOf(options: DoorOptions): (asked: Asked) => Promise<Decision> {
  const { callers, authorize, isLasting, arnPrefix, tables, admitsStrangers = false } = options;
  return async (asked) => {
    const caller = callers.withKey(asked.accessKey);
    if (!caller) {
      if (admitsStrangers) return { lasts: true };
      const refusal = error("UnrecognizedClientException", "The security token included in the request is invalid.");
      return { refusal, lasts: true };
    }
    const lasts = isLasting(caller.roleArn);
    for (const resource of resourcesOf(asked, arnPrefix())) {
      const why = await authorize(caller, `dynamodb:${asked.action}`, resource, leadingKeys(asked, tables()));
      if (why !== undefined) return { refusal: error("AccessDeniedException", why), lasts };
    }
    return { lasts };
  };
}

/** The ARNs of the tables or of the index that a request names. */
function resourcesOf({ TableName, IndexName, tables }: Asked, prefix: string): readonly string[] {
  if (TableName !== undefined) return [`${prefix}${TableName}${IndexName === undefined ? "" : `/index/${IndexName}`}`];
  return tables.length > 0 ? tables.map((name) => prefix + name) : ["*"];
}

/**
 * The condition key with the partition key of a request, if the request names one item.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
 */
function leadingKeys({ TableName, item }: Asked, tables: readonly Resource[]): Context {
  const table = tables.find(({ physicalName }) => physicalName === TableName);
  const [value] = Object.values(item?.[table?.inputs["hashKey"] as string] ?? {});
  return value === undefined ? {} : { "dynamodb:LeadingKeys": [value] };
}

const error = (type: string, Message: string) => ({ __type: `com.amazon.coral.service#${type}`, Message });
