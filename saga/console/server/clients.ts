import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { SFNClient } from "@aws-sdk/client-sfn";

/** Where the console looks. */
export interface ConsoleTarget {
  readonly kind: "local" | "endpoint" | "stack";
  /** What a person calls it. */
  readonly name: string;
  readonly region: string;
  readonly clients: () => Promise<Clients>;
}

export interface Clients {
  readonly sfn: SFNClient;
  readonly logs: CloudWatchLogsClient;
  readonly dynamoDB: DynamoDBClient;
}

/** What runs on this machine, or on whatever is compatible. */
export function endpointTarget(kind: "local" | "endpoint", endpoint: string, region: string): ConsoleTarget {
  let made: Promise<Clients> | undefined;
  const make = async (): Promise<Clients> => {
    const [{ SFNClient }, { CloudWatchLogsClient }, { DynamoDBClient }] = await Promise.all([
      import("@aws-sdk/client-sfn"),
      import("@aws-sdk/client-cloudwatch-logs"),
      import("@aws-sdk/client-dynamodb"),
    ]);
    const options = { endpoint, region, credentials: { accessKeyId: "local", secretAccessKey: "local" } };
    return {
      sfn: new SFNClient({ ...options, disableHostPrefix: true }),
      logs: new CloudWatchLogsClient(options),
      dynamoDB: new DynamoDBClient(options),
    };
  };
  return { kind, name: endpoint, region, clients: () => (made ??= make()) };
}
