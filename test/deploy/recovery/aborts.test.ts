import { join } from "node:path";
import { expect } from "chai";
import { LocalCloud } from "../../../saga/local/cloud";
import type { Execution, HistoryEvent, JsonObject } from "../../../saga/interpreter";
import { evaluateProgram, type Resource } from "../../../saga/local/program";
import { SLOW } from "../../slow";

interface Case {
  readonly title: string;
  readonly input: JsonObject;
  /** The entities of which a stopped execution has tombstones after its recovery. */
  readonly undone: readonly string[];
  /** The entities of an execution whose pivot has succeeded, and which goes on. */
  readonly completed?: { readonly pivot: string; readonly live: readonly string[] };
}

const ORDER = { total: 100, card_no: "123-1234", address: "123 st" };
const ORDERED = ["ORDER", "PAYMENT", "SHIPMENT"];
const TRIP = {
  traveller: "Ada",
  total: 4000,
  card_no: "123-1234",
  flight: "LHR-TRN",
  hotel: "Duchi",
  cars: ["a", "b"],
};
const BOOKED = ["CAR#0", "CAR#1", "FLIGHT#0", "HOTEL#0"];

const PROGRAMS: Readonly<Record<string, readonly Case[]>> = {
  "index.ts": [
    { title: "an order", input: ORDER, undone: ORDERED },
    { title: "an order that undoes itself", input: { ...ORDER, address: "" }, undone: ORDERED },
  ],
  "examples/trip/index.ts": [
    {
      title: "a trip",
      input: TRIP,
      undone: [...BOOKED, "PAYMENT"],
      completed: { pivot: "Pay", live: [...BOOKED, "ITINERARY", "PAYMENT", "TICKETS"] },
    },
    { title: "a trip that undoes itself", input: { ...TRIP, card_no: "" }, undone: [...BOOKED, "PAYMENT"] },
  ],
  "test/deploy/family.ts": [
    { title: "a saga with a child", input: { total: 5, card_no: "123-1234" }, undone: ["ORDER", "PAYMENT"] },
    { title: "a saga that undoes its child", input: { total: 5 }, undone: ["ORDER", "PAYMENT"] },
  ],
};

/** The events at which executions are stopped: a call begins or is answered, a state is left, an item begins. */
const MOMENTS = /^Task(Started|Succeeded|Failed)$|StateExited$|^MapIterationStarted$/;

/** The number of executions at a time. */
const TOGETHER = 4;

