import { inspect } from "node:util";
import { expect } from "chai";
import { tripBooking } from "../../examples/trip/saga";
import { requestApproval } from "../../examples/trip/tasks";
import { createOrder } from "../../handlers/order";
import { processPayment } from "../../handlers/payment";
import { cancelShipment, processShipment } from "../../handlers/shipment";
import { orderFulfilment } from "../../orderFulfilment";
import { callbackTask, days, hours, minutes, saga, seconds, serviceTask, task } from "../../saga";
import {
  answeringLate,
  arrivingLate,
  crashing,
  failing,
  memoryTable,
  type Mishaps,
  runSaga,
  standIn,
  startSaga,
  stopping,
  timingOut,
} from "../../saga/testing";

const ORDER = { order_id: "1", total: 100, card_no: "123-1234", address: "123 st" };
const runOrder = (steps: Mishaps = {}, table = memoryTable()) =>
  runSaga(orderFulfilment, { input: ORDER, steps, table });
const statuses = ({ table }: { table: ReturnType<typeof memoryTable> | undefined }) =>
  (table?.rows() ?? []).map(({ entity, status }) => `${String(entity)} ${String(status)}`);

describe("a saga, run by a test", () => {
  it("runs on its own handlers, with a table in memory", async () => {
    const run = await runOrder();
    expect(run.outcome).to.equal("completed");
    expect(run.status).to.equal("SUCCEEDED");
    expect(run.path).to.deep.equal(["CreateOrder", "ProcessPayment", "ProcessShipment"]);
    expect(run.output).to.have.all.keys("order_id", "payment_id", "tracking_no");
    expect(statuses(run)).to.deep.equal(["ORDER LIVE", "PAYMENT LIVE", "SHIPMENT LIVE"]);
    expect(run.elapsed).to.equal(0);
  });

  it("prints what happened, for the message of a failing test", async () => {
    const run = await runOrder({ ProcessPayment: failing("CardDeclined"), DeleteOrder: failing("Lost", { times: 1 }) });
    expect(inspect(run)).to.equal(String(run));
    expect(String(run).split("\n")).to.deep.equal([
      "OrderFulfilment: compensated FAILED SagaCompensated",
      '  CreateOrder     the task answers {"order_id":"1","total":100}',
      "  ProcessPayment  the call fails: CardDeclined",
      '  RefundPayment   the task answers {"undone":true}',
      "  DeleteOrder     the call fails: Lost",
      '  DeleteOrder     retry 1; the task answers {"undone":true}',
    ]);
    const refused = await runSaga(orderFulfilment, { input: { ...ORDER, card_no: "" } });
    expect(String(refused)).to.contain(
      "\n  ProcessPayment  the task fails: InvalidPayment: card_no: expected a string",
    );
  });

  it("lists each call with its input and its saga's identity", async () => {
    const run = await runOrder();
    expect(run.calls.map(({ step, task: name }) => [step, name])).to.deep.equal([
      ["CreateOrder", "createOrder"],
      ["ProcessPayment", "processPayment"],
      ["ProcessShipment", "processShipment"],
    ]);
    const [pay] = run.callsOf("ProcessPayment");
    expect(pay).to.deep.include({
      input: { order_id: "1", total: 100, card_no: "123-1234" },
      saga: { id: run.id, step: "ProcessPayment" },
      attempt: 0,
      at: 0,
    });
    expect(pay?.answer).to.include({ card_last4: "1234" });
    expect(run.logs.map((line) => (JSON.parse(line) as { task: string }).task)).to.deep.equal([
      "createOrder",
      "processPayment",
      "processShipment",
    ]);
  });

  it("is undone if a step fails, and says which step and why", async () => {
    const run = await runOrder({ ProcessPayment: failing("CardDeclined", { cause: "no money", times: 1 }) });
    expect(run.outcome).to.equal("compensated");
    expect(run.path).to.deep.equal(["CreateOrder", "ProcessPayment", "RefundPayment", "DeleteOrder"]);
    expect(run.failure).to.deep.equal({
      saga: "OrderFulfilment",
      step: "ProcessPayment",
      error: "CardDeclined",
      cause: "no money",
    });
    expect(run.callsOf("ProcessPayment")[0])
      .to.include({ mishap: "fails: CardDeclined" })
      .and.not.to.have.property("answer");
    expect(statuses(run)).to.deep.equal(["ORDER UNDONE", "PAYMENT UNDONE"]);
  });

  it("fails with the name of a handler's error, and a cause as Lambda writes it", async () => {
    const run = await runSaga(orderFulfilment, { input: { ...ORDER, total: -1 } });
    expect(run.failure).to.include({ step: "CreateOrder", error: "InvalidOrder" });
    expect(JSON.parse(run.failure?.cause ?? "")).to.have.all.keys("errorType", "errorMessage", "trace");
  });

  it("retries transient errors, in virtual time, and a repeated call returns the same answer", async () => {
    const started = Date.now();
    const run = await runOrder({ CreateOrder: failing("Lambda.ServiceException", { times: 4, effect: true }) });
    expect(run.outcome).to.equal("completed");
    const calls = run.callsOf("CreateOrder");
    expect(calls.map(({ attempt }) => attempt)).to.deep.equal([0, 1, 2, 3, 4]);
    expect(new Set(calls.map(({ answer }) => JSON.stringify(answer)))).to.have.property("size", 1);
    expect(calls[4]?.at).to.be.greaterThan(2_000).and.to.equal(run.elapsed);
    expect(Date.now() - started).to.be.lessThan(2_000);
  });

  it("makes the n-th call go wrong, and no other", async () => {
    const run = await runOrder({
      CreateOrder: [failing("Lambda.ServiceException", { times: 1 }), failing("Broken", { call: 2, times: 1 })],
    });
    expect(run.callsOf("CreateOrder").map(({ mishap }) => mishap)).to.deep.equal([
      "fails: Lambda.ServiceException",
      "fails: Broken",
    ]);
    expect(run.path).to.deep.equal(["CreateOrder", "DeleteOrder"]);
  });

  it("times out, whether or not the task takes effect", async () => {
    for (const effect of [false, true]) {
      const run = await runOrder({ ProcessPayment: timingOut({ effect }) });
      expect(run.failure).to.include({ step: "ProcessPayment", error: "States.Timeout" });
      expect("answer" in (run.callsOf("ProcessPayment")[0] ?? {})).to.equal(effect);
      expect(statuses(run)).to.deep.equal(["ORDER UNDONE", "PAYMENT UNDONE"]);
      expect(run.elapsed).to.equal(30_000);
    }
  });

  it("lets a call arrive after its undo, and the task refuses it", async () => {
    const run = await runOrder({ ProcessPayment: arrivingLate(minutes(10)) });
    expect(run.outcome).to.equal("compensated");
    expect(run.callsOf("ProcessPayment")[0]).to.include({ error: "AlreadyUndone" });
    expect(statuses(run)).to.deep.equal(["ORDER UNDONE", "PAYMENT UNDONE"]);
    expect(run.elapsed).to.equal(30_000);
  });

  it("accepts an answer that comes late, but before the timeout", async () => {
    const run = await runOrder({ ProcessPayment: answeringLate(seconds(20)) });
    expect(run).to.include({ outcome: "completed", elapsed: 20_000 });
    const late = await runOrder({ ProcessPayment: answeringLate(seconds(40)) });
    expect(late).to.include({ outcome: "compensated", elapsed: 30_000 });
  });

  it("crashes after it has taken effect", async () => {
    const run = await runOrder({ ProcessShipment: crashing() });
    expect(run.failure).to.include({ step: "ProcessShipment", error: "Lambda.Unknown" });
    expect(statuses(run)).to.deep.equal(["ORDER UNDONE", "PAYMENT UNDONE", "SHIPMENT UNDONE"]);
  });

  it("is stuck in an undo that never succeeds, and a redrive continues", async () => {
    const run = await runOrder({ ProcessShipment: failing("NoCarrier"), RefundPayment: failing("BankIsDown") });
    expect(run).to.include({ outcome: "stuck", status: "FAILED", error: "BankIsDown", stuckAt: "RefundPayment" });
    const before = run.calls.length;
    await run.redrive({});
    expect(run).to.include({ outcome: "compensated", stuckAt: undefined });
    expect(run.calls.slice(before).map(({ step }) => step)).to.deep.equal(["RefundPayment", "DeleteOrder"]);
    expect(statuses(run)).to.deep.equal(["ORDER UNDONE", "PAYMENT UNDONE", "SHIPMENT UNDONE"]);
  });

  it("is stopped during a call, and recovered from outside", async () => {
    const run = await runOrder({ ProcessPayment: stopping() });
    expect(run).to.include({ status: "ABORTED", outcome: "stuck" });
    expect(statuses(run)).to.deep.equal(["ORDER LIVE", "PAYMENT LIVE"]);
    const { did, status, path } = await run.recover();
    expect([did, status]).to.deep.equal(["recovered", "SUCCEEDED"]);
    expect(path).to.deep.equal(["CancelShipment", "RefundPayment", "DeleteOrder"]);
    expect(run.callsOf("DeleteOrder")[0]?.saga).to.deep.equal({ id: run.id, step: "CreateOrder" });
    expect(statuses(run)).to.deep.equal(["ORDER UNDONE", "PAYMENT UNDONE", "SHIPMENT UNDONE"]);
  });

  it("is another saga in each run: the second one on the same row is refused", async () => {
    const table = memoryTable();
    expect(await runOrder({}, table)).to.include({ outcome: "completed" });
    const second = await runOrder({}, table);
    expect(second.failure).to.include({ step: "CreateOrder", error: "OrderAlreadyExists" });
    expect(statuses(second)).to.deep.equal(["ORDER LIVE", "PAYMENT LIVE", "SHIPMENT LIVE"]);
  });

  it("runs stand-ins in place of tasks, with the tasks' types", async () => {
    const run = await runSaga(orderFulfilment, {
      input: ORDER,
      tasks: [
        standIn(createOrder, ({ order_id, total }) => ({ order_id, total: total + 1 })),
        standIn(processPayment, async ({ order_id, total, saga: { step } }) => ({
          order_id,
          total,
          payment_id: step,
          card_last4: "0000",
        })),
        standIn(processShipment, () => {
          throw Object.assign(new Error("no lorry"), { name: "NoCarrier" });
        }),
        standIn(cancelShipment, () => ({ undone: true })),
      ],
    });
    expect(run.callsOf("ProcessPayment")[0]?.input).to.include({ total: 101 });
    expect(run.failure).to.include({ error: "NoCarrier" });
    expect(run.callsOf("RefundPayment")[0]?.input).to.include({ payment_id: "ProcessPayment" });
    // @ts-expect-error The answer does not have the task's type.
    standIn(createOrder, () => ({ order_id: 1 }));
    // @ts-expect-error The event does not have this field.
    standIn(createOrder, ({ card_no }) => ({ order_id: String(card_no), total: 1 }));
  });

  it("builds handlers anew for each run, with the given variables", async () => {
    let cold = 0;
    const greet = task<{ name: string }, { text: string }>("greet", {
      table: [],
      handler: () => {
        cold++;
        const greeting = process.env["GREETING"];
        return async ({ name }) => ({ text: `${String(greeting)}, ${name}; ${String(process.env["GREETING"])}` });
      },
    });
    const greetings = saga<{ name: string }>("Greetings")
      .query("First", { task: greet, input: ({ input }) => ({ name: input.name }) })
      .query("Second", { task: greet, input: ({ First }) => ({ name: First.text }) })
      .returns(({ Second }) => Second);
    const options = { input: { name: "Ada" }, environment: { GREETING: "Hello" } };
    expect((await runSaga(greetings, options)).output).to.deep.equal({ text: "Hello, Hello, Ada; Hello; Hello" });
    await runSaga(greetings, options);
    expect(cold).to.equal(2);
    expect(process.env).not.to.have.property("GREETING");
  });
});

