import { expect } from "chai";
import { type DeclaredCall, readDeclaration, verify } from "../../saga/verify";

type State = Record<string, unknown>;

const compensable = (undo: string): DeclaredCall => ({ role: "compensable", undo });
const identity = (step: string): State => ({ id: "{% $states.context.Execution.Id %}", step });

/** A function that is called with the identity of a step, and with what Arguments adds. */
const call = (step: string, next: string | undefined, payload: State, fields: State = {}): State => ({
  Type: "Task",
  Resource: "arn:aws:states:::lambda:invoke",
  Arguments: { FunctionName: "f", Payload: { saga: identity(step), ...payload } },
  ...fields,
  ...(next === undefined ? { End: true } : { Next: next }),
});
const all = (Next: string, Output?: unknown): State => ({
  ErrorEquals: ["States.ALL"],
  ...(Output === undefined ? {} : { Output }),
  Next,
});
const ORDER = { order: "{% $states.context.Execution.Input %}" };
const INPUT = { order: "{% $states.input %}" };
const FAILED: State = { Type: "Fail", Error: "SagaCompensated", Cause: "{}" };

/** Hold and Fly, with their undos. */
interface Fields {
  readonly caught?: unknown;
  readonly dropped?: unknown;
  readonly drop?: State;
  readonly free?: State;
  readonly more?: Record<string, State>;
}
const trip = ({ caught, dropped, drop = ORDER, free = ORDER, more = {} }: Fields): Record<string, State> => ({
  Hold: call("Hold", "Fly", ORDER, { Output: "{% $states.input %}", Catch: [all("Free", "{% $states.input %}")] }),
  Fly: call("Fly", undefined, ORDER, { Catch: [all("Drop", caught)] }),
  Drop: call("Fly", "Free", drop, dropped === undefined ? {} : { Output: dropped }),
  Free: call("Hold", "Failed", free),
  Failed: FAILED,
  ...more,
});
const CALLS = { Hold: compensable("Free"), Fly: compensable("Drop") };

function lost(States: Record<string, State>, calls: Readonly<Record<string, DeclaredCall>> = CALLS): readonly string[] {
  const definition = { QueryLanguage: "JSONata", StartAt: Object.keys(States)[0] as string, States };
  return verify(definition as never, readDeclaration({ saga: "Sample", calls }))
    .violations.filter(({ rule }) => rule === "assignment")
    .map(({ message, hint }) => `${message} → ${hint}`);
}

const KEEPS = "an Output that keeps the data, such as {% $states.input %}";

