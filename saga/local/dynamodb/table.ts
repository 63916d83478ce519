import type {
  CreateTableCommandInput,
  KeySchemaElement,
  Projection,
  ProjectionType,
  ScalarAttributeType,
} from "@aws-sdk/client-dynamodb";
import { marshall, type NativeAttributeValue, unmarshall } from "@aws-sdk/util-dynamodb";
import { DataError } from "../data/data-error";
import { type Answered, type Server, type ServerOptions, startServer } from "./server";

/** The inputs of a registered table that `saga/local/` uses. */
export interface TableInputs {
  readonly attributes: readonly { readonly name: string; readonly type: string }[];
  readonly hashKey: string;
  readonly rangeKey?: string;
  readonly globalSecondaryIndexes?: readonly IndexInputs[];
  readonly localSecondaryIndexes?: readonly Omit<IndexInputs, "hashKey">[];
  readonly ttl?: { readonly attributeName?: string };
}

interface IndexInputs {
  readonly name: string;
  readonly hashKey: string;
  readonly rangeKey?: string;
  readonly projectionType: string;
  readonly nonKeyAttributes?: readonly string[];
}

/** A row as plain JSON. A DynamoDB set becomes a sorted array. */
export type Row = Record<string, unknown>;

/** Access to the rows of a local table. */
export interface Rows {
  /** All rows, or the rows of one partition, in the order of their keys. */
  rows(partition?: string): Promise<Row[]>;
  clear(): Promise<void>;
}

export interface LocalTable extends Rows {
  readonly endpoint: string;
  close(): Promise<void>;
}

/** A local DynamoDB with the tables that are created in it. Rows never expire. */
export interface LocalDynamoDB extends Server {
  /**
   * Creates a table. One that is there already is used, with its rows.
   * @throws DataError if that one has other keys or indexes
   */
  readonly create: (inputs: TableInputs, tableName: string) => Promise<Rows>;
}

export async function startDynamoDB(options: ServerOptions = {}): Promise<LocalDynamoDB> {
  const server = await startServer(options);
  const call = callerOf(server);
  return {
    ...server,
    async create(inputs, tableName) {
      const wanted = creation(inputs, tableName);
      await call("CreateTable", wanted).catch((error: unknown) => {
        // An earlier release, or an earlier process, has created it.
        if ((error as Error).name !== "ResourceInUseException") throw error;
      });
      checkShape(await untilActive(call, tableName), wanted);
      return rowsOf(call, inputs, tableName);
    },
  };
}

type Call = (action: string, request: object) => Promise<Answered["body"]>;

/**
 * Makes requests, and throws the errors of the tables. It does not use the SDK's client, because loading that takes
 * longer than all requests.
 */