describe("a saga with branches, a list, an approval and a pivot, run by a test", () => {
  const TRIP = {
    order_id: "1",
    traveller: "Ada",
    total: 800,
    card_no: "123-1234",
    flight: "LHR-TRN",
    hotel: "Duchi",
    cars: ["Panda", "500"],
  };

  it("completes", async () => {
    const run = await runSaga(tripBooking, { input: TRIP });
    expect(run.outcome).to.equal("completed");
    expect(run.callsOf("RentCar").map(({ step, input }) => [step, input["what"]])).to.deep.equal([
      ["RentCar[0]", "Panda"],
      ["RentCar[1]", "500"],
    ]);
    expect(run.output?.cars).to.have.length(2);
  });

  it("makes the call of one item go wrong", async () => {
    const run = await runSaga(tripBooking, { input: TRIP, steps: { "RentCar[1]": failing("NoCar") } });
    expect(run.failure).to.include({ step: "RentCar", error: "NoCar" });
    expect(run.callsOf("ReturnCar").map(({ step }) => step)).to.have.members(["ReturnCar[0]", "ReturnCar[1]"]);
    expect(run.table?.rows().filter(({ status }) => status === "LIVE")).to.deep.equal([]);
  });

  it("stops time while it waits for an answer, and goes on with the answer", async () => {
    const run = await startSaga(tripBooking, { input: { ...TRIP, total: 4000 } });
    expect(run).to.include({ outcome: "running", status: "RUNNING" });
    expect(run.waitingFor).to.deep.equal(["Approve"]);
    expect(run.callsOf("Approve")[0]?.input).to.include({ traveller: "Ada" }).and.to.have.property("task_token");
    await run.answer(requestApproval, { by: "the manager" });
    expect(run).to.include({ outcome: "completed", elapsed: 0 });
    // @ts-expect-error The answer does not have this task's type.
    const wrong = () => run.answer(requestApproval, { who: "the manager" });
    expect(wrong).to.be.a("function");
  });

  it("is refused, or never answered", async () => {
    const refused = await startSaga(tripBooking, { input: { ...TRIP, total: 4000 } });
    await refused.refuse(requestApproval, "Refused", "too expensive");
    expect(refused.failure).to.deep.equal({
      saga: "TripBooking",
      step: "Approve",
      error: "Refused",
      cause: "too expensive",
    });

    const unheard = await startSaga(tripBooking, { input: { ...TRIP, total: 4000 } });
    await unheard.pass(hours(47));
    expect(unheard).to.include({ outcome: "running", elapsed: 0 });
    await unheard.pass(hours(2));
    expect(unheard.failure).to.include({ step: "Approve", error: "States.Timeout" });
    expect(unheard.elapsed).to.equal(days(2).seconds * 1000);

    const run = await runSaga(tripBooking, { input: { ...TRIP, total: 4000 } });
    expect(run).to.include({ outcome: "compensated", elapsed: days(2).seconds * 1000 });
  });

  it("gets its answer from a stand-in", async () => {
    const answered = [standIn(requestApproval, ({ total }) => ({ by: `someone who gives ${total}` }))];
    const run = await runSaga(tripBooking, { input: { ...TRIP, total: 4000 }, tasks: answered });
    expect(run.outcome).to.equal("completed");
    const slow = await runSaga(tripBooking, {
      input: { ...TRIP, total: 4000 },
      tasks: answered,
      steps: { Approve: answeringLate(days(1)) },
    });
    expect(slow).to.include({ outcome: "completed", elapsed: days(1).seconds * 1000 });
  });

  it("is stopped while it waits, and its recovery only writes tombstones", async () => {
    const run = await startSaga(tripBooking, { input: { ...TRIP, total: 4000 } });
    await run.stop();
    expect(run.status).to.equal("ABORTED");
    expect(await run.recover()).to.include({ did: "recovered", status: "SUCCEEDED" });
    expect(run.table?.rows().every(({ status }) => status === "UNDONE")).to.equal(true);
  });

  it("goes forward once its pivot has succeeded: stuck, redriven, or recovered by a redrive", async () => {
    const stuck = await runSaga(tripBooking, { input: TRIP, steps: { IssueTickets: failing("NoPrinter") } });
    expect(stuck).to.include({ outcome: "stuck", stuckAt: "IssueTickets" });
    expect((await stuck.redrive({})).outcome).to.equal("completed");

    const stopped = await runSaga(tripBooking, { input: TRIP, steps: { IssueTickets: stopping({ times: 1 }) } });
    expect(await stopped.recover()).to.include({ did: "redriven", status: "SUCCEEDED" });
    expect(stopped.outcome).to.equal("completed");
  });
});

