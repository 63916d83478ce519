import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import type { SFNClient } from "@aws-sdk/client-sfn";

/** Where the console looks. */
export interface ConsoleTarget {
  readonly kind: "local" | "endpoint" | "stack";
  /** What a person calls it. */
  readonly name: string;
  readonly region: string;
  /** The machines that the stack's outputs name; of anything else, undefined: all that are there. */
  readonly machineArns?: readonly string[];
  readonly sfn: () => Promise<SFNClient>;
  readonly logs: () => Promise<CloudWatchLogsClient>;
}

/** What runs on this machine, or on whatever is compatible. */
export function endpointTarget(endpoint: string, env: NodeJS.ProcessEnv): ConsoleTarget {
  const region = env["AWS_REGION"] ?? "us-east-1";
  const options = { endpoint, region, credentials: { accessKeyId: "local", secretAccessKey: "local" } };
  let sfn: Promise<SFNClient> | undefined;
  let logs: Promise<CloudWatchLogsClient> | undefined;
  return {
    kind: "endpoint",
    name: endpoint,
    region,
    sfn: () =>
      (sfn ??= import("@aws-sdk/client-sfn").then(
        ({ SFNClient }) => new SFNClient({ ...options, disableHostPrefix: true }),
      )),
    logs: () =>
      (logs ??= import("@aws-sdk/client-cloudwatch-logs").then(
        ({ CloudWatchLogsClient }) => new CloudWatchLogsClient(options),
      )),
  };
}
