import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import * as fc from "fast-check";
import { openStore, type TaskEvent } from "../../saga";
import { startTable } from "../../saga/local/dynamodb/table";
import { checkTaskContract, type Interruption, LAWS, memoryTable } from "../../saga/testing";
import { type Deployed, deploy } from "../handlers/deployed";
import { entities } from "../handlers/entities";
import { SLOW, sizes } from "../slow";

describe("the contract of a task, kept by deployed functions", function () {
  this.timeout(180_000);
  let deployed: Deployed;
  let proxy: Server;
  /** How many more answers of the table will be lost. */
  let losses = 0;

  before(async () => {
    let target = "";
    proxy = createServer((incoming, outgoing) => {
      const forwarded = request(target, { method: incoming.method, headers: incoming.headers }, (answer) => {
        if (losses-- > 0) return answer.resume().on("end", () => outgoing.destroy());
        return answer.pipe(outgoing.writeHead(answer.statusCode ?? 500, answer.headers));
      });
      incoming.pipe(forwarded);
    });
    await once(proxy.listen(0, "127.0.0.1"), "listening");
    deployed = await deploy((endpoint) => {
      target = endpoint;
      return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    });
  });
  after(async () => {
    await deployed.close();
    proxy.close();
    proxy.closeAllConnections();
  });

  const losing =
    (count: number): Interruption =>
    async (call) => {
      losses = count;
      return call().finally(() => {
        losses = 0;
      });
    };

  for (const { action, undo, inputOfA } of entities) {
    it(`is kept by ${action} and ${undo}, whichever answers of the table are lost ${SLOW}`, async () => {
      const { judged } = await checkTaskContract({
        action: (event: TaskEvent<{ order_id: string }>) => deployed.call(action, event),
        undo: (event: TaskEvent<{ order_id: string }>) => deployed.call(undo, event),
        input: (row) => ({ order_id: `order-${row}`, ...inputOfA }),
        reset: () => deployed.table.clear(),
        effects: async () => {
          const rows = await deployed.table.rows();
          return rows.filter(({ status }) => status === "LIVE").map((row) => ({ ...row, undone_by: undefined }));
        },
        // The SDK retries after one lost answer. If every answer is lost, the call fails.
        interruptions: { "the table's first answer is lost": losing(1), "the table's answers are lost": losing(9) },
        runs: 10,
      });
      expect(Math.min(...Object.values(judged)), JSON.stringify(judged)).to.be.greaterThan(0);
      expect(judged).to.have.all.keys(Object.keys(LAWS));
    });
  }
});

describe("a table in memory", function () {
  this.timeout(60_000);

  for (const [cases, mark] of sizes(60, 15)) {
    it(`does what DynamoDB does, with any keys, names of attributes and names of refusals (${cases} cases)${mark}`, async () => {
      const table = await startTable(
        {
          attributes: [
            { name: "pk", type: "S" },
            { name: "n", type: "N" },
          ],
          hashKey: "pk",
          rangeKey: "n",
        },
        "ledger",
      );
      const environment = { ...process.env };
      Object.assign(process.env, {
        AWS_ENDPOINT_URL_DYNAMODB: table.endpoint,
        AWS_REGION: "us-east-1",
        AWS_ACCESS_KEY_ID: "local",
        AWS_SECRET_ACCESS_KEY: "local",
      });
      try {
        const memory = memoryTable();
        interface Entry {
          readonly pk: string;
          readonly amount: number;
          readonly note?: string | undefined;
        }
        const open = (name: string) =>
          openStore<{ pk: string }, Entry>({
            table: name,
            entity: "Entry",
            key: ({ pk }) => ({ pk, n: 7 }),
            attributes: { saga: "owner", step: "part", status: "state", undoneBy: "gone_for", expiresAt: "ttl" },
            refusals: { exists: "Taken", undone: "TooLate" },
            tombstoneDays: 1,
          });
        const stores = [open("ledger"), open(memory.name)];
        const call = fc.record({
          saga: fc.constantFrom("A", "B", "C"),
          step: fc.constantFrom("Debit", "Credit"),
          did: fc.constantFrom("create", "undo", "find"),
          amount: fc.integer({ min: 1, max: 3 }),
          note: fc.option(fc.constantFrom("x", "y"), { nil: undefined }),
        });
        let count = 0;
        await fc.assert(
          fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 12 }), async (calls) => {
            const pk = `entry-${++count}`;
            for (const { saga: id, step, did, amount, note } of calls) {
              const event = { pk, saga: { id, step } };
              const answers = await Promise.all(
                stores.map((store) =>
                  (did === "create" ? store.create(event, { pk, amount, note }) : store[did](event)).then(
                    (answer) => JSON.parse(JSON.stringify(answer ?? null)) as unknown,
                    (error: unknown) => (error as Error).name,
                  ),
                ),
              );
              expect(answers[0]).to.deep.equal(answers[1]);
              const timeless = (rows: readonly Readonly<Record<string, unknown>>[]) =>
                rows.map((row) => ({ ...row, ttl: typeof row["ttl"] }));
              expect(timeless(await table.rows(pk))).to.deep.equal(
                timeless(memory.rows().filter((row) => row["pk"] === pk)),
              );
            }
          }),
          { numRuns: cases },
        );
        const refused = [
          await stores[1]?.create({ pk: "1", saga: { id: "A", step: "S" } }, { pk: "1", amount: 1 }),
          await stores[1]?.create({ pk: "1", saga: { id: "B", step: "S" } }, { pk: "1", amount: 1 }).catch(String),
        ];
        expect(refused[1]).to.equal("Taken: another saga holds a live entry");
      } finally {
        process.env = environment;
        await table.close();
      }
    });
  }

  it("needs a name, and refuses data that would overwrite the store's own attributes", async () => {
    const open = (table: string | undefined) =>
      openStore<{ id: string }, { status: string }>({ table, entity: "Seat", key: ({ id }) => ({ id }) });
    expect(() => open(undefined)).to.throw("the store of 'Seat' has no table");
    const event = { id: "1", saga: { id: "A", step: "S" } };
    const failed = await open(memoryTable().name).create(event, { status: "sold" }).catch(String);
    expect(failed).to.contain("'status' can't be data of a seat: it is one of the store's own attributes");
  });
});
