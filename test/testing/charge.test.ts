import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { expect } from "chai";
import { chargeCard, refundCard } from "../../examples/charge/tasks";
import { checkTaskContract, type Interruption, LAWS, memoryTable } from "../../saga/testing";

interface Charge {
  readonly charge_id: string;
  readonly amount: number;
  refunded: boolean;
}

describe("a task that calls a service across the network", function () {
  this.timeout(60_000);
  const charges = new Map<string, Charge>();
  let server: Server;
  /** What happens to requests: the request is lost, or its answer is. */
  let losing: "requests" | "answers" | undefined;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, key = "", refund] = /^\/charges\/([^/]+)(\/refund)?$/.exec(request.url ?? "") ?? [];
    if (losing === "requests") {
      response.destroy();
      return;
    }
    if (request.method === "PUT" && !charges.has(key)) {
      const { amount } = (await json(request)) as Charge;
      charges.set(key, { charge_id: `ch_${charges.size + 1}`, amount, refunded: false });
    }
    const charge = charges.get(key);
    if (charge && refund) charge.refunded = true;
    if (losing === "answers") response.destroy();
    else response.writeHead(charge ? 200 : 404).end(JSON.stringify(charge ?? {}));
  }

  before(async () => {
    server = createServer((request, response) => void serve(request, response));
    await once(server.listen(0, "127.0.0.1"), "listening");
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });

  const lose =
    (what: typeof losing): Interruption =>
    async (call) => {
      losing = what;
      return call().finally(() => {
        losing = undefined;
      });
    };

  const check = (undo: typeof refundCard) => {
    const table = memoryTable();
    return checkTaskContract({
      action: chargeCard,
      undo,
      input: (row) => ({ order_id: `order-${row}`, amount: 40 }),
      undoInput: ({ order_id }, answer) => ({ order_id, ...(answer && { charge_id: answer.charge_id }) }),
      table,
      environment: {
        CHARGES_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        CHARGES_SETTLE_MS: "20",
      },
      reset: () => {
        charges.clear();
      },
      effects: () => [...charges].filter(([, { refunded }]) => !refunded).map(([key, { amount }]) => ({ key, amount })),
      interruptions: { "the request is lost": lose("requests"), "the service's answer is lost": lose("answers") },
      runs: 20,
    });
  };

  it("keeps the contract of a task, whichever message is lost", async () => {
    const { judged } = await check(refundCard);
    expect(judged).to.have.all.keys(Object.keys(LAWS));
    expect(Math.min(...Object.values(judged)), JSON.stringify(judged)).to.be.greaterThan(0);
  });
});
