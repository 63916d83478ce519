import { deepEqual, equal } from "node:assert/strict";
import { describe, it } from "node:test";
import { checkTaskContract, memoryTable, runSaga, stopping, timingOut } from "saga-aws-pulumi/testing";
import { book, cancel } from "./tasks";
import { transfer } from "./transfer";

const input = { transfer: "t-1", from: "ada", to: "bob", amount: 500 };

describe("a transfer", () => {
  it("books both sides", async () => {
    const table = memoryTable();
    const run = await runSaga(transfer, { input, table });
    equal(run.outcome, "completed");
    deepEqual(
      table.liveRows().map(({ account }) => account),
      ["ada", "bob"],
    );
  });

  it("books both sides if an account pays itself", async () => {
    const table = memoryTable();
    const run = await runSaga(transfer, { input: { ...input, to: "ada" }, table });
    equal(run.outcome, "completed");
    equal(table.liveRows().length, 2);
  });

  it("is refused without an amount", async () => {
    const run = await runSaga(transfer, { input: { ...input, amount: 0 } });
    equal(run.outcome, "compensated");
    equal(run.failure?.error, "InvalidBooking");
  });

  it("leaves nothing if the deposit times out", async () => {
    const table = memoryTable();
    const run = await runSaga(transfer, { input, table, steps: { Deposit: timingOut() } });
    equal(run.outcome, "compensated");
    deepEqual(table.liveRows(), []);
  });

  it("is undone if somebody stops it", async () => {
    const table = memoryTable();
    const run = await runSaga(transfer, { input, table, steps: { Deposit: stopping() } });
    equal((await run.recover()).did, "recovered");
    deepEqual(table.liveRows(), []);
  });
});

describe("book and cancel", () => {
  it("keep the contract of a task", async () => {
    const table = memoryTable();
    await checkTaskContract({
      action: book,
      undo: cancel,
      input: (row) => ({ account: `account-${row}`, transfer: "t-1", side: "in" as const, amount: 500 }),
      table,
      effects: () => table.liveRows(),
    });
  });
});