describe("an execution that is stopped, on this machine", function () {
  this.timeout(240_000);

  for (const [program, cases] of Object.entries(PROGRAMS)) {
    // The quick tests have one program. The others differ only in the shape of their sagas.
    describe(`by the program ${program}${program === "index.ts" ? "" : ` ${SLOW}`}`, () => {
      let cloud: LocalCloud;
      let policy: Resource;
      before(async () => {
        const evaluated = await evaluateProgram({}, join(__dirname, "../../..", program));
        policy = evaluated.resources.find(
          ({ type, name }) => /:RolePolicy$/.test(type) && /_recover$/.test(name),
        ) as Resource;
        cloud = await LocalCloud.start(evaluated, { answer: () => ({ output: { by: "the manager" } }) });
      });
      beforeEach(() => cloud.table.clear());
      after(() => cloud.close());

      /** Runs an execution until an event, and stops it. */
      async function stop(input: JsonObject, at: number): Promise<Execution> {
        const execution = cloud.startExecution(input, ({ id, type }: HistoryEvent) => {
          if (id !== at) return;
          // In the next turn of the event loop, the call has begun, so its effect comes late.
          if (type === "TaskStarted")
            setImmediate(() => {
              execution.stop();
            });
          else execution.stop();
        });
        expect(await execution.result).to.have.property("status", "ABORTED");
        return execution;
      }
      const rowsOf = async (order_id: string) =>
        (await cloud.table.rows(order_id)).map((row) => `${String(row["entity"])} ${String(row["status"])}`);

      for (const { title, input, undone, completed } of cases) {
        it(`${title}: is undone after a stop at any event${completed ? ", and goes on after its pivot" : ""} (S12)`, async () => {
          const whole = cloud.startExecution({ ...input, order_id: "bystander" });
          await whole.result;
          const bystander = await cloud.table.rows("bystander");

          const ends = { undone: 0, completed: 0 };
          const moments = whole.history.filter(({ type }) => MOMENTS.test(type)).map(({ id }) => id);
          for (let at = 0; at < moments.length; at += TOGETHER) {
            const some = moments.slice(at, at + TOGETHER);
            const stopped = await Promise.all(some.map((id) => stop({ ...input, order_id: `to ${id}` }, id)));
            const histories = stopped.map(({ history }) => history.map(({ type, state }) => `${type} ${state ?? ""}`));
            await cloud.settled();
            for (const [index, id] of some.entries()) {
              const { status } = await (stopped[index] as Execution).result;
              if (completed && histories[index]?.includes(`TaskStateExited ${completed.pivot}`)) {
                ends.completed++;
                expect(status).to.equal("SUCCEEDED");
                expect(await rowsOf(`to ${id}`)).to.deep.equal(completed.live.map((entity) => `${entity} LIVE`));
              } else {
                ends.undone++;
                expect(status).to.equal("ABORTED");
                expect(await rowsOf(`to ${id}`)).to.deep.equal(undone.map((entity) => `${entity} UNDONE`));
              }
            }
          }
          expect(ends.undone).to.be.above(5);
          if (completed) expect(ends.completed).to.be.above(5);
          expect(await cloud.table.rows("bystander")).to.deep.equal(bystander);
          expect(cloud.deadLetters).to.deep.equal([]);
        });
      }

      if (program !== "index.ts") return;

      it("refuses a late call, and all calls of a redrive (S3)", async () => {
        const execution = await stop({ ...ORDER, order_id: "1" }, 9);
        const [, late] = execution.history.flatMap(({ type, parameters }) =>
          type === "TaskScheduled" ? [parameters as { Payload: JsonObject }] : [],
        );
        await cloud.settled();
        const before = await cloud.table.rows("1");
        expect(late?.Payload).to.have.nested.property("saga.step", "ProcessPayment");
        const again = await cloud.functions
          .get("processPayment")
          ?.invoke(late?.Payload)
          .catch((error: unknown) => error);
        expect(again).to.have.property("error", "AlreadyUndone");
        expect(await cloud.table.rows("1")).to.deep.equal(before);

        expect(await execution.redrive()).to.include({ status: "FAILED", error: "SagaCompensated" });
        expect(await cloud.table.rows("1")).to.deep.equal(before);
      });

      it("is recovered once if its end is reported twice", async () => {
        const events: JsonObject[] = [];
        const publish = cloud.publish.bind(cloud);
        cloud.publish = (event) => {
          events.push(event);
          return publish(event);
        };
        const count = () => [...cloud.executions.values()].length;
        const before = count();
        await stop({ ...ORDER, order_id: "1" }, 9);
        void publish(events[0] as JsonObject);
        await cloud.settled();
        // And a third time much later, without optional fields.
        const { executionArn, stateMachineArn, status, stopDate } = events[0]?.["detail"] as JsonObject;
        void publish({ ...events[0], detail: { executionArn, stateMachineArn, status, stopDate } as JsonObject });
        await cloud.settled();
        cloud.publish = publish;
        expect(count() - before, "itself, and its recovery").to.equal(2);
        expect(cloud.deadLetters).to.deep.equal([]);
        expect(await rowsOf("1")).to.deep.equal(ORDERED.map((entity) => `${entity} UNDONE`));
      });

      it("goes to the dead letter queue, with the reason, if it can't be recovered", async () => {
        const input = { ...ORDER, order_id: "1", note: "x".repeat(262_144 - 100) };
        const inputs = policy.inputs as { policy: string };
        const { policy: whole } = inputs;
        inputs.policy = whole.replace("sqs:SendMessage", "sqs:ReceiveMessage");
        await stop(input, 9);
        await cloud.settled();
        expect(cloud.deadLetters, "its role does not let it").to.deep.equal([]);
        inputs.policy = whole;
        const { arn } = await stop(input, 9);
        await cloud.settled();
        const [letter, ...others] = cloud.deadLetters;
        expect(others).to.deep.equal([]);
        expect(letter?.queueArn).to.match(/:OrderFulfilment_recover-[0-9a-f]+$/);
        expect(letter?.event).to.have.all.keys("executionArn", "stopDate").and.to.include({ executionArn: arn });
        expect(letter?.reason.message).to.match(/^NotRecoverable: .* bytes, and an execution takes 262144$/);
      });
    });
  }

  it("is not recovered if the program ignores stops", async () => {
    const cloud = await LocalCloud.start(await evaluateProgram({ onAbort: "ignore" }));
    try {
      const execution = cloud.startExecution({ ...ORDER, order_id: "1" }, ({ type }) => {
        if (type === "TaskStateExited") execution.stop();
      });
      await cloud.settled();
      expect((await execution.result).status).to.equal("ABORTED");
      expect([...cloud.executions.values()]).to.have.length(1);
      expect(await cloud.table.rows("1")).to.have.length(1);
    } finally {
      await cloud.close();
    }
  });
});
