import { deepEqual, equal } from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { minutes } from "saga-aws-pulumi";
import {
  arrivingLate,
  checkTaskContract,
  failing,
  type MemoryTable,
  memoryTable,
  type Mishaps,
  runSaga,
  standIn,
  stopping,
} from "saga-aws-pulumi/testing";
import { type Basket, checkout } from "../checkout";
import { announce } from "../tasks/news";
import { payments } from "../tasks/payments";
import { release, reserve } from "../tasks/things";
import { type Partners, PAYMENTS_KEY, startPartners } from "./partners";

const BASKET: Basket = {
  order: "o-1",
  buyer: "Bo",
  card: "4242",
  total: 4990,
  things: [
    { seller: "Ada", thing: "lamp" },
    { seller: "Eve", thing: "chair" },
  ],
};

let partners: Partners;
before(async () => {
  partners = await startPartners();
});
after(() => partners.close());

describe("a checkout", () => {
  const newsTopic = "arn:aws:sns:eu-west-1:000000000000:news";
  const service = () => ({ url: partners.paymentsUrl, key: PAYMENTS_KEY });
  const published: string[] = [];

  const buy = (given: { readonly basket?: Partial<Basket>; readonly steps?: Mishaps; readonly table?: MemoryTable }) =>
    runSaga(checkout({ newsTopic, payments: service() }), {
      input: { ...BASKET, ...given.basket },
      // Step Functions calls SNS itself, so SNS needs a stand-in. All other tasks run their own handlers.
      tasks: [
        standIn(announce(newsTopic), ({ Message }) => {
          published.push(Message);
          return { MessageId: "1" };
        }),
      ],
      ...(given.steps && { steps: given.steps }),
      ...(given.table && { table: given.table }),
    });
  /** The payments since then that are not refunded. */
  const standing = (from: number) => [...partners.payments.values()].slice(from).filter(({ refunded }) => !refunded);

  it("reserves, charges, orders and announces", async () => {
    const run = await buy({});
    equal(run.outcome, "completed");
    equal(run.output?.fee, "4.24");
    deepEqual(published, ["2 sold: no note"]);
    deepEqual(
      run.table?.rows().map(({ owner, record, status }) => [owner, record, status]),
      [
        ["Ada", "THING#lamp", "LIVE"],
        ["Bo", "ORDER#o-1", "LIVE"],
        ["Eve", "THING#chair", "LIVE"],
      ],
    );
  });

  it("undoes everything if the card is declined", async () => {
    const run = await buy({ basket: { card: "declined" } });
    equal(run.outcome, "compensated");
    equal(run.failure?.error, "CardDeclined");
    deepEqual(
      run.table?.rows().map(({ status }) => status),
      ["UNDONE", "UNDONE"],
    );
  });

  it("sells a thing once, and refunds the second buyer", async () => {
    const table = memoryTable();
    const first = await buy({ table });
    const before = partners.payments.size;
    const second = await buy({ table, basket: { order: "o-2", buyer: "Cy" } });
    deepEqual([first.outcome, second.outcome], ["completed", "compensated"]);
    equal(second.failure?.error, "ThingTaken");
    deepEqual(standing(before), []);
  });

  it("refunds a charge that arrives only after its undo", async () => {
    const before = partners.payments.size;
    const run = await buy({ steps: { Charge: arrivingLate(minutes(10)) } });
    equal(run.outcome, "compensated");
    equal(run.callsOf("Charge")[0]?.error, "AlreadyUndone");
    deepEqual(standing(before), []);
  });

  it("announces the order in the end, even if SNS fails at first", async () => {
    const run = await buy({ steps: { Announce: failing("Sns.InternalErrorException", { times: 20 }) } });
    equal(run.outcome, "completed");
    equal(run.callsOf("Announce").length, 21);
  });

  it("is undone if somebody stops it", async () => {
    const before = partners.payments.size;
    const run = await buy({ steps: { PlaceOrder: stopping() } });
    equal((await run.recover()).did, "recovered");
    deepEqual(standing(before), []);
  });
});

describe("the contract of a task (S3)", () => {
  it("is kept by a reservation and its release", async () => {
    const table = memoryTable();
    await checkTaskContract({
      action: reserve,
      undo: release,
      input: (row) => ({ seller: "Ada", thing: `lamp-${row}`, order: "o-1" }),
      table,
      effects: () => table.liveRows(),
    });
  });

  it("is kept by a charge and its refund", async () => {
    const { charge, refund } = payments({ url: partners.paymentsUrl, key: PAYMENTS_KEY });
    await checkTaskContract({
      action: charge,
      undo: refund,
      input: { card: "4242", amount: 100 },
      undoInput: () => ({}),
      reset: () => {
        partners.forget();
      },
      effects: () =>
        [...partners.payments].filter(([, { refunded }]) => !refunded).map(([key, { amount }]) => [key, amount]),
      runs: 10,
    });
  });
});
