import type {
  CreateTableCommandInput,
  KeySchemaElement,
  ProjectionType,
  ScalarAttributeType,
} from "@aws-sdk/client-dynamodb";
import { marshall, type NativeAttributeValue, unmarshall } from "@aws-sdk/util-dynamodb";
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
  readonly create: (inputs: TableInputs, tableName: string) => Promise<Rows>;
}

export async function startDynamoDB(options: ServerOptions = {}): Promise<LocalDynamoDB> {
  const server = await startServer(options);
  const call = callerOf(server);
  return {
    ...server,
    async create(inputs, tableName) {
      await call("CreateTable", creation(inputs, tableName)).catch((error: unknown) => {
        // The folder has the table from an earlier start.
        if (options.path === undefined || (error as Error).name !== "ResourceInUseException") throw error;
      });
      await untilActive(call, tableName);
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

async function untilActive(call: Call, TableName: string): Promise<void> {
  for (;;) {
    const { Table } = await call("DescribeTable", { TableName });
    if ((Table as { readonly TableStatus?: string }).TableStatus === "ACTIVE") return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

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
