import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { type Deployed, deploy } from "./deployed";
import { A, B } from "./entities";

/** What happens to a request to DynamoDB on its way. Requests that it makes itself pass unchanged. */
type Interference = (operation: string) => Promise<"pass" | "lose the answer" | "refuse">;

describe("interference between a write and its answer", () => {
  let deployed: Deployed;
  let proxy: Server;
  let interfere: Interference;
  let operations: string[];
  let interfering = false;

  const fate = async (operation: string): ReturnType<Interference> => {
    if (interfering) return "pass";
    operations.push(operation);
    interfering = true;
    const what = await interfere(operation);
    interfering = false;
    return what;
  };

  before(async () => {
    let target = "";
    proxy = createServer((incoming, outgoing) => {
      void fate(String(incoming.headers["x-amz-target"]).replace(/.*\./, "")).then((what) => {
        if (what === "refuse") {
          const body = JSON.stringify({ __type: "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException" });
          return outgoing.writeHead(400, { "Content-Type": "application/x-amz-json-1.0" }).end(body);
        }
        const forwarded = request(target, { method: incoming.method, headers: incoming.headers }, (answer) => {
          if (what === "lose the answer") return answer.resume().on("end", () => outgoing.destroy());
          return answer.pipe(outgoing.writeHead(answer.statusCode ?? 500, answer.headers));
        });
        return incoming.pipe(forwarded);
      });
    });
    await once(proxy.listen(0, "127.0.0.1"), "listening");
    deployed = await deploy((endpoint) => {
      target = endpoint;
      return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    });
  });
  beforeEach(async () => {
    await deployed.table.clear();
    interfere = async () => "pass";
    operations = [];
    deployed.logs.length = 0;
  });
  after(async () => {
    await deployed.close();
    proxy.close();
    proxy.closeAllConnections();
  });

  const order = { order_id: "1", total: 100 };

  it("an action whose answer was lost finds its own item and returns the same answer", async () => {
    interfere = async () => (operations.length === 1 ? "lose the answer" : "pass");
    expect(await deployed.call("createOrder", { ...A, ...order })).to.deep.equal(order);
    expect(operations).to.deep.equal(["UpdateItem", "UpdateItem", "GetItem"]);
    expect(await deployed.table.rows()).to.have.length(1);
  });

  it("an undo whose answer was lost succeeds and leaves one tombstone", async () => {
    await deployed.call("createOrder", { ...A, ...order });
    operations = [];
    interfere = async () => (operations.length === 1 ? "lose the answer" : "pass");
    expect(await deployed.call("deleteOrder", { ...A, order_id: "1" })).to.deep.equal({ undone: false });
    expect((await deployed.table.rows())[0]).to.deep.include({ status: "UNDONE", undone_by: [A.saga.id] });
  });

  it("an action takes an item whose owner undoes it between the refused write and the read", async () => {
    await deployed.call("createOrder", { ...B, ...order });
    interfere = async (operation) => {
      if (operation === "GetItem") await deployed.call("deleteOrder", { ...B, order_id: "1" });
      return "pass";
    };
    expect(await deployed.call("createOrder", { ...A, ...order })).to.deep.equal(order);
    expect((await deployed.table.rows())[0]).to.deep.include({ saga_id: A.saga.id, status: "LIVE" });
  });

  it("an action gives up after three tries on an item that keeps changing", async () => {
    // Each write finds B's live order, and each read finds no order.
    interfere = async (operation) => {
      await deployed.table.clear();
      if (operation === "UpdateItem") await deployed.call("createOrder", { ...B, ...order });
      return "pass";
    };
    expect((await deployed.failure("createOrder", { ...A, ...order })).errorType).to.equal("Contended");
    expect(operations).to.deep.equal(Array(3).fill(["UpdateItem", "GetItem"]).flat());
  });

  it("a fault of the table fails the call with the fault's name, which is logged", async () => {
    interfere = async () => "refuse";
    for (const task of ["createOrder", "deleteOrder"]) {
      expect((await deployed.failure(task, { ...A, ...order })).errorType).to.equal("ResourceNotFoundException");
      const line = JSON.parse(deployed.logs.splice(0).join());
      expect(line).to.include({ task, outcome: "failed", error: "ResourceNotFoundException" });
    }
  });
});
