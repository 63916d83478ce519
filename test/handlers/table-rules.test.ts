import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { expect } from "chai";
import { type Deployed, deploy } from "./deployed";
import { A, B, entities } from "./entities";

const THIRTY_DAYS = 30 * 24 * 60 * 60;

// test/testing/deployed.test.ts checks calls in any order, and concurrent calls, against the contract of a task.
describe("the table's rules", () => {
  let deployed: Deployed;
  before(async () => {
    deployed = await deploy();
  });
  beforeEach(() => deployed.table.clear());
  after(() => deployed.close());

  const rows = () => deployed.table.rows();
  const theRow = async () => (await rows())[0] ?? {};

  for (const { entity, action, undo, exists, inputOfA, dataOfA, inputOfB, dataOfB } of entities) {
    describe(`${action} and ${undo}`, () => {
      const eventOfA = { ...A, order_id: "1", ...inputOfA };
      const eventOfB = { ...B, order_id: "1", ...inputOfB };
      const actA = () => deployed.call(action, eventOfA);
      const actB = () => deployed.call(action, eventOfB);
      const undoFor = (who: typeof A) => deployed.call(undo, { ...who, order_id: "1" });
      const key = { order_id: "1", entity };
      const liveOfA = { ...key, saga_id: A.saga.id, saga_step: "Step", status: "LIVE", ...dataOfA };
      const liveOfB = { ...key, saga_id: B.saga.id, saga_step: "Step", status: "LIVE", ...dataOfB };

      /** Makes the tombstone look old, so that a renewal is visible. */
      const age = async () => {
        const credentials = { accessKeyId: "local", secretAccessKey: "local" };
        const client = new DynamoDBClient({ endpoint: deployed.table.endpoint, region: "us-east-1", credentials });
        await DynamoDBDocumentClient.from(client).send(
          new UpdateCommand({
            TableName: deployed.tableName,
            Key: key,
            UpdateExpression: "SET expires_at = :then",
            ExpressionAttributeValues: { ":then": 1 },
          }),
        );
        client.destroy();
      };

      it("an action on an absent item writes it and answers with its data", async () => {
        expect(await actA()).to.deep.equal({ order_id: "1", ...dataOfA });
        expect(await rows()).to.deep.equal([liveOfA]);
      });

      it("a repeated action returns what is stored, whatever its input", async () => {
        const first = await actA();
        expect(await deployed.call(action, { ...A, order_id: "1", ...inputOfB })).to.deep.equal(first);
        expect(await rows()).to.deep.equal([liveOfA]);
      });

      it("an action on another saga's live item is refused and changes nothing", async () => {
        await actA();
        expect((await deployed.failure(action, eventOfB)).errorType).to.equal(exists);
        expect(await rows()).to.deep.equal([liveOfA]);
      });

      it("a live item of another step of the same saga is refused, and only its own step's undo changes it (S11)", async () => {
        await actA();
        const other = { saga: { ...A.saga, step: "Other" } };
        const refused = await deployed.failure(action, { ...eventOfA, ...other });
        const thing = entity.toLowerCase();
        expect(refused).to.include({
          errorType: exists,
          errorMessage: `step 'Step' of this saga holds this ${thing}; step 'Other' needs a key of its own`,
        });
        expect(await undoFor({ ...A, ...other })).to.deep.equal({ undone: false });
        expect(await rows()).to.deep.equal([{ ...liveOfA, undone_by: [A.saga.id] }]);
        expect((await deployed.failure(action, { ...eventOfA, ...other })).errorType).to.equal("AlreadyUndone");
        expect(await actA()).to.deep.equal({ order_id: "1", ...dataOfA });
        expect(await undoFor(A)).to.deep.equal({ undone: true });
        expect(await theRow()).to.include({ status: "UNDONE", saga_id: A.saga.id, saga_step: "Step" });
        expect((await deployed.failure(action, eventOfA)).errorType).to.equal("AlreadyUndone");
      });

      it("an undo leaves a tombstone on its own item, which expires thirty days later", async () => {
        await actA();
        const earliest = Math.floor(Date.now() / 1000) + THIRTY_DAYS;
        expect(await undoFor(A)).to.deep.equal({ undone: true });
        const row = await theRow();
        expect(row).to.deep.equal({
          ...liveOfA,
          status: "UNDONE",
          undone_by: [A.saga.id],
          expires_at: row["expires_at"],
        });
        expect(row["expires_at"]).to.be.within(earliest, Math.floor(Date.now() / 1000) + THIRTY_DAYS);
      });

      it("an undo whose action never happened succeeds and leaves a tombstone", async () => {
        expect(await undoFor(A)).to.deep.equal({ undone: true });
        const row = await theRow();
        expect(row).to.deep.equal({
          ...key,
          saga_id: A.saga.id,
          status: "UNDONE",
          undone_by: [A.saga.id],
          expires_at: row["expires_at"],
        });
      });

      it("a repeated undo succeeds and leaves the tombstone as it is", async () => {
        await actA();
        await undoFor(A);
        await age();
        const before = JSON.stringify(await rows());
        expect(await undoFor(A)).to.deep.equal({ undone: false });
        expect(JSON.stringify(await rows())).to.equal(before);
      });

      it("an action that comes after its undo is refused", async () => {
        await undoFor(A);
        const before = await rows();
        expect((await deployed.failure(action, eventOfA)).errorType).to.equal("AlreadyUndone");
        expect(await rows()).to.deep.equal(before);
      });

      it("an undo on another saga's live item leaves its data unchanged, and its own action is refused from then on", async () => {
        await actA();
        expect(await undoFor(B)).to.deep.equal({ undone: false });
        expect(await rows()).to.deep.equal([{ ...liveOfA, undone_by: [B.saga.id] }]);
        await undoFor(A);
        expect((await deployed.failure(action, eventOfB)).errorType).to.equal("AlreadyUndone");
        expect(await theRow()).to.include({ status: "UNDONE", saga_id: A.saga.id });
      });

      it("a second saga replaces a tombstone, which then has none of the first one's data and no expiry", async () => {
        await actA();
        await undoFor(A);
        expect(await actB()).to.deep.equal({ order_id: "1", ...dataOfB });
        expect(await rows()).to.deep.equal([{ ...liveOfB, undone_by: [A.saga.id] }]);
      });

      it("tombstones accumulate, each renews the expiry, and all of their actions are refused", async () => {
        await actA();
        await undoFor(A);
        await age();
        expect(await undoFor(B)).to.deep.equal({ undone: true });
        const row = await theRow();
        expect(row).to.include({ status: "UNDONE", saga_id: A.saga.id });
        expect(row["undone_by"]).to.deep.equal([A.saga.id, B.saga.id]);
        expect(row["expires_at"]).to.be.greaterThan(THIRTY_DAYS);
        for (const event of [eventOfA, eventOfB]) {
          expect((await deployed.failure(action, event)).errorType).to.equal("AlreadyUndone");
        }
      });

      it("another order of the same saga is another item", async () => {
        await undoFor(A);
        await deployed.call(action, { ...A, order_id: "2", ...inputOfA });
        expect((await rows()).map(({ order_id, status }) => [order_id, status])).to.deep.equal([
          ["1", "UNDONE"],
          ["2", "LIVE"],
        ]);
      });
    });
  }

  it("the three entities of an order are undone independently", async () => {
    for (const { action, inputOfA } of entities) await deployed.call(action, { ...A, order_id: "1", ...inputOfA });
    await deployed.call("refundPayment", { ...A, order_id: "1", payment_id: "pay_1d5daea2ba563f7bf1b25dd6" });
    expect((await rows()).map(({ entity, status }) => [entity, status])).to.deep.equal([
      ["ORDER", "LIVE"],
      ["PAYMENT", "UNDONE"],
      ["SHIPMENT", "LIVE"],
    ]);
  });

  it("an identifier is the same for the same step, and differs for another step, saga or order", async () => {
    const pay = async (event: object) => {
      await deployed.table.clear();
      const answer = await deployed.call("processPayment", {
        ...A,
        order_id: "1",
        total: 1,
        card_no: "1234",
        ...event,
      });
      return (answer as { payment_id: string }).payment_id;
    };
    const first = await pay({});
    expect(await pay({ total: 2 })).to.equal(first);
    for (const other of [B, { order_id: "2" }, { saga: { ...A.saga, step: "Other" } }]) {
      expect(await pay(other)).to.not.equal(first);
    }
  });
});
