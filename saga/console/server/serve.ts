import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { CONSOLE_PATH, ConsoleServer } from "./index";
import type { ConsoleOptions } from "./options";

export interface ServedConsole {
  /** The console's URL. */
  readonly url: string;
  /** The program has changed: the pages are notified. */
  readonly changed: () => void;
  readonly close: () => void;
}

/** Serves a console on a free port of the loopback interface. */
export async function serveConsole(options: ConsoleOptions): Promise<ServedConsole> {
  const site = new ConsoleServer(options);
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 30_000 }, (incoming, outgoing) => {
    site.answer(incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.maxConnections = 512;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${CONSOLE_PATH}`,
    changed: () => {
      site.changed();
    },
    close() {
      site.close();
      server.close();
      server.closeAllConnections();
    },
  };
}
