/**
 * Restate: its server from npm, with the saga as a service, in the form of Restate's own saga example. The server
 * stores each step's answer before the next step begins.
 *
 * With functions, the steps are the program's, and their rows are in the same dynalite as the local cloud's, in a
 * thread of this process. So only the system that runs the saga differs. Restate's own client reaches the server over
 * HTTP.
 */
import { createServer, type ServerHttp2Session } from "node:http2";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type OrderTasks, programTasks, runOrder, STAND_INS, TABLE } from "./order-saga";
import { fileOf, load, Unavailable } from "../peers";
import { freePort, startServer } from "./processes";
import type { Order, OpenSystem, Outcome, System } from "./system";

/** The used part of its SDK. */
interface Sdk {
  service(definition: object): object;
  createEndpointHandler(options: {
    readonly services: readonly object[];
    readonly logger: (about: { readonly level: string }, ...message: readonly unknown[]) => void;
  }): () => void;
  readonly TerminalError: new (message: string) => Error;
}
interface Context {
  request(): { readonly id: { toString(): string } };
  run<T>(name: string, action: () => Promise<T>): Promise<T>;
}
interface Clients {
  connect(options: { readonly url: string }): {
    serviceClient(of: { readonly name: string }): { fulfil(order: Order): Promise<Outcome> };
  };
}

const SERVICE = { name: "OrderFulfilment" };

export const restate = (steps: System["steps"]): System => ({
  title: "Restate",
  steps,
  of: "Restate",
  async open(folder) {
    // This is the only function for which its SDK needs Node 22.
    if (!("withResolvers" in Promise)) Object.assign(Promise, { withResolvers });
    const server = await startRestate(folder);
    const table = steps === "functions" ? await tableOfOrders() : undefined;
    const tasks = table ? await programTasks() : STAND_INS;
    const service = await serve(tasks);
    await register(server.admin, service.port);
    const clients = load("Restate", "@restatedev/restate-sdk-clients") as Clients;
    const client = clients.connect({ url: server.ingress }).serviceClient(SERVICE);
    return {
      run: (order) => client.fulfil(order),
      async close() {
        await server.end();
        service.close();
        await table?.close();
      },
    } satisfies OpenSystem;
  },
});

function withResolvers(): object {
  let settle!: object;
  const promise = new Promise((resolve, reject) => (settle = { resolve, reject }));
  return { promise, ...settle };
}

async function tableOfOrders(): Promise<{ close(): Promise<void> }> {
  const { startTable } = await import("../../saga/local/dynamodb/table");
  const table = await startTable(TABLE, "orders");
  Object.assign(process.env, {
    TABLE_NAME: "orders",
    AWS_ENDPOINT_URL_DYNAMODB: table.endpoint,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "bench",
    AWS_SECRET_ACCESS_KEY: "bench",
  });
  return table;
}

/** The server of the service, which Restate's server calls. */
async function serve(tasks: OrderTasks): Promise<{ readonly port: number; close(): void }> {
  const sdk = load("Restate", "@restatedev/restate-sdk/node") as Sdk;
  const service = sdk.service({
    ...SERVICE,
    handlers: {
      fulfil: (ctx: Context, order: Order) =>
        runOrder(order, ctx.request().id.toString(), tasks, (step, run) =>
          ctx.run(step, async () => {
            try {
              return await run();
            } catch (error) {
              // A refusal is final. Restate retries any other error.
              if ((error as { refusal?: boolean }).refusal) throw new sdk.TerminalError((error as Error).message);
              throw error;
            }
          }),
        ),
    },
  });
  let failed = false;
  const server = createServer(
    sdk.createEndpointHandler({
      services: [service],
      // Restate logs each refusal as a warning with a stack. No other system here writes these, so they are left out.
      // The first error is printed.
      logger({ level }, ...message) {
        if (level.toUpperCase() === "ERROR" && !failed) console.error("Restate:", ...message);
        failed ||= level.toUpperCase() === "ERROR";
      },
    }),
  );
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => sessions.add(session));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      for (const session of sessions) session.destroy();
      server.close();
    },
  };
}

interface RestateServer {
  readonly ingress: string;
  readonly admin: string;
  end(): Promise<void>;
}

async function startRestate(folder: string): Promise<RestateServer> {
  if (process.platform !== "linux" && process.platform !== "darwin") {
    throw new Unavailable(`Restate has no server for ${process.platform}`);
  }
  const binary = fileOf("Restate", `@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`);
  const [ingress, admin, node] = [await freePort(), await freePort(), await freePort()];
  // Its defaults, except for its addresses, its log and its telemetry.
  const env = {
    ...process.env,
    RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
    RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
    RESTATE_BIND_ADDRESS: `127.0.0.1:${node}`,
    RESTATE_LISTEN_MODE: "tcp",
    RESTATE_DISABLE_TELEMETRY: "true",
    RESTATE_LOG_FILTER: "warn",
    DO_NOT_TRACK: "1",
  };
  const server = startServer(binary, ["--base-dir", `${folder}/restate`, "--node-name", "bench", "--no-logo"], {
    cwd: folder,
    env,
  });
  const urls = { ingress: `http://127.0.0.1:${ingress}`, admin: `http://127.0.0.1:${admin}` };
  await server.until(async () => {
    const healths = [`${urls.admin}/health`, `${urls.ingress}/restate/health`];
    return (await Promise.all(healths.map((url) => fetch(url)))).every(({ ok }) => ok);
  });
  // The data is discarded, so an orderly shutdown is not worth the wait.
  return { ...urls, end: () => server.end("SIGKILL") };
}

async function register(admin: string, port: number): Promise<void> {
  const answer = await fetch(`${admin}/deployments`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ uri: `http://127.0.0.1:${port}` }),
  });
  if (!answer.ok) throw new Error(`Restate does not take the service: ${answer.status} ${await answer.text()}`);
}
