import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";

/** A row that an execution wrote. */
export interface WrittenRow {
  readonly table: string;
  readonly key: Readonly<Record<string, unknown>>;
  readonly item: Readonly<Record<string, unknown>>;
}

/** The most rows that are scanned, per table. */
const MOST = 20_000;

/** The rows of all tables that contain an execution's ARN. The store writes into each row who wrote it and who undid it. */
export async function rowsOf(client: DynamoDBClient, executionArn: string): Promise<readonly WrittenRow[]> {
  const [{ DescribeTableCommand, paginateListTables }, { DynamoDBDocumentClient, paginateScan }] = await Promise.all([
    import("@aws-sdk/client-dynamodb"),
    import("@aws-sdk/lib-dynamodb"),
  ]);
  const documents = DynamoDBDocumentClient.from(client);
  const rows: WrittenRow[] = [];
  for await (const { TableNames = [] } of paginateListTables({ client }, {})) {
    for (const table of TableNames) {
      const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
      const keys = (Table?.KeySchema ?? []).map(({ AttributeName = "" }) => AttributeName);
      let seen = 0;
      for await (const { Items = [] } of paginateScan(
        { client: documents },
        { TableName: table, ConsistentRead: true },
      )) {
        for (const item of Items.map(plain)) {
          if (!names(item, executionArn)) continue;
          rows.push({ table, key: Object.fromEntries(keys.map((key) => [key, item[key]])), item });
        }
        seen += Items.length;
        if (seen >= MOST) break;
      }
    }
  }
  return rows;
}

/** Whether a value contains an ARN, at any depth. A string may have a suffix after the ARN, such as a step. */
function names(value: unknown, arn: string): boolean {
  if (typeof value === "string") return value === arn || value.startsWith(`${arn}:`) || value.startsWith(`${arn}#`);
  if (Array.isArray(value)) return value.some((each) => names(each, arn));
  return typeof value === "object" && value !== null && Object.values(value).some((each) => names(each, arn));
}

/** A row as JSON. */
function plain(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plainValue(each)]));
}

function plainValue(value: unknown): unknown {
  if (value instanceof Set) return [...value].map(plainValue).sort();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(plainValue);
  return typeof value === "object" && value !== null ? plain(value as Record<string, unknown>) : value;
}