function callerOf(server: Server): Call {
  return async (action, request) => {
    const { ok, body } = await server.call(action, request);
    if (ok) return body;
    const { __type, message = "", Message = message } = body as Readonly<Record<string, string>>;
    throw Object.assign(new Error(`${action}: ${Message}`), { name: (__type ?? "").replace(/^.*#/, "") });
  };
}

async function untilActive(call: Call, TableName: string): Promise<Shape> {
  for (;;) {
    const { Table } = await call("DescribeTable", { TableName });
    if ((Table as { readonly TableStatus?: string }).TableStatus === "ACTIVE") return Table as Shape;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** The parts of a table that can't change on this machine. */
type Shape = Pick<
  CreateTableCommandInput,
  "TableName" | "AttributeDefinitions" | "KeySchema" | "GlobalSecondaryIndexes" | "LocalSecondaryIndexes"
>;

/** @throws DataError if a table differs from what the program wants */
function checkShape(there: Shape, wanted: Shape): void {
  const [has, wants] = [there, wanted].map(({ AttributeDefinitions = [], KeySchema = [], ...indexes }) => {
    const types = new Map(
      AttributeDefinitions.map(({ AttributeName, AttributeType }) => [AttributeName, AttributeType]),
    );
    const keys = (schema: readonly KeySchemaElement[] = []): string =>
      schema.map(({ AttributeName = "" }) => `${AttributeName} (${types.get(AttributeName) ?? ""})`).join(" and ");
    const { GlobalSecondaryIndexes = [], LocalSecondaryIndexes = [] } = indexes;
    const listed = [...GlobalSecondaryIndexes, ...LocalSecondaryIndexes].map(
      (each) => `${each.IndexName ?? ""} on ${keys(each.KeySchema)} with ${projected(each.Projection)}`,
    );
    return { keys: `the key ${keys(KeySchema)}`, indexes: listed.sort().join(", ") || "no index" };
  }) as [Described, Described];
  const part = has.keys !== wants.keys ? "keys" : has.indexes !== wants.indexes ? "indexes" : undefined;
  if (part === undefined) return;
  const what =
    part === "keys"
      ? "AWS would replace it by one without rows"
      : "AWS would change its indexes in place, or replace it";
  throw new DataError(
    `the table ${there.TableName ?? ""} has ${has[part]}, and the program now gives it ${wants[part]}. ${what}; this machine ` +
      `can't. To keep its rows, restore its ${part}. To begin without rows, give it another name, or start again, with ` +
      "another folder if --data names one",
  );
}

interface Described {
  readonly keys: string;
  readonly indexes: string;
}

const projected = ({ ProjectionType: type, NonKeyAttributes = [] }: Projection = {}): string =>
  [type, ...[...NonKeyAttributes].sort()].join(" ");

/** Starts a local DynamoDB with one table. */
export async function startTable(
  inputs: TableInputs,
  tableName: string,
  options: ServerOptions = {},
): Promise<LocalTable> {
  const dynamoDB = await startDynamoDB(options);
  try {
    return { ...(await dynamoDB.create(inputs, tableName)), endpoint: dynamoDB.endpoint, close: dynamoDB.close };
  } catch (error) {
    await dynamoDB.close();
    throw error;
  }
}

function creation(inputs: TableInputs, TableName: string): CreateTableCommandInput {
  const { attributes, hashKey, globalSecondaryIndexes = [], localSecondaryIndexes = [] } = inputs;
  const schema = (hash: string, range: string | undefined): KeySchemaElement[] => [
    { AttributeName: hash, KeyType: "HASH" },
    ...(range === undefined ? [] : [{ AttributeName: range, KeyType: "RANGE" as const }]),
  ];
  const index = ({ name, hashKey, rangeKey, projectionType, nonKeyAttributes }: IndexInputs) => ({
    IndexName: name,
    KeySchema: schema(hashKey, rangeKey),
    Projection: {
      ProjectionType: projectionType as ProjectionType,
      ...(nonKeyAttributes && { NonKeyAttributes: [...nonKeyAttributes] }),
    },
  });
  return {
    TableName,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: attributes.map(({ name, type }) => ({
      AttributeName: name,
      AttributeType: type as ScalarAttributeType,
    })),
    KeySchema: schema(hashKey, inputs.rangeKey),
    ...(globalSecondaryIndexes.length > 0 && { GlobalSecondaryIndexes: globalSecondaryIndexes.map(index) }),
    ...(localSecondaryIndexes.length > 0 && {
      LocalSecondaryIndexes: localSecondaryIndexes.map((each) => index({ ...each, hashKey })),
    }),
  };
}

/** The names of a table's keys. */
export const keysOf = ({ hashKey, rangeKey }: TableInputs): readonly string[] =>
  rangeKey === undefined ? [hashKey] : [hashKey, rangeKey];

function rowsOf(call: Call, inputs: TableInputs, TableName: string): Rows {
  const keys = keysOf(inputs);
  const rows = async (partition?: string): Promise<Row[]> => {
    const part = partition !== undefined && {
      KeyConditionExpression: "#key = :partition",
      ExpressionAttributeNames: { "#key": inputs.hashKey },
      ExpressionAttributeValues: marshall({ ":partition": partition }),
    };
    const all: Row[] = [];
    for (let from: unknown, more = true; more; more = from !== undefined) {
      const whole = { TableName, ConsistentRead: true, ...(from !== undefined && { ExclusiveStartKey: from }) };
      const page = await call(part ? "Query" : "Scan", { ...whole, ...part });
      const items = (page["Items"] ?? []) as readonly Parameters<typeof unmarshall>[0][];
      all.push(...items.map((item) => plain(unmarshall(item))));
      from = page["LastEvaluatedKey"];
    }
    const order = (row: Row) => JSON.stringify(keys.map((key) => row[key]));
    return all.sort((a, b) => (order(a) < order(b) ? -1 : 1));
  };
  return {
    rows,
    async clear() {
      for (const row of await rows()) {
        const key = Object.fromEntries(keys.map((name) => [name, row[name] as NativeAttributeValue]));
        await call("DeleteItem", { TableName, Key: marshall(key) });
      }
    },
  };
}

/** Sorts the attributes of a row and the elements of its sets, so that rows can be compared as text. */
function plain(item: Row): Row {
  const value = (of: unknown) => (of instanceof Set ? [...of].sort() : of);
  return Object.fromEntries(
    Object.keys(item)
      .sort()
      .map((name) => [name, value(item[name])]),
  );
}
