import { type AttributeValue, DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { expect } from "chai";
import * as fc from "fast-check";
import { openStore } from "../../saga";
import { type LocalTable, startTable } from "../../saga/local/dynamodb/table";
import { memoryTable } from "../../saga/testing";

describe("the store", () => {
  const saga = { id: "execution", step: "Pay" };
  const event = (key: Record<string, unknown>) => ({ key, saga });
  const open = (table: string) =>
    openStore<{ readonly key: Record<string, unknown> }, { readonly paid: number }>({
      table,
      entity: "Payment",
      key: (given) => given.key as Record<string, string>,
    });

  const faults: readonly (readonly [key: Record<string, unknown>, says: string])[] = [
    [{ pk: undefined, sk: "A" }, "its key 'pk' is undefined, neither a string nor a finite number"],
    [{ pk: null, sk: "A" }, "its key 'pk' is null, neither a string nor a finite number"],
    [{ pk: Number.NaN, sk: "A" }, "its key 'pk' is NaN, neither a string nor a finite number"],
    [{ pk: "", sk: "A" }, "its key 'pk' has 0 bytes, not 1 to 2048"],
    [{ pk: "a", sk: "é".repeat(513) }, "its key 'sk' has 1026 bytes, not 1 to 1024"],
  ];
  for (const [key, says] of faults) {
    it(`refuses an action that names no row, and its undo succeeds (S3): ${says}`, async () => {
      const payments = open(memoryTable().name);
      const refused = await payments.create(event(key), { paid: 1 }).catch((error: unknown) => error as Error);
      expect(refused).to.include({ name: "InvalidPayment", message: `the event names no payment: ${says}` });
      expect(await payments.undo(event(key))).to.deep.equal({ outcome: "nothing", result: { undone: false } });
      expect(await payments.find(event(key))).to.equal(undefined);
    });
  }

  /** Runs on a DynamoDB table, whose name the functions find in their variables. */
  async function onDynamo(work: (table: LocalTable) => Promise<void>): Promise<void> {
    const attributes = ["pk", "sk"].map((name) => ({ name, type: "S" }));
    const table = await startTable({ attributes, hashKey: "pk", rangeKey: "sk" }, "payments");
    const environment = { AWS_ENDPOINT_URL_DYNAMODB: table.endpoint, AWS_REGION: "eu-west-1" };
    const credentials = { AWS_ACCESS_KEY_ID: "local", AWS_SECRET_ACCESS_KEY: "local" };
    const before = { ...process.env };
    Object.assign(process.env, environment, credentials);
    try {
      await work(table);
    } finally {
      process.env = before;
      await table.close();
    }
  }

  it("accepts the longest keys that DynamoDB accepts", () =>
    onDynamo(async (table) => {
      const key = { pk: "é".repeat(1024), sk: "s".repeat(1024) };
      expect(await open("payments").create(event(key), { paid: 1 })).to.have.property("outcome", "done");
      expect(await table.rows()).to.have.length(1);
    }));

  it("overwrites the data of the option renew at a repeat, and leaves the rest (S4)", () =>
    onDynamo(async (table) => {
      const asked = { id: "1", saga };
      for (const name of ["payments", memoryTable().name]) {
        const requests = openStore<{ readonly id: string }, { readonly token: string; readonly asked: number }>({
          table: name,
          entity: "Request",
          key: ({ id }) => ({ pk: id, sk: "REQUEST" }),
          renew: ["token"],
        });
        await requests.create(asked, { token: "first", asked: 1 });
        expect(await requests.create(asked, { token: "second", asked: 2 })).to.deep.equal({
          outcome: "repeated",
          result: { token: "second", asked: 1 },
        });
        expect((await requests.find(asked))?.data).to.include({ token: "second", asked: 1 });
        const other = { id: "1", saga: { ...saga, id: "another" } };
        const failed = await requests.create(other, { token: "third", asked: 3 }).catch((error: unknown) => error);
        expect(failed).to.have.property("name", "RequestAlreadyExists");
        await requests.undo(asked);
        const late = await requests.create(asked, { token: "fourth", asked: 4 }).catch((error: unknown) => error);
        expect(late).to.have.property("name", "AlreadyUndone");
        expect((await requests.find(asked))?.data).to.include({ token: "second", asked: 1 });
      }
      expect(await table.rows()).to.have.length(1);
    }));

  it("says where the variable with its table's name is set, if it is not set", () => {
    const { TABLE_NAME } = {} as { readonly TABLE_NAME?: string };
    const opened = () => openStore({ table: TABLE_NAME, entity: "Payment", key: () => undefined });
    expect(opened).to.throw(
      /^the store of 'Payment' has no table: the environment variable with its name is not set\. TABLE_NAME is set/,
    );
    expect(opened).to.throw("LEDGER_TABLE_NAME is set there if the task has tables: { ledger: […] }");
    expect(opened).to.throw("In a test, pass the option table, or tables: { ledger }");
  });

  describe("two steps of a saga on one row (S11)", () => {
    const key = { pk: "a", sk: "b" };
    const debit = { key, saga: { id: "execution", step: "Debit" } };
    const credit = { key, saga: { id: "execution", step: "Credit" } };

    it("refuses the second step's action, and names both steps", async () => {
      const payments = open(memoryTable().name);
      await payments.create(debit, { paid: 1 });
      const refused = await payments.create(credit, { paid: 2 }).catch((error: unknown) => error as Error);
      expect(refused).to.include({
        name: "PaymentAlreadyExists",
        message: "step 'Debit' of this saga holds this payment; step 'Credit' needs a key of its own",
      });
      expect(await payments.find(credit)).to.deep.equal({ live: true, own: false, data: { ...key, paid: 1 } });
      expect(await payments.find(debit)).to.deep.equal({ live: true, own: true, data: { ...key, paid: 1 } });
    });

    it("treats a row without a step, such as one written by hand, as the saga's own", () =>
      onDynamo(async (table) => {
        const client = new DynamoDBClient({});
        const [owner, live] = ["execution", "LIVE"].map((text) => ({ S: text })) as [AttributeValue, AttributeValue];
        const Item = { pk: { S: "a" }, sk: { S: "b" }, saga_id: owner, status: live, paid: { N: "3" } };
        await client.send(new PutItemCommand({ TableName: "payments", Item }));
        const payments = open("payments");
        expect(await payments.create(credit, { paid: 2 })).to.deep.equal({ outcome: "repeated", result: { paid: 3 } });
        expect(await payments.find(credit)).to.deep.equal({ live: true, own: true, data: { ...key, paid: 3 } });
        expect(await payments.undo(credit)).to.deep.equal({ outcome: "undone", result: { undone: true } });
        expect((await table.rows())[0]).to.include({ status: "UNDONE" });
        expect(await payments.undo(debit)).to.deep.equal({ outcome: "nothing", result: { undone: false } });
        client.destroy();
      }));

    it("protects each owner's effect from all others, in any order and concurrently (S3)", async () => {
      const owner = fc.record({ id: fc.constantFrom("A", "B"), step: fc.constantFrom("Debit", "Credit") });
      const call = fc.record({ saga: owner, did: fc.constantFrom("create" as const, "undo" as const) });
      await fc.assert(
        fc.asyncProperty(fc.array(fc.array(call, { minLength: 1, maxLength: 3 }), { maxLength: 8 }), async (moves) => {
          const memory = memoryTable();
          const payments = open(memory.name);
          const named = ({ id, step }: { readonly id: string; readonly step: string }) => `${id} ${step}`;
          const holder = () => memory.rows().flatMap((row) => (row["status"] === "LIVE" ? [heldBy(row)] : []))[0];
          const heldBy = (row: Readonly<Record<string, unknown>>) =>
            `${String(row["saga_id"])} ${String(row["saga_step"])}`;
          const undone = new Set<string>();
          for (const move of moves) {
            const before = holder();
            const came = await Promise.all(
              move.map(({ saga: by, did }) =>
                did === "undo"
                  ? payments.undo({ key, saga: by }).then(({ outcome }) => outcome)
                  : payments.create({ key, saga: by }, { paid: 1 }).then(
                      ({ outcome }) => outcome,
                      (error: unknown) => (error as Error).name,
                    ),
              ),
            );
            for (const [index, { saga: by, did }] of move.entries()) {
              if (did === "create" && undone.has(named(by))) expect(came[index]).to.equal("AlreadyUndone");
            }
            const undos = move.filter(({ did }) => did === "undo").map(({ saga: by }) => named(by));
            for (const name of undos) undone.add(name);
            // An undone effect is gone. An earlier effect is still there, unless its own step was undone.
            expect([...undone]).to.not.include(holder());
            if (before !== undefined && !undos.includes(before)) expect(holder()).to.equal(before);
            if (move.length === 1 && came[0] === "done") expect(holder()).to.equal(named((move[0] as Move).saga));
          }
        }),
        { numRuns: 300 },
      );
    });
  });
});

interface Move {
  readonly saga: { readonly id: string; readonly step: string };
}
