import { createHash, randomUUID } from "node:crypto";
import { Agent, type IncomingMessage, request, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { serve } from "../wire/loopback";
import type { Resource } from "../program";
import type { Authorize, Caller } from "./authorizer";
import type { Context } from "./context";

export interface TableGuard {
  /** The variables by which a function finds the table and shows who it is. */
  environmentOf(lambda: Resource): Readonly<Record<string, string>>;
  /** Who makes a request, to whatever service. */
  callerOf(request: IncomingMessage): Caller | undefined;
  close(): Promise<void>;
}

/**
 * Stands before the local table, and lets through what the caller's role allows. A caller is known by its access key,
 * which signs nothing here.
 * @param table Tells where the tables are: the ARNs of others differ in the name alone.
 * @param tables Those whose keys are known.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 */
export async function startTableGuard(
  endpoint: string,
  table: Resource,
  authorize: Authorize,
  tables: () => readonly Resource[] = () => [table],
): Promise<TableGuard> {
  const callers = new Map<string, Caller>();
  const agent = new Agent({ keepAlive: true });

  /** The tables, or the index, that a request names. */
  function resourcesOf({ TableName, IndexName, RequestItems }: TableRequest): readonly string[] {
    const arnOf = (name: string) => (table.arn as string).replace(/[^/]*$/, name);
    if (TableName !== undefined) return [`${arnOf(TableName)}${IndexName === undefined ? "" : `/index/${IndexName}`}`];
    const names = Object.keys(RequestItems ?? {});
    return names.length > 0 ? names.map(arnOf) : ["*"];
  }

  function callerOf({ headers }: IncomingMessage): Caller | undefined {
    const [, accessKey = ""] = /Credential=([^/]+)\//.exec(headers.authorization ?? "") ?? [];
    return callers.get(accessKey);
  }

  async function refusal(request: IncomingMessage, body: Buffer): Promise<object | undefined> {
    const { headers } = request;
    const caller = callerOf(request);
    if (!caller) return error("UnrecognizedClientException", "The security token included in the request is invalid.");
    const action = `dynamodb:${String(headers["x-amz-target"]).replace(/^.*\./, "")}`;
    const asked = JSON.parse(body.toString()) as TableRequest;
    for (const resource of resourcesOf(asked)) {
      const why = await authorize(caller, action, resource, leadingKeys(asked, tables()));
      if (why !== undefined) return error("AccessDeniedException", why);
    }
    return undefined;
  }

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await buffer(incoming);
    const refused = await refusal(incoming, body);
    if (refused) {
      const type = { "Content-Type": "application/x-amz-json-1.0", "x-amzn-RequestId": randomUUID() };
      outgoing.writeHead(400, type).end(JSON.stringify(refused));
      return;
    }
    const { method, headers } = incoming;
    const forwarded = request(endpoint, { method, headers, agent }, (response) => {
      response.pipe(outgoing.writeHead(response.statusCode as number, response.headers));
    });
    forwarded.on("error", () => outgoing.destroy()).end(body);
  }

  const guarded = await serve((incoming, outgoing) =>
    answer(incoming, outgoing).catch((reason: unknown) => {
      outgoing.writeHead(500).end(String(reason));
    }),
  );

  return {
    callerOf,
    environmentOf({ arn, physicalName, inputs }) {
      const digest = createHash("sha256").update(arn as string);
      const accessKey = `ASIA${digest.digest("hex").slice(0, 16).toUpperCase()}`;
      callers.set(accessKey, { roleArn: inputs["role"] as string, session: physicalName as string });
      return { AWS_ENDPOINT_URL_DYNAMODB: guarded.endpoint, AWS_ACCESS_KEY_ID: accessKey };
    },
    async close() {
      agent.destroy();
      await guarded.close();
    },
  };
}

/** What of a request says whose it is; a value is `{ "S": "…" }`. */
interface TableRequest {
  readonly TableName?: string;
  readonly IndexName?: string;
  readonly RequestItems?: object;
  readonly Key?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly Item?: TableRequest["Key"];
}

/**
 * The condition key that tells which partition a request touches, where the request names one item.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
 */
function leadingKeys({ TableName, Key, Item = Key }: TableRequest, tables: readonly Resource[]): Context {
  const table = tables.find(({ physicalName }) => physicalName === TableName);
  const [value] = Object.values(Item?.[table?.inputs["hashKey"] as string] ?? {});
  return value === undefined ? {} : { "dynamodb:LeadingKeys": [value] };
}

const error = (type: string, Message: string) => ({ __type: `com.amazon.coral.service#${type}`, Message });
