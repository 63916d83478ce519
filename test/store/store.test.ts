import { expect } from "chai";
import { openStore } from "../../saga";
import { startTable } from "../../saga/local/dynamodb/table";
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
    [{ pk: undefined, sk: "A" }, "its key 'pk' is undefined, no string and no number"],
    [{ pk: null, sk: "A" }, "its key 'pk' is null, no string and no number"],
    [{ pk: Number.NaN, sk: "A" }, "its key 'pk' is NaN, no string and no number"],
    [{ pk: "", sk: "A" }, "its key 'pk' has 0 bytes, not 1 to 2048"],
    [{ pk: "a", sk: "é".repeat(513) }, "its key 'sk' has 1026 bytes, not 1 to 1024"],
  ];
  for (const [key, says] of faults) {
    it(`refuses an action that names no row, and has nothing to undo (S3): ${says}`, async () => {
      const payments = open(memoryTable().name);
      const refused = await payments.create(event(key), { paid: 1 }).catch((error: unknown) => error as Error);
      expect(refused).to.include({ name: "InvalidPayment", message: `the event names no payment: ${says}` });
      expect(await payments.undo(event(key))).to.deep.equal({ outcome: "nothing", result: { undone: false } });
      expect(await payments.find(event(key))).to.equal(undefined);
    });
  }

  it("takes the longest keys that DynamoDB takes", async () => {
    const attributes = ["pk", "sk"].map((name) => ({ name, type: "S" }));
    const table = await startTable({ attributes, hashKey: "pk", rangeKey: "sk" }, "payments");
    const environment = { AWS_ENDPOINT_URL_DYNAMODB: table.endpoint, AWS_REGION: "eu-west-1" };
    const credentials = { AWS_ACCESS_KEY_ID: "local", AWS_SECRET_ACCESS_KEY: "local" };
    const before = { ...process.env };
    Object.assign(process.env, environment, credentials);
    try {
      const key = { pk: "é".repeat(1024), sk: "s".repeat(1024) };
      expect(await open("payments").create(event(key), { paid: 1 })).to.have.property("outcome", "done");
      expect(await table.rows()).to.have.length(1);
    } finally {
      process.env = before;
      await table.close();
    }
  });
});