describe("a saga within a saga, and a service, run by a test", () => {
  const hold = task<{ seat: string }, { held: string }>("hold", {
    table: [],
    handler:
      () =>
      async ({ seat }) => ({ held: seat }),
  });
  const free = task<{ seat: string }, object>("free", { table: [], handler: () => async () => ({}) });
  const announce = serviceTask<{ Message: string }, { MessageId: string }>("announce", {
    resource: "arn:aws:states:::sns:publish",
    allow: [{ actions: ["sns:Publish"], resources: ["*"] }],
  });
  const seat = saga<{ seat: string }>("Seat")
    .step("Hold", {
      task: hold,
      input: ({ input }) => ({ seat: input.seat }),
      undo: { name: "Free", task: free, input: ({ input }) => ({ seat: input.seat }) },
    })
    .returns(({ Hold }) => ({ held: Hold.held }));
  const evening = saga<{ seat: string }>("Evening")
    .child("Theatre", seat, ({ input }) => ({ seat: input.seat }))
    .pivot("Announce", {
      task: announce,
      input: ({ Theatre }) => ({ Message: Theatre.held }),
      undo: { name: "Silence", task: free, input: ({ input }) => ({ seat: input.seat }) },
    })
    .returns(({ Announce, Theatre }) => ({ message: Announce.MessageId, seat: Theatre.held }));
  const input = { seat: "12A" };
  const published = standIn(announce, ({ Message }) => ({ MessageId: `about ${Message}` }));

  it("completes", async () => {
    const run = await runSaga(evening, { input, tasks: [published] });
    expect(run.output).to.deep.equal({ message: "about 12A", seat: "12A" });
    expect(run.calls.map(({ step }) => step)).to.deep.equal(["Theatre", "Seat.Hold", "Announce"]);
  });

  it("undoes what its child has done", async () => {
    const run = await runSaga(evening, { input, tasks: [published], steps: { Announce: failing("Down") } });
    expect(run.outcome).to.equal("compensated");
    expect(run.calls.map(({ step }) => step)).to.deep.equal([
      "Theatre",
      "Seat.Hold",
      "Announce",
      "Silence",
      "Undo_Theatre",
      "Seat.Free",
    ]);
    const of = run.calls.filter(({ step }) => step.startsWith("Seat.")).map((call) => call.saga?.id);
    expect(of[0]).to.equal(of[1]).and.not.to.equal(run.id);
  });

  it("makes the child's own steps go wrong", async () => {
    const run = await runSaga(evening, { input, tasks: [published], steps: { "Seat.Hold": failing("Taken") } });
    expect(run.failure).to.include({ step: "Theatre" });
    expect(run.calls.map(({ step }) => step))
      .to.include("Seat.Free")
      .and.not.to.include("Announce");
  });

  it("refuses to call a service without a stand-in", async () => {
    const failed = await runSaga(evening, { input }).catch((error: unknown) => error);
    expect(failed).to.have.property(
      "message",
      "the task 'announce' has no handler that can run here: add a stand-in, standIn(announce, (event) => …)",
    );
  });
});

