import {
  BillingMode,
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  type KeySchemaElement,
  type ProjectionType,
  type ScalarAttributeType,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { DeleteCommand, DynamoDBDocumentClient, paginateQuery, paginateScan } from "@aws-sdk/lib-dynamodb";
import { type Server, type ServerOptions, startServer } from "./server";

/** What `saga/local/` needs of the inputs that the program registers for a table. */
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

/** Plain JSON; a DynamoDB set is a sorted array. */
export type Row = Record<string, unknown>;

/** The rows of a table on this machine. */
export interface Rows {
  /** All rows, or those of one partition, in the order of their keys. */
  rows(partition?: string): Promise<Row[]>;
  clear(): Promise<void>;
}

export interface LocalTable extends Rows {
  readonly endpoint: string;
  close(): Promise<void>;
}

/** A DynamoDB on this machine, with the tables that are created. Nothing ever expires. */
export interface LocalDynamoDB extends Server {
  readonly create: (inputs: TableInputs, tableName: string) => Promise<Rows>;
}

export async function startDynamoDB(options: ServerOptions = {}): Promise<LocalDynamoDB> {
  // The AWS SDK's notice that a later release of it will want a later Node has no place among the answers.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  const server = await startServer(options);
  const { endpoint, ownKey } = server;
  const client = new DynamoDBClient({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: ownKey, secretAccessKey: "local" },
  });
  const db = DynamoDBDocumentClient.from(client);
  return {
    ...server,
    async create(inputs, tableName) {
      await client.send(new CreateTableCommand(creation(inputs, tableName))).catch((error: unknown) => {
        // It has been kept since an earlier start.
        if (options.path === undefined || (error as Error).name !== "ResourceInUseException") throw error;
      });
      await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 0.01, maxDelay: 0.01 }, { TableName: tableName });
      return rowsOf(db, inputs, tableName);
    },
    close() {
      client.destroy();
      return server.close();
    },
  };
}

/** Starts a DynamoDB with one table. */
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
    BillingMode: BillingMode.PAY_PER_REQUEST,
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

function rowsOf(db: DynamoDBDocumentClient, inputs: TableInputs, TableName: string): Rows {
  const keys = keysOf(inputs);
  const rows = async (partition?: string): Promise<Row[]> => {
    const whole = { TableName, ConsistentRead: true };
    const part = {
      ...whole,
      KeyConditionExpression: "#key = :partition",
      ExpressionAttributeNames: { "#key": inputs.hashKey },
      ExpressionAttributeValues: { ":partition": partition },
    };
    const all: Row[] = [];
    const pages = partition === undefined ? paginateScan({ client: db }, whole) : paginateQuery({ client: db }, part);
    for await (const { Items = [] } of pages) all.push(...Items.map(plain));
    const order = (row: Row) => JSON.stringify(keys.map((key) => row[key]));
    return all.sort((a, b) => (order(a) < order(b) ? -1 : 1));
  };
  return {
    rows,
    async clear() {
      for (const row of await rows()) {
        const Key = Object.fromEntries(keys.map((key) => [key, row[key]]));
        await db.send(new DeleteCommand({ TableName, Key }));
      }
    },
  };
}

/** The same row whatever order its attributes were written in, so that rows can be compared as text. */
function plain(item: Row): Row {
  const value = (of: unknown) => (of instanceof Set ? [...of].sort() : of);
  return Object.fromEntries(
    Object.keys(item)
      .sort()
      .map((name) => [name, value(item[name])]),
  );
}
