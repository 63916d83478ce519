import { execFile } from "node:child_process";
import { delimiter, join } from "node:path";
import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import type { SFNClient } from "@aws-sdk/client-sfn";

/** The place whose executions are shown. */
export interface Target {
  /** The laptop cloud, another compatible endpoint, or a deployed stack. */
  readonly kind: "local" | "endpoint" | "stack";
  /** The URL or the stack's name. */
  readonly name: string;
  readonly region: string;
  /** The command line options that select this target. Empty for the default target. */
  readonly options: string;
  /** The machines in the stack's outputs. Undefined for other targets: then all machines count. */
  readonly machineArns?: readonly string[];
  readonly sfn: () => Promise<SFNClient>;
  readonly logs: () => Promise<CloudWatchLogsClient>;
}

/** The target can't be reached or refuses the requests. The message says what to do. */
export class TargetError extends Error {
  override readonly name = "TargetError";
}

/** The default port of `saga dev`. */
const DEV_PORT = 4566;
const LOCAL = { accessKeyId: "local", secretAccessKey: "local" };

/** The laptop cloud of `saga dev`. */
export const localTarget = (port = DEV_PORT, env: NodeJS.ProcessEnv = process.env): Target =>
  clientsOf({
    kind: "local",
    name: `http://127.0.0.1:${port}`,
    region: regionIn(env) ?? "us-east-1",
    options: port === DEV_PORT ? "" : `--port ${port}`,
    client: { endpoint: `http://127.0.0.1:${port}`, credentials: LOCAL, disableHostPrefix: true },
  });

/** A compatible endpoint. On this machine it gets made-up credentials if the environment has none. */
export function endpointTarget(endpoint: string, env: NodeJS.ProcessEnv = process.env): Target {
  const { hostname } = new URL(endpoint);
  const here = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  return clientsOf({
    kind: "endpoint",
    name: endpoint,
    region: regionIn(env) ?? "us-east-1",
    options: `--endpoint ${endpoint}`,
    client: {
      endpoint,
      disableHostPrefix: true,
      ...(here && env["AWS_ACCESS_KEY_ID"] === undefined && { credentials: LOCAL }),
    },
  });
}

export interface StackOptions {
  readonly name: string;
  /** The folder of its program. */
  readonly folder: string;
  /** The region in the stack's config. */
  readonly region?: string | undefined;
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * A deployed stack. Its outputs name its machines. Requests use the SDK's credential chain.
 * @throws TargetError
 */
export async function stackTarget({ name, folder, region, env = process.env }: StackOptions): Promise<Target> {
  const outputs = await outputsOf(name, folder, env);
  const machineArns = [...new Set(machineArnsIn(outputs))];
  if (machineArns.length === 0) {
    throw new TargetError(
      `the stack '${name}' has no output with the ARN of a state machine: export one, such as 'export const stateMachineArn = machine.arn', and deploy`,
    );
  }
  const found = region ?? regionIn(env) ?? (machineArns[0] as string).split(":")[3];
  return clientsOf({
    kind: "stack",
    name,
    region: found as string,
    options: `--stack ${name}`,
    machineArns,
    client: {},
  });
}

const regionIn = (env: NodeJS.ProcessEnv): string | undefined => env["AWS_REGION"] ?? env["AWS_DEFAULT_REGION"];

function clientsOf({ client, ...about }: Omit<Target, "sfn" | "logs"> & { readonly client: object }): Target {
  const options = { ...client, region: about.region };
  // The SDK's warning about Node's version would appear between the lines of every command.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  let sfn: Promise<SFNClient> | undefined;
  let logs: Promise<CloudWatchLogsClient> | undefined;
  return {
    ...about,
    sfn: () => (sfn ??= import("@aws-sdk/client-sfn").then(({ SFNClient }) => new SFNClient(options))),
    logs: () =>
      (logs ??= import("@aws-sdk/client-cloudwatch-logs").then(
        ({ CloudWatchLogsClient }) => new CloudWatchLogsClient(options),
      )),
  };
}

/** The output of `pulumi stack output`, with the Pulumi CLI on PATH or in the project's node_modules. */
async function outputsOf(stack: string, folder: string, env: NodeJS.ProcessEnv): Promise<unknown> {
  const PATH = [env["PATH"], join(folder, "node_modules", ".bin")].filter((part) => part !== undefined).join(delimiter);
  const args = ["stack", "output", "--json", "--non-interactive", "--stack", stack];
  const printed = await new Promise<string>((resolve, reject) => {
    execFile("pulumi", args, { cwd: folder, env: { ...env, PATH }, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      if (!error) resolve(stdout);
      else if (error.code === "ENOENT") {
        reject(new TargetError("can't read the stack's outputs: 'pulumi' was not found. Install it, or run 'npm ci'"));
      } else {
        const [said = error.message] = stderr.split("\n").filter((line) => line.trim() !== "");
        reject(
          new TargetError(
            `can't read the outputs of the stack '${stack}': pulumi says: ${said.replace(/^error: /, "")}`,
          ),
        );
      }
    });
  });
  try {
    return JSON.parse(printed) as unknown;
  } catch {
    throw new TargetError(
      `can't read the outputs of the stack '${stack}': 'pulumi stack output --json' did not print JSON`,
    );
  }
}

/** The ARN of a state machine, optionally with an alias or a version. */
const MACHINE = /^arn:[\w-]+:states:[\w-]+:\d{12}:stateMachine:[^:]+(?::[^:]+)?$/;

function machineArnsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return MACHINE.test(value) ? [value] : [];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(machineArnsIn) : [];
}

/** Turns connection and credential errors of a request into a TargetError. Other errors are returned unchanged. */
export function inPlainWords(error: unknown, { kind, name }: Pick<Target, "kind" | "name">): unknown {
  const { name: type, message } = error as Error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ECONNREFUSED" || code === "ENOTFOUND" || code === "EAI_AGAIN" || /ECONNREFUSED/.test(message)) {
    const elsewhere = "or say where to look with --endpoint URL or --stack NAME";
    return new TargetError(
      kind === "local"
        ? `nobody listens on ${name}: start 'npx saga dev' first, ${elsewhere}`
        : `nobody listens on ${name}: check the URL and that its server runs`,
    );
  }
  if (type === "CredentialsProviderError") {
    return new TargetError(
      `no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with 'aws sso login' (${message})`,
    );
  }
  if (/^(ExpiredToken|ExpiredTokenException|RequestExpired|TokenRefreshRequired|InvalidGrantException)$/.test(type)) {
    return new TargetError("the AWS credentials have expired: sign in again, such as with 'aws sso login'");
  }
  if (
    /^(UnrecognizedClientException|InvalidClientTokenId|InvalidSignatureException|IncompleteSignatureException)$/.test(
      type,
    )
  ) {
    return new TargetError(`AWS does not know these credentials: ${message}`);
  }
  if (/^AccessDenied(Exception)?$/.test(type)) {
    const [action] = /\b(?:states|logs|lambda):[A-Z]\w+/.exec(message) ?? [];
    return new TargetError(
      `access denied: ${action === undefined ? message : `the credentials do not allow ${action} (${message})`}`,
    );
  }
  return error;
}
