import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";

/** A service of AWS on this machine. */
export interface Served {
  readonly endpoint: string;
  close(): Promise<void>;
}

/** Answers requests on a free port of the loopback interface. */
export async function serve(
  answer: (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>,
): Promise<Served> {
  const server = createServer((incoming, outgoing) => void answer(incoming, outgoing));
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = promisify(server.close.bind(server))();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Says why whoever makes a request may not do something to a resource; undefined where they may. */
export type Refuse = (request: IncomingMessage, action: string, resource: string) => Promise<string | undefined>;
