import { expect } from "chai";
import type { InvocationError } from "../../saga/local/lambda/errors";
import { type Deployed, deploy } from "./deployed";
import { A, entities } from "./entities";

const valid = { order_id: "1", total: 100, card_no: "123-1234", address: "123 st" };
type Field = keyof typeof valid;

const actions: Record<string, { readonly error: string; readonly fields: readonly Field[] }> = {
  createOrder: { error: "InvalidOrder", fields: ["order_id", "total"] },
  processPayment: { error: "InvalidPayment", fields: ["order_id", "total", "card_no"] },
  processShipment: { error: "InvalidShipment", fields: ["order_id", "address"] },
};

const expected: Record<Field, string> = {
  order_id: "a string of 1 to 255 bytes, not blank",
  total: "a positive number, 0.001 to 1000000000000",
  card_no: "a string of 4 to 19 digits, which spaces and dashes may separate",
  address: "a string of 1 to 1024 bytes, not blank",
};

/** A value that the field refuses, and what the message says that it got. */
const bad: Record<Field, ReadonlyArray<readonly [unknown, string]>> = {
  order_id: [
    [undefined, "nothing"],
    [null, "nothing"],
    [12, "a number"],
    [true, "a boolean"],
    ["", "a blank string"],
    [" \t", "a blank string"],
    ["é".repeat(128), "a string of 256 bytes"],
    [["1"], "an array"],
    [{ S: "1" }, "an object"],
  ],
  total: [
    [undefined, "nothing"],
    [Infinity, "nothing"], // JSON has no infinity, nor NaN
    ["100", "a string of 3 bytes"],
    [0, "zero"],
    [-1, "a negative number"],
    [1e-7, "a fraction"],
    [1.01e12, "a number"],
    [[100], "an array"],
  ],
  card_no: [
    [undefined, "nothing"],
    [4111111111111111, "a number"],
    ["", "a blank string"],
    ["1", "a string of 1 byte"],
    ["123", "a string of 3 bytes"],
    ["1-2-3", "a string of 5 bytes"],
    ["4111x1111", "a string of 9 bytes"],
    ["٤١١١", "a string of 8 bytes"],
    ["12345678901234567890", "a string of 20 bytes"],
    ["4111" + " ".repeat(61), "a string of 65 bytes"],
    [["4111111111111111"], "an array"],
  ],
  address: [
    [undefined, "nothing"],
    [5, "a number"],
    ["", "a blank string"],
    ["   ", "a blank string"],
    ["x".repeat(1025), "a string of 1025 bytes"],
    [{ street: "123 st" }, "an object"],
  ],
};

const good: Record<Field, readonly unknown[]> = {
  order_id: ["1", "x".repeat(255), "#1 / ä"],
  total: [0.001, 0.1 + 0.2, 99.99, 1e12],
  card_no: ["1234", "123-1234", "4111 1111 1111 1111", "1234567890123456789"],
  address: ["x", "x".repeat(1024)],
};

