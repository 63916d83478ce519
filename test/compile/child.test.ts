import { expect } from "chai";
import {
  type Execution,
  type Json,
  loadMachine,
  seededRandom,
  startExecution,
  TaskFailure,
  virtualClock,
} from "../../saga/interpreter";
import { compile, compileMachine, machinesOf } from "../../saga/compile";
import { prove } from "../../saga/deploy";
import { type Given, type Saga, saga, SagaDefinitionError, seconds } from "../../saga/language";
import { charge, type Purchase, refund, release, reserve, stub } from "../language/tasks";

const child = saga<{ sku: string }>("Reservation")
  .step("Reserve", {
    task: reserve,
    input: ({ input }) => ({ sku: input.sku }),
    undo: {
      name: "Release",
      task: release,
      input: ({ input, Reserve }) => ({ sku: input.sku, reservation: Reserve.reservation }),
    },
  })
  .step("Hold", {
    task: stub<{ sku: string }, { held: boolean }>("hold"),
    input: ({ input }) => ({ sku: input.sku }),
    undo: { name: "LetGo", task: stub<{ sku: string }, object>("letGo"), input: ({ input }) => ({ sku: input.sku }) },
  })
  .returns(({ Reserve }) => ({ reservation: Reserve.reservation }));

const parent = saga<Purchase>("Purchase")
  .child("Reservation", child, ({ input }) => ({ sku: input.sku }))
  .step("Charge", {
    task: charge,
    input: ({ Reservation }) => ({ reservation: Reservation.reservation }),
    undo: { name: "Refund", task: refund, input: () => ({}) },
  })
  .returns(({ Reservation }) => ({ reservation: Reservation.reservation }));

/** Runs a parent with its other machines. Calls of the tasks in `failing` are refused. */
async function run(failing: readonly string[], root: Saga = parent, onCall: (payload: any) => void = () => {}) {
  const calls: { task: string; id: string; step: string; reservation?: unknown }[] = [];
  const clock = virtualClock();
  const machines = new Map<string, ReturnType<typeof loadMachine>>([
    ["arn:x:states:r:a:stateMachine:root", loadMachine(compile(root, arnOf))],
    ...machinesOf(root).map((machine) => [arnOf(machine), loadMachine(compileMachine(machine, arnOf))] as const),
  ]);
  function arnOf({ kind, name }: { kind: string; name: string }): string {
    return kind === "Task" ? name : `arn:x:states:r:a:stateMachine:${name}`;
  }
  const begin = (machineArn: string, name: string, input: Json): Execution =>
    startExecution(machines.get(machineArn) as never, {
      input,
      clock,
      random: seededRandom(1),
      execution: { id: `${machineArn.replace("stateMachine", "execution")}:${name}`, name },
      invoke: async ({ resource, arguments: args }) => {
        const given = args as any;
        if (resource.includes("startExecution")) {
          const nested = begin(given.StateMachineArn, given.Name, given.Input);
          const { status, output } = await nested.result;
          if (status !== "SUCCEEDED") throw new TaskFailure("States.TaskFailed", status);
          return { ExecutionArn: nested.arn, Output: output as Json };
        }
        const { saga: identity, ...rest } = given.Payload;
        onCall(rest);
        calls.push({
          task: given.FunctionName,
          ...identity,
          ...("reservation" in rest && { reservation: rest.reservation }),
        });
        if (failing.includes(given.FunctionName)) throw new TaskFailure("Refused", "");
        return { Payload: { reservation: "R1" } };
      },
    });
  const { status, error, output } = await begin("arn:x:states:r:a:stateMachine:root", "one", { sku: "S" }).result;
  return { status, error, output, calls };
}