describe("the verifier, on data in JSONata mode,", () => {
  it("finds an undo that receives only the error of a Catch without an Output, until the hint is followed", () => {
    for (const drop of [INPUT, { order: "{% $merge([$states.input, {'at': 1}]) %}" }]) {
      expect(lost(trip({ drop }))).to.deep.equal([
        `Drop has no data to undo with: Fly's Catch puts out only { Error, Cause } → Give Fly's Catch ${KEEPS}, or let Drop read a variable that is assigned before Fly`,
      ]);
      expect(lost(trip({ drop, caught: "{% $states.input %}" }))).to.deep.equal([]);
      expect(
        lost(trip({ drop, caught: "{% $merge([$states.input, {'error': $states.errorOutput}]) %}" })),
      ).to.deep.equal([]);
    }
  });

  it("finds a path that a Catch has thrown away, in an object, where JSONata leaves it out", () => {
    for (const drop of [
      { order: "{% $states.input.order %}" },
      { all: "{% {'order': $states.input.order, 'by': $states.context.Execution.Name} %}" },
    ]) {
      for (const caught of [undefined, "{% $states.errorOutput %}"]) {
        expect(lost(trip({ drop, caught }))).to.deep.equal([
          `Drop reads $states.input.order, and Fly's Catch puts out only { Error, Cause } → Give Fly's Catch ${KEEPS}, or let Drop read a variable that is assigned before Fly`,
        ]);
      }
      expect(lost(trip({ drop, caught: { order: "{% $states.input.order %}" } }))).to.deep.equal([]);
    }
  });

  it("finds what the Output of the undo before has thrown away", () => {
    expect(lost(trip({ free: INPUT, dropped: {} }))).to.deep.equal([
      `Free has no data to undo with: Drop's Output has left nothing of the data → Give Drop ${KEEPS}, so that Free still has the saga's data`,
    ]);
    expect(
      lost(trip({ free: { id: "{% $states.input.id %}" }, dropped: { by: "{% $states.input.by %}" } })),
    ).to.include(
      "Free reads $states.input.id, and Drop's Output has replaced the data, without it → Put it into Drop's Output, so that Free still has $states.input.id",
    );
    expect(lost(trip({ free: { id: "{% $states.input.id %}" } }))).to.include(
      `Free reads $states.input.id, and the output of Drop is only StatusCode, Payload and the like → Give Drop ${KEEPS}, so that Free still has $states.input.id`,
    );
    expect(lost(trip({ free: INPUT, dropped: "{% $states.input %}", caught: "{% $states.input %}" }))).to.deep.equal(
      [],
    );
  });

  it("follows data through a Pass, a Wait, a Choice and the levels within", () => {
    const steps = (more: Record<string, State>): Record<string, State> => {
      const machine = trip({ drop: INPUT });
      return { ...machine, Fly: { ...machine["Fly"], Catch: [all("Note")] }, ...more };
    };
    const found = (machine: Record<string, State>): number => lost(machine).length;
    expect(found(steps({ Note: { Type: "Pass", Next: "Drop" } }))).to.equal(1);
    expect(found(steps({ Note: { Type: "Wait", Seconds: 1, Next: "Drop" } }))).to.equal(1);
    expect(
      found(steps({ Note: { Type: "Choice", Choices: [{ Condition: "{% true %}", Next: "Drop" }], Default: "Drop" } })),
    ).to.equal(1);
    expect(
      found(steps({ Note: { Type: "Pass", Output: { a: "{% $states.context.Execution.Input.a %}" }, Next: "Drop" } })),
    ).to.equal(0);
    const within = (Arguments?: State): State => ({
      Type: "Parallel",
      ...(Arguments ? { Arguments } : {}),
      Branches: [{ StartAt: "Drop", States: { Drop: call("Fly", undefined, INPUT) } }],
      Next: "Free",
    });
    const undoing = (parallel: State): number => {
      const others = trip({});
      Reflect.deleteProperty(others, "Drop");
      return lost({ ...others, Fly: { ...others["Fly"], Catch: [all("Both")] }, Both: parallel }).length;
    };
    expect(undoing(within())).to.equal(1);
    expect(undoing(within({ id: "{% $states.input.id %}", at: "{% $states.context.Execution.Input.at %}" }))).to.equal(
      0,
    );
  });

  it("takes an undo without what its action has not returned, and one that asks for the error", () => {
    const keeps = (result: State): Record<string, State> => ({
      ...trip({ drop: { ticket: "{% $states.input.ticket %}" }, caught: { at: "{% $states.input.at %}" } }),
      Fly: call("Fly", "Pay", ORDER, { Output: result, Catch: [all("Drop", { at: "{% $states.input.at %}" })] }),
      Pay: call("Pay", undefined, ORDER, { Catch: [all("Drop", "{% $states.input %}")] }),
    });
    const calls = { ...CALLS, Pay: { role: "query" } as const };
    expect(lost(keeps({ ticket: "{% $states.result.Payload %}" }), calls)).to.deep.equal([]);
    expect(lost(keeps({ flight: "{% $states.result.Payload %}" }), calls)).to.have.length(1);
    for (const drop of [
      { reason: "{% $states.input %}" },
      { error: "{% $states.input.Error %}", ...ORDER },
      { ...INPUT, sent: "{% $states.context.Execution.Input %}" },
      { ...INPUT, ...ORDER, at: "{% $states.context.Execution.Input.at %}" },
      { order: "{% $exists($states.input.order) ? $states.input.order : $states.context.Execution.Input %}" },
    ]) {
      expect(lost(trip({ drop })), JSON.stringify(drop)).to.deep.equal([]);
    }
  });
});
