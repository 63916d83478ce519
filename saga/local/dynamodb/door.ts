import type { Authorize } from "../iam/authorizer";
import type { Callers } from "../iam/callers";
import type { Context } from "../iam/context";
import type { Resource } from "../program";
import type { Asked, Decision, Requested } from "./server";

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
    for (const { action, resource, context } of permissionsFor(asked, arnPrefix(), tables())) {
      const why = await authorize(caller, action, resource, context);
      if (why !== undefined) return { refusal: error("AccessDeniedException", why), lasts };
    }
    return { lasts };
  };
}

/** A permission that the caller of a request needs. */
export interface Permission {
  /** The action: `dynamodb:PutItem`. */
  readonly action: string;
  readonly resource: string;
  readonly context: Context;
}

/**
 * The actions of a transaction's parts. IAM has no action for the transaction itself.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
 */
const OPERATIONS: ReadonlyMap<string, string> = new Map([
  ["ConditionCheck", "ConditionCheckItem"],
  ["Delete", "DeleteItem"],
  ["Get", "GetItem"],
  ["Put", "PutItem"],
  ["Update", "UpdateItem"],
]);

/**
 * The permissions for a request: for a batch, the action on each of its tables, and for a transaction, the action of
 * each item on the item's table.
 */
export function permissionsFor(
  { action, request }: Pick<Asked, "action" | "request">,
  prefix: string,
  tables: readonly Resource[] = [],
): readonly Permission[] {
  const permission = (of: string, part: Requested, items: readonly unknown[], more: Context = {}): Permission => ({
    action: `dynamodb:${of}`,
    resource: arnOf(part, prefix),
    context: { ...leadingKeys(part, items, tables), "dynamodb:EnclosingOperation": undefined, ...more },
  });
  switch (action) {
    case "TransactGetItems":
    case "TransactWriteItems":
      return list(request.TransactItems).flatMap((item) =>
        Object.entries(fields(item)).flatMap(([kind, part]) => {
          const of = OPERATIONS.get(kind);
          if (of === undefined) return [];
          return permission(of, fields(part), [itemOf(of, fields(part))], { "dynamodb:EnclosingOperation": [action] });
        }),
      );
    case "BatchGetItem":
    case "BatchWriteItem":
      return Object.entries(fields(request.RequestItems)).map(([TableName, items]) =>
        permission(action, { TableName }, itemsOf(items)),
      );
    default:
      return [permission(action, request, [itemOf(action, request)])];
  }
}

/** The item that an operation writes, or its key. Other fields of the request have no effect. */
const itemOf = (action: string, { Item, Key }: Requested): unknown => (action === "PutItem" ? Item : Key);

/** The items of one table in a batch: the writes, or the keys to read. */
const itemsOf = (items: unknown): readonly unknown[] =>
  Array.isArray(items)
    ? items.flatMap((write) => {
        const { PutRequest, DeleteRequest } = fields(write);
        return [fields(PutRequest)["Item"], fields(DeleteRequest)["Key"]].filter((item) => item !== undefined);
      })
    : list(fields(items)["Keys"]);

/** The ARN of a table or of its index; `*` for a request that names none. */
function arnOf({ TableName, IndexName }: Requested, prefix: string): string {
  if (typeof TableName !== "string") return "*";
  const table = TableName.startsWith("arn:") ? TableName : prefix + TableName;
  return typeof IndexName === "string" ? `${table}/index/${IndexName}` : table;
}

/**
 * The condition key with the partition keys of a request, if the request names its items.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
 */
function leadingKeys({ TableName }: Requested, items: readonly unknown[], tables: readonly Resource[]): Context {
  const key = tables.find(({ physicalName }) => physicalName === TableName)?.inputs["hashKey"] as string;
  const values = items.flatMap((item) => Object.values(fields(fields(item)[key])).slice(0, 1));
  if (values.length === 0 || values.length < items.length) return {};
  return { "dynamodb:LeadingKeys": [...new Set(values.map(String))] };
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const fields = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};

const error = (type: string, Message: string) => ({ __type: `com.amazon.coral.service#${type}`, Message });