describe("a child saga", () => {
  it("runs as an execution of its own, whose output is in the parent's scope", async () => {
    const { status, output, calls } = await run([]);
    expect(status).to.equal("SUCCEEDED");
    expect(output).to.deep.equal({ reservation: "R1" });
    expect(calls.map(({ task }) => task)).to.deep.equal(["reserve", "hold", "charge"]);
    expect(calls[2]).to.include({ reservation: "R1" });
  });

  it("is undone by its undo machine, in its own name and with its own results, when the parent fails later", async () => {
    const { error, calls } = await run(["charge"]);
    expect(error).to.equal("SagaCompensated");
    expect(calls.map(({ task }) => task)).to.deep.equal(["reserve", "hold", "charge", "refund", "letGo", "release"]);
    const [reserved, held, , , letGo, released] = calls;
    expect(released).to.deep.equal({ task: "release", id: reserved?.id, step: "Reserve", reservation: "R1" });
    expect(letGo).to.deep.equal({ task: "letGo", id: held?.id, step: "Hold" });
    expect(reserved?.id).to.match(/^arn:x:states:r:a:execution:Reservation:[0-9a-f]{64}$/);
  });

  it("that fails undoes itself, and its parent undoes it again, since it is in doubt", async () => {
    const { error, calls } = await run(["hold"]);
    expect(error).to.equal("SagaCompensated");
    expect(calls.map(({ task }) => task)).to.deep.equal(["reserve", "hold", "letGo", "release", "letGo", "release"]);
    expect(new Set(calls.map(({ id }) => id))).to.have.property("size", 1);
  });

  it("is undone in its own name where its parent is a child itself", async () => {
    const middle = saga<Purchase>("Middle")
      .child("Reservation", child, ({ input }) => ({ sku: input.sku }))
      .returns(({ Reservation }) => ({ reservation: Reservation.reservation }));
    const grandparent = saga<Purchase>("Grandparent")
      .child("Middle", middle, ({ input }) => input)
      .step("Charge", {
        task: charge,
        input: ({ Middle }) => ({ reservation: Middle.reservation }),
        undo: { name: "Refund", task: refund, input: () => ({}) },
      })
      .returns(() => ({}));
    const { error, calls } = await run(["charge"], grandparent);
    expect(error).to.equal("SagaCompensated");
    const [reserved] = calls;
    expect(calls.at(-1)).to.deep.equal({ task: "release", id: reserved?.id, step: "Reserve", reservation: "R1" });
  });

  it("receives its parent's start time, as do its undos and its own children", async () => {
    const at: (string | undefined)[] = [];
    const timed = (name: string) => stub<{ at: string }, object>(name);
    const input = ({ saga: { startedAt } }: Given<{ sku: string }>) => ({ at: startedAt });
    const inner = saga<{ sku: string }>("Inner")
      .step("Begin", { task: timed("begin"), input, undo: { name: "End", task: timed("end"), input } })
      .returns(() => ({}));
    const middle = saga<{ sku: string }>("Middle")
      .wait("Rest", seconds(100))
      .child("Inner", inner, ({ input: of }) => of)
      .returns(() => ({}));
    const outer = saga<Purchase>("Outer")
      .wait("Rest", seconds(5))
      .child("Middle", middle, ({ input: { sku } }) => ({ sku }))
      .step("Charge", {
        task: charge,
        input: ({ saga: { startedAt } }) => ({ reservation: startedAt }),
        undo: { name: "Refund", task: refund, input: () => ({}) },
      })
      .returns(() => ({}));
    const { calls } = await run(["charge"], outer, (payload) => at.push(payload.at ?? payload.reservation));
    expect(calls.map(({ task }) => task)).to.deep.equal(["begin", "charge", "refund", "end"]);
    expect(at).to.deep.equal([at[0], at[0], undefined, at[0]]);
    expect(at[0]).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  it("of queries alone has no undo, in a branch and in another child too", () => {
    const looking = saga<{ sku: string }>("Looking")
      .query("Look", { task: stub<{ sku: string }, object>("look"), input: ({ input }) => ({ sku: input.sku }) })
      .returns(() => ({}));
    const around = saga<{ sku: string }>("Around")
      .child("Inside", looking, ({ input }) => input)
      .parallel("Both", {
        one: (s) => s.child("Here", looking, ({ input }) => input),
        other: (s) => s.wait("There", seconds(1)),
      })
      .returns(() => ({}));
    const outer = saga<{ sku: string }>("Outer")
      .child("Middle", around, ({ input }) => input)
      .returns(() => ({}));
    expect(prove(outer).flatMap(({ violations }) => violations)).to.deep.equal([]);
  });

  it("has a machine for itself and one for its undo", () => {
    expect(machinesOf(parent).map(({ name }) => name)).to.deep.equal(["Reservation", "Reservation_undo"]);
  });

  it("can't have a pivot or follow one: its parent must be able to undo it", () => {
    const undo = { name: "Refund", task: refund, input: () => ({}) };
    const pivoted = saga<{ reservation: string }>("Pivoted")
      .pivot("Charge", { task: charge, input: ({ input }) => ({ reservation: input.reservation }), undo })
      .returns(() => ({}));
    expect(() => saga<{ reservation: string }>("Outer").child("Inner", pivoted, ({ input }) => input))
      .to.throw(SagaDefinitionError, /has a pivot.*Include it instead/)
      .with.property("code", "bad-role");
    expect(() =>
      saga<Purchase>("Outer")
        .pivot("Charge", { task: charge, input: () => ({ reservation: "" }), undo })
        .child("Inner", child, ({ input }) => ({ sku: input.sku })),
    ).to.throw(SagaDefinitionError, /Put it before the pivot/);
  });
});

describe("an included saga", () => {
  it("becomes part of the parent's chain, with a prefix to its names, and with its input and output mapped", () => {
    const outer = saga<Purchase>("Outer")
      .include("Buy", child, ({ input }) => ({ sku: input.sku }))
      .step("Charge", {
        task: charge,
        input: ({ Buy }) => ({ reservation: Buy.reservation }),
        undo: { name: "Refund", task: refund, input: () => ({}) },
      })
      .returns(({ Buy }) => ({ reservation: Buy.reservation }));
    const { States } = compile(outer, (task) => task.name);
    expect(Object.keys(States)).to.deep.equal([
      "Buy_Reserve",
      "Buy_Hold",
      "Charge",
      "Refund",
      "Buy_LetGo",
      "Buy_Release",
      "SagaCompensated",
    ]);
    expect((States["Charge"] as any).Arguments.Payload).to.contain("'reservation': $Buy_Reserve.reservation");
    expect((States["Buy_Release"] as any).Arguments.Payload).to.contain("'sku': $states.context.Execution.Input.sku");
  });
});