describe("the functions' input", () => {
  let deployed: Deployed;
  before(async () => {
    deployed = await deploy();
  });
  beforeEach(() => deployed.table.clear());
  after(() => deployed.close());

  for (const [action, { error, fields }] of Object.entries(actions)) {
    for (const field of fields) {
      it(`${action} refuses a bad ${field} by name, says what it expected, and writes nothing`, async () => {
        for (const [value, got] of bad[field]) {
          const failure = await deployed.failure(action, { ...A, ...valid, [field]: value });
          expect(failure).to.include({
            errorType: error,
            errorMessage: `${field}: expected ${expected[field]}, got ${got}`,
          });
        }
        expect(await deployed.table.rows()).to.deep.equal([]);
      });

      it(`${action} accepts every good ${field} and stores it unchanged`, async () => {
        for (const value of good[field]) {
          await deployed.table.clear();
          const answer = await deployed.call(action, { ...A, ...valid, [field]: value });
          const kept = field === "card_no" ? { card_last4: String(value).slice(-4) } : { [field]: value };
          expect(answer).to.include(kept);
          expect((await deployed.table.rows())[0]).to.include(kept);
        }
      });
    }
  }

  it("all bad fields are reported at once", async () => {
    const { errorMessage } = await deployed.failure("processPayment", { ...A });
    expect(errorMessage.split("; ").map((part) => part.split(":")[0])).to.deep.equal(["order_id", "total", "card_no"]);
  });

  for (const { action, undo, inputOfA } of entities) {
    it(`${undo} succeeds without a usable order_id and writes nothing: ${action} would have been refused`, async () => {
      for (const [order_id] of bad.order_id) {
        expect(await deployed.call(undo, { ...A, order_id })).to.deep.equal({ undone: false });
      }
      expect(await deployed.table.rows()).to.deep.equal([]);
    });

    it(`${undo} ignores all other fields of its input, missing or not`, async () => {
      const input = { order_id: "1", payment_id: 5, tracking_no: null, total: "x", card_no: {}, address: [] };
      expect(await deployed.call(undo, { ...A, ...input })).to.deep.equal({ undone: true });
    });

    it(`${action} and ${undo} refuse a call without a saga's identity`, async () => {
      const calls = [
        null,
        "text",
        {},
        { saga: null },
        { saga: "arn" },
        { saga: {} },
        { saga: { id: "arn" } },
        { saga: { step: "Step" } },
        { saga: { id: "", step: "Step" } },
        { saga: { id: 5, step: "Step" } },
        { saga: { id: "x".repeat(1025), step: "Step" } },
      ];
      for (const task of [action, undo]) {
        for (const call of calls) {
          const event = call && typeof call === "object" ? { order_id: "1", ...inputOfA, ...call } : call;
          expect((await deployed.failure(task, event)).errorType).to.equal("InvalidSagaIdentity");
        }
      }
      expect(await deployed.table.rows()).to.deep.equal([]);
    });
  }

  it("no row, answer, error or log line contains a card number", async () => {
    const traces: unknown[] = [];
    const attempt = async (task: string, event: object) => {
      const described = (error: InvocationError) => [String(error), error.error, error.cause];
      traces.push(await deployed.call(task, event).catch(described));
    };
    for (const card of ["4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111"]) {
      const order_id = `order of ${card.length}`;
      const payment = { ...A, order_id, total: 100, card_no: card };
      await attempt("processPayment", payment);
      await attempt("processPayment", payment);
      await attempt("processPayment", { ...payment, saga: { id: "other", step: "Step" } });
      await attempt("refundPayment", payment);
      await attempt("processPayment", payment);
      for (const odd of [[card], { card }, `${card}${card}`, `no. ${card}`, Number(card.replace(/\D/g, ""))]) {
        await attempt("processPayment", { ...payment, card_no: odd });
        await attempt("processPayment", { ...payment, total: odd });
        await attempt("processPayment", { ...payment, order_id: [odd] });
        await attempt("processPayment", { ...payment, saga: odd });
        await attempt("processPayment", { ...payment, saga: { id: odd } });
        await attempt("refundPayment", { ...payment, order_id: [odd] });
      }
    }
    const seen = JSON.stringify([traces, await deployed.table.rows(), deployed.logs]);
    expect(seen).to.include('"card_last4":"1111"');
    expect(seen).to.not.match(/4111[ -]?1111/);
  });

  it("every call logs one line of JSON with its outcome", async () => {
    const order = { ...A, order_id: "1", total: 100 };
    const { id, step } = A.saga;
    const lines: unknown[] = [];
    const attempt = async (task: string, event: unknown) => {
      deployed.logs.length = 0;
      await deployed.call(task, event).catch(() => undefined);
      expect(deployed.logs).to.have.length(1);
      const { ms, ...line } = JSON.parse(deployed.logs.join());
      expect(ms).to.be.a("number");
      lines.push(line);
    };
    await attempt("createOrder", order);
    await attempt("createOrder", order);
    await attempt("createOrder", { ...order, total: 0 });
    await attempt("deleteOrder", order);
    await attempt("deleteOrder", order);
    await attempt("createOrder", order);
    await attempt("createOrder", {});

    expect(lines).to.deep.equal([
      { task: "createOrder", saga: id, step, outcome: "done" },
      { task: "createOrder", saga: id, step, outcome: "repeated" },
      { task: "createOrder", saga: id, step, outcome: "refused", error: "InvalidOrder" },
      { task: "deleteOrder", saga: id, step, outcome: "undone" },
      { task: "deleteOrder", saga: id, step, outcome: "nothing" },
      { task: "createOrder", saga: id, step, outcome: "refused", error: "AlreadyUndone" },
      { task: "createOrder", outcome: "refused", error: "InvalidSagaIdentity" },
    ]);
  });
});
