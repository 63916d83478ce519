import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import type { JsonObject } from "../../interpreter";
import { type Refuse, serve, type Served } from "./loopback";

/**
 * What of Lambda the deployed functions call, on the loopback interface: Invoke, of which nobody awaits the end.
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 * @param invoke Takes a call of the function with that ARN, and returns before it is made, once it will not be forgotten.
 */
export function startLambdaApi(
  invoke: (functionArn: string, event: JsonObject) => Promise<void>,
  refuse: Refuse,
): Promise<Served> {
  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await text(incoming);
    const [, name = ""] = /^\/2015-03-31\/functions\/([^/]+)\/invocations/.exec(incoming.url ?? "") ?? [];
    const functionArn = decodeURIComponent(name);
    const respond = (status: number, type?: string, Message?: string): void => {
      const headers = { "x-amzn-RequestId": randomUUID(), ...(type !== undefined && { "x-amzn-ErrorType": type }) };
      outgoing.writeHead(status, headers).end(type === undefined ? "" : JSON.stringify({ Message }));
    };
    if (name === "" || incoming.headers["x-amz-invocation-type"] !== "Event") {
      respond(400, "InvalidRequestContentException", "on this machine a function calls others by InvocationType Event");
      return;
    }
    const why = await refuse(incoming, "lambda:InvokeFunction", functionArn);
    if (why !== undefined) {
      respond(403, "AccessDeniedException", why);
      return;
    }
    await invoke(functionArn, JSON.parse(body) as JsonObject);
    respond(202);
  }
  return serve(answer);
}
