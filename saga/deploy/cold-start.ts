type Handler = (event: never, context: never) => Promise<unknown>;
type Factory = () => Handler | Promise<Handler>;

/**
 * Builds a handler at a cold start. The builder may be asynchronous.
 *
 * @param prepare Work to do before, if any.
 */
export function coldStart(factory: Factory, prepare?: () => Promise<void>): () => Handler {
  return () => {
    const start = async (): Promise<Handler> => {
      await prepare?.();
      return factory();
    };
    let started: Promise<Handler> | undefined = start();
    // The failure is reported to the first call, and not to Lambda here.
    started.catch(() => undefined);
    return async (event, context) => {
      started ??= start();
      let handler: Handler;
      try {
        handler = await started;
      } catch (error) {
        // The next call tries again: a secret that can't be read now may be readable then.
        started = undefined;
        throw error;
      }
      return handler(event, context);
    };
  };
}

/** What this takes of the SDK, which Lambda's runtime has. */
interface Sdk {
  readonly send: (command: unknown) => Promise<{
    readonly SecretString?: string;
    readonly Parameter?: { readonly Value?: string };
  }>;
}
type Made = new (input: object) => never;

/**
 * Reads the secrets of `SAGA_SECRETS` (variable → ARN) into the environment. It skips variables that are set already, as they
 * are for a function that runs without an account.
 */
export async function readSecrets(): Promise<void> {
  const secretArns = JSON.parse(process.env["SAGA_SECRETS"] ?? "{}") as Readonly<Record<string, string>>;
  const read = async (arn: string): Promise<string | undefined> => {
    const [, , service, region] = arn.split(":");
    const client = (kind: Made): Sdk => new kind({ region, maxAttempts: 5 });
    if (service === "ssm") {
      const { SSMClient, GetParameterCommand } = require("@aws-sdk/client-ssm") as Record<string, Made>;
      const command = new (GetParameterCommand as Made)({ Name: arn, WithDecryption: true });
      return (await client(SSMClient as Made).send(command)).Parameter?.Value;
    }
    const sdk = require("@aws-sdk/client-secrets-manager") as Record<string, Made>;
    const command = new (sdk["GetSecretValueCommand"] as Made)({ SecretId: arn });
    return (await client(sdk["SecretsManagerClient"] as Made).send(command)).SecretString;
  };
  await Promise.all(
    Object.entries(secretArns).map(async ([variable, arn]) => {
      if (process.env[variable] !== undefined) return;
      const value = await read(arn);
      if (value === undefined) {
        const what = `${variable}: the secret ${arn} has no text`;
        throw Object.assign(new Error(what), { name: "SecretUnreadable" });
      }
      process.env[variable] = value;
    }),
  );
}
