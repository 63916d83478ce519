import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { type ConsoleOptions, ConsoleServer, type ConsoleTarget, CONSOLE_PATH } from "../../saga/console/server";
import { endpointTarget } from "../../saga/control/target";
import type { CloudOptions } from "../../saga/local/cloud";
import { LocalCloud } from "../../saga/local/cloud";
import { clientOptions, program } from "../local/wire/fixture";
import { httpRequest, type RawAnswer, sendRaw } from "../local/wire/raw";

export interface Served {
  readonly cloud: LocalCloud;
  readonly console: ConsoleServer;
  /** The console's address, with a slash at its end. */
  readonly url: string;
  readonly token: string;
  /** Sends a raw request, by default with the page's headers. */
  readonly ask: (path: string, options?: Asked) => Promise<Answered>;
  readonly close: () => Promise<void>;
}

export interface Asked {
  readonly method?: string;
  /** Undefined removes a header. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
}

export interface Answered extends RawAnswer {
  /** The parsed body, if it is JSON. */
  readonly json: any;
}

export const localTarget = ({ endpoint }: Pick<LocalCloud, "endpoint">): ConsoleTarget => ({
  ...endpointTarget(endpoint, { AWS_REGION: "eu-west-1" }),
  kind: "local",
});

/** A cloud with the console on its port. */
export async function startConsole(
  options: Partial<ConsoleOptions> = {},
  cloudOptions: CloudOptions = {},
): Promise<Served> {
  const made: { server?: ConsoleServer } = {};
  const site = {
    path: CONSOLE_PATH.slice(0, -1),
    answer: (...[incoming, outgoing]: Parameters<ConsoleServer["answer"]>) =>
      (made.server as ConsoleServer).answer(incoming, outgoing),
  };
  const cloud = await LocalCloud.start(program, { ...cloudOptions, wire: { ...cloudOptions.wire, site } });
  const server = new ConsoleServer({
    target: localTarget(cloud),
    dynamoDB: () => Promise.resolve(new DynamoDBClient(clientOptions(cloud))),
    writable: true,
    faults: cloud.faults,
    ...options,
  });
  made.server = server;
  const { host } = new URL(cloud.endpoint);
  const send = async (path: string, { method, headers = {}, body }: Asked): Promise<Answered> => {
    const content =
      body === undefined ? "" : typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    const answer = await sendRaw(
      cloud.endpoint,
      httpRequest({
        method: method ?? (body === undefined ? "GET" : "POST"),
        path: path.startsWith("/") ? path : `${CONSOLE_PATH}${path}`,
        headers: {
          Host: host,
          Authorization: undefined,
          "X-Amz-Date": undefined,
          "Content-Type": body === undefined ? undefined : "application/json",
          ...headers,
        },
        body: content,
      }),
    );
    if (!answer) throw new Error(`${path}: the connection was closed without an answer`);
    return { ...answer, json: /json/.test(answer.headers["content-type"] ?? "") ? JSON.parse(answer.body) : undefined };
  };
  const { token } = (await send("api/session", {})).json as { token: string };
  return {
    cloud,
    console: server,
    url: `${cloud.endpoint}${CONSOLE_PATH}`,
    token,
    ask: (path, { headers = {}, ...asked } = {}) =>
      send(path, { ...asked, headers: { ...(asked.body !== undefined && { "x-saga-console": token }), ...headers } }),
    async close() {
      server.close();
      // An execution that waits for an hour would keep this process alive.
      for (const { execution } of cloud.executions.running()) execution.stop();
      await cloud.close();
    },
  };
}

export interface Told {
  readonly event: string;
  readonly data: any;
  readonly id?: string;
}

/** Listens to the live stream, until `enough` returns true. */
export async function listen(
  { url }: Pick<Served, "url">,
  query: string,
  enough: (told: readonly Told[]) => boolean,
  { headers = {}, onOpen }: { headers?: Record<string, string>; onOpen?: () => unknown } = {},
): Promise<readonly Told[]> {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort();
  }, 20_000);
  const told: Told[] = [];
  try {
    const response = await fetch(`${url}api/live${query}`, { signal: controller.signal, headers });
    if (!response.ok || !response.body) throw new Error(`${response.status}: ${await response.text()}`);
    void onOpen?.();
    let rest = "";
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + chunk).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1];
        const event = field("event");
        const id = field("id");
        if (event !== undefined) {
          told.push({ event, data: JSON.parse(field("data") ?? "null"), ...(id !== undefined && { id }) });
        }
      }
      if (enough(told)) return told;
    }
    return told;
  } catch (error) {
    throw new Error(`received only ${JSON.stringify(told).slice(0, 2000)}`, { cause: error });
  } finally {
    clearTimeout(timer);
    controller.abort();
  }
}

/** Waits until `look` finds something. */
export async function until<T>(look: () => Promise<T | undefined | false>, patienceMs = 15_000): Promise<T> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`not found within ${patienceMs} ms`);
    await new Promise((next) => setTimeout(next, 25));
  }
}
