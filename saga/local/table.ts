import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import {
  BillingMode,
  CreateTableCommand,
  DynamoDBClient,
  type ScalarAttributeType,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { DeleteCommand, DynamoDBDocumentClient, paginateQuery, paginateScan } from "@aws-sdk/lib-dynamodb";
import dynalite = require("dynalite");

/** What `saga/local/` needs of the inputs that the program registers for its table. */
export interface TableInputs {
  readonly attributes: readonly { readonly name: string; readonly type: string }[];
  readonly hashKey: string;
  readonly rangeKey?: string;
}

/** Plain JSON; a DynamoDB set is a sorted array. */
export type Row = Record<string, unknown>;

export interface LocalTable {
  readonly endpoint: string;
  /** All rows, or those of one partition, in the order of their keys. */
  rows(partition?: string): Promise<Row[]>;
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a DynamoDB in this process, on a free port of the loopback interface, with one table. Nothing ever expires. */
export async function startTable(inputs: TableInputs, tableName: string): Promise<LocalTable> {
  // The AWS SDK's notice that a later release of it will want a later Node has no place among the answers.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  const server = dynalite({ createTableMs: 0 });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const client = new DynamoDBClient({ endpoint, region: "us-east-1", credentials });
  const db = DynamoDBDocumentClient.from(client);
  const keys = [inputs.hashKey, inputs.rangeKey].filter((key) => key !== undefined);

  const close = async (): Promise<void> => {
    client.destroy();
    const closed = promisify(server.close.bind(server))();
    // Clients keep their connections alive; a server waits for them otherwise.
    server.closeAllConnections();
    await closed;
  };

  const rows = async (partition?: string): Promise<Row[]> => {
    const whole = { TableName: tableName, ConsistentRead: true };
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

  try {
    await client.send(
      new CreateTableCommand({
        TableName: tableName,
        BillingMode: BillingMode.PAY_PER_REQUEST,
        AttributeDefinitions: inputs.attributes.map(({ name, type }) => ({
          AttributeName: name,
          AttributeType: type as ScalarAttributeType,
        })),
        KeySchema: keys.map((key, i) => ({ AttributeName: key, KeyType: i === 0 ? "HASH" : "RANGE" })),
      }),
    );
    await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 0.01, maxDelay: 0.01 }, { TableName: tableName });
  } catch (error) {
    await close();
    throw error;
  }

  return {
    endpoint,
    rows,
    async clear() {
      for (const row of await rows()) {
        const Key = Object.fromEntries(keys.map((key) => [key, row[key]]));
        await db.send(new DeleteCommand({ TableName: tableName, Key }));
      }
    },
    close,
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