describe("mistakes in a test of a saga", () => {
  const mistake = (work: () => Promise<unknown>) =>
    work().then(
      () => "none",
      (error: unknown) => (error as Error).message,
    );

  it("are reported in one sentence, with the valid names", async () => {
    const input = ORDER;
    expect(await mistake(() => runSaga(orderFulfilment, { input, steps: { ProcesPayment: failing("X") } }))).to.equal(
      "the saga 'OrderFulfilment' has no step 'ProcesPayment': it has CreateOrder, DeleteOrder, ProcessPayment, RefundPayment, ProcessShipment, CancelShipment",
    );
    const other = callbackTask<{ id: string }, { yes: boolean }>("ask", { table: [], handler: () => async () => {} });
    const stranger = [standIn(other, () => ({ yes: true }))];
    expect(await mistake(() => runSaga(orderFulfilment, { input, tasks: stranger }))).to.equal(
      "the saga 'OrderFulfilment' calls no task 'ask': it calls createOrder, deleteOrder, processPayment, refundPayment, processShipment, cancelShipment",
    );
    const twice = [
      standIn(cancelShipment, () => ({ undone: true })),
      standIn(cancelShipment, () => ({ undone: true })),
    ];
    expect(await mistake(() => runSaga(orderFulfilment, { input, tasks: twice }))).to.equal(
      "the task 'cancelShipment' has two stand-ins: remove one",
    );
    const run = await runSaga(orderFulfilment, { input });
    expect(await mistake(() => run.redrive())).to.equal(
      "the execution of 'OrderFulfilment' can't be redriven: it is completed",
    );
    expect(await mistake(() => run.recover())).to.equal(
      "the execution of 'OrderFulfilment' needs no recovery: it was not stopped, it is completed",
    );
    expect(await mistake(() => run.answer(other, { yes: true }))).to.equal(
      "no step of the execution of 'OrderFulfilment' waits for 'ask': no step waits",
    );
    const idle = async (steps: Mishaps) =>
      (await mistake(() => runSaga(orderFulfilment, { input, steps }))).split("\n");
    expect((await idle({ ProcessPayment: failing("X", { call: 5 }) })).slice(0, 2)).to.deep.equal([
      "the mishap 'fails: X' of 'ProcessPayment' has struck no call: it begins with call 5, but 'ProcessPayment' has been called once. Correct it, or leave it out.",
      "OrderFulfilment: completed SUCCEEDED",
    ]);
    expect((await idle({ RefundPayment: timingOut() }))[0]).to.equal(
      "the mishap 'times out' of 'RefundPayment' has struck no call: it begins with call 1, but 'RefundPayment' has not been called. Correct it, or leave it out.",
    );
    expect((await idle({ ProcessPayment: [failing("X"), failing("Y")] }))[0]).to.match(
      /^the mishap 'fails: Y' .* has been called once, and an earlier mishap of the step struck\. /,
    );
    // A stuck saga may go on: its mishaps may strike after a redrive.
    const stuck = { ProcessShipment: failing("X"), RefundPayment: failing("Y"), DeleteOrder: failing("Z") };
    expect((await runSaga(orderFulfilment, { input, steps: stuck })).stuckAt).to.equal("RefundPayment");
    expect(() => failing("X", { call: 0 })).to.throw(
      "call is 0, but must be a whole number from 1 on: 1 is the first call",
    );
  });
});
