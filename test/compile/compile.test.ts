import { expect } from "chai";
import jsonata = require("jsonata");
import { tripBooking } from "../../examples/trip/saga";
import { compile, compileMachine, machinesOf, recoveryOf } from "../../saga/compile";
import { minutes, type Ref, saga, seconds } from "../../saga/language";
import { charge, type Purchase, refund, release, reserve } from "../language/tasks";

const arn = (task: { name: string }) => `arn:${task.name}`;

const one = saga<Purchase>("Purchase")
  .step("Reserve", {
    task: reserve,
    input: ({ input }) => ({ sku: input.sku }),
    undo: {
      name: "Release",
      task: release,
      input: ({ input, Reserve }) => ({ sku: input.sku, reservation: Reserve.reservation }),
    },
  })
  .returns(({ Reserve }) => ({ reservation: Reserve.reservation }));

const identity = (step: string) => `'saga': {'id': $states.context.Execution.Id, 'step': '${step}'}`;
const failure = (step: string) =>
  `{% {'saga': 'Purchase', 'step': '${step}', 'error': $states.errorOutput.Error, 'cause': $states.errorOutput.Cause} %}`;

const transient = {
  ErrorEquals: [
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
  ],
  IntervalSeconds: 2,
  BackoffRate: 2,
  MaxAttempts: 6,
  MaxDelaySeconds: 60,
  JitterStrategy: "FULL",
};
const anyError = { ...transient, ErrorEquals: ["States.ALL"], MaxAttempts: 12, MaxDelaySeconds: 300 };

describe("the compiler", () => {
  it("makes a state for each step, one for each undo, and one for the compensated end", () => {
    const caught = { Assign: { failure: failure("Reserve"), Reserve: null }, Next: "Release" };
    expect(compile(one, arn)).to.deep.equal({
      Comment: "Saga Purchase",
      QueryLanguage: "JSONata",
      StartAt: "Reserve",
      States: {
        Reserve: {
          Type: "Task",
          Resource: "arn:aws:states:::lambda:invoke",
          Arguments: {
            FunctionName: "arn:reserve",
            Payload: `{% {'sku': $states.context.Execution.Input.sku, ${identity("Reserve")}} %}`,
          },
          TimeoutSeconds: 30,
          Retry: [transient],
          Catch: [
            { ErrorEquals: ["States.DataLimitExceeded"], ...caught },
            { ErrorEquals: ["States.ALL"], ...caught },
          ],
          Output: "{% {'reservation': $states.result.Payload.reservation} %}",
          End: true,
        },
        Release: {
          Type: "Task",
          Resource: "arn:aws:states:::lambda:invoke",
          Arguments: {
            FunctionName: "arn:release",
            Payload: `{% {'sku': $states.context.Execution.Input.sku, 'reservation': ($Reserve != null ? $Reserve.reservation), ${identity("Reserve")}} %}`,
          },
          TimeoutSeconds: 30,
          Retry: [anyError],
          Output: {},
          Next: "SagaCompensated",
        },
        SagaCompensated: {
          Type: "Fail",
          Error: "SagaCompensated",
          Cause:
            "{% $length($string($failure)) <= 32768 ? $string($failure) : $string({'saga': $failure.saga, 'step': $failure.step, 'error': $failure.error, 'cause': $substring($string($failure.cause), 0, 5000)}) %}",
        },
      },
    });
  });

  const two = (step: object = {}, undo: object = {}) =>
    compile(
      saga<Purchase>("Purchase")
        .step("Reserve", {
          task: reserve,
          input: ({ input }) => ({ sku: input.sku }),
          undo: { name: "Release", task: release, input: ({ input }) => ({ sku: input.sku }) },
        })
        .step("Charge", {
          task: charge,
          input: ({ Reserve }) => ({ reservation: Reserve.reservation }),
          undo: { name: "Refund", task: refund, input: ({ Charge }) => ({ charge: Charge.charge }), ...undo },
          ...step,
        })
        .returns(() => ({})),
      arn,
    ).States as Record<string, any>;

  it("chains the undos in the reverse order of the steps (S1)", () => {
    const states = two();
    expect(states.Charge.Catch.map((catcher: any) => catcher.Next)).to.deep.equal(["Refund", "Refund"]);
    expect(states.Refund.Next).to.equal("Release");
    expect(states.Release.Next).to.equal("SagaCompensated");
    expect(states.Reserve.Catch.map((catcher: any) => catcher.Next)).to.deep.equal(["Release", "Release"]);
  });

  it("sends a definite error past the step's own undo (S2)", () => {
    expect(two({ definite: ["CardDeclined"] }).Charge.Catch[0]).to.deep.equal({
      ErrorEquals: ["CardDeclined"],
      Assign: { failure: failure("Charge") },
      Next: "Release",
    });
  });

  it("retries the errors that an action names with their own budget, before the transient ones (S4)", () => {
    const retry = { errors: ["Busy"], attempts: 3, interval: seconds(5), backoff: 1.5, ceiling: minutes(2) };
    expect(two({ retry }).Charge.Retry).to.deep.equal([
      {
        ...transient,
        ErrorEquals: ["Busy"],
        IntervalSeconds: 5,
        BackoffRate: 1.5,
        MaxAttempts: 3,
        MaxDelaySeconds: 120,
      },
      transient,
    ]);
    expect(two({ retry: { attempts: 2 } }).Charge.Retry).to.deep.equal([{ ...transient, MaxAttempts: 2 }]);
    expect(two({}, { retry: { attempts: 40 } }).Refund.Retry).to.deep.equal([{ ...anyError, MaxAttempts: 40 }]);
  });

  it("gives every state its own timeout, and the machine none (S7)", () => {
    const states = two({ timeout: minutes(2) }, { timeout: seconds(7) });
    expect([states.Reserve, states.Charge, states.Refund].map((state) => state.TimeoutSeconds)).to.deep.equal([
      30, 120, 7,
    ]);
    expect(compile(one, arn)).not.to.have.property("TimeoutSeconds");
  });

  it("never catches an undo's errors, so that an execution is stuck where a redrive resumes it (S5)", () => {
    const states = two();
    expect(states.Refund).not.to.have.property("Catch");
    expect(states.Release).not.to.have.property("Catch");
  });

  it("assigns only the results that are read", () => {
    expect(two().Reserve.Assign).to.deep.equal({ Reserve: "{% $states.result.Payload %}" });
    expect(two({ input: () => ({ reservation: "none" }) }).Reserve).not.to.have.property("Assign");
  });

  it("returns plain, frozen data, and the same bytes for the same saga", () => {
    const machine = compile(one, arn);
    expect(JSON.stringify(machine)).to.equal(JSON.stringify(compile(one, arn)));
    const unfrozen = (value: unknown): boolean =>
      typeof value === "object" && value !== null && (!Object.isFrozen(value) || Object.values(value).some(unfrozen));
    expect(unfrozen(machine)).to.equal(false);
    expect(JSON.parse(JSON.stringify(machine))).to.deep.equal(machine);
  });

  it("binds a name to an object alone: whether AWS lets an expression read a name that is bound to nothing is not known", () => {
    const machines = [...machinesOf(tripBooking), recoveryOf(tripBooking)?.machine].flatMap((each) => each ?? []);
    const definitions = [compile(tripBooking, arn), ...machines.map((each) => compileMachine(each, arn))];
    const bound = [...JSON.stringify(definitions).matchAll(/\$\w+ := ./g)].map(([found]) => found);
    expect([...new Set(bound)]).to.deep.equal(["$given := {"]);
  });

  for (const name of ["given", "records", "list"] as const) {
    it(`undoes every item of a list of the step '${name}', where it is not known which were begun`, async () => {
      const input = ({ input: given }: { input: { sku: Ref<string> } }) => ({ sku: given.sku });
      const many = saga<Purchase>("Many")
        .step(name, { task: reserve, input, undo: { name: "Release", task: release, input } })
        .forEach(
          "Lines",
          (scope) => scope[name].lines,
          (each, { sku }) =>
            each.step("Reserve", {
              task: reserve,
              input: () => ({ sku }),
              undo: { name: "ReleaseLine", task: release, input: () => ({ sku }) },
            }),
        )
        .returns(() => ({}));
      const { Items } = compile(many, arn).States["Undo_Lines"] as { Items: string };
      const lines = [{ sku: "a" }, { sku: "b" }];
      const variables = { [name]: { lines }, Lines_undo: {} };
      expect(await jsonata(Items.slice(2, -2)).evaluate({}, variables)).to.deep.equal([
        { item: lines[0], index: 0, undo: "ReleaseLine" },
        { item: lines[1], index: 1, undo: "ReleaseLine" },
      ]);
    });
  }

  it("accepts ARNs of any type, and does not change them", () => {
    class Later {
      constructor(readonly name: string) {}
    }
    const machine = compile(one, (task) => new Later(task.name));
    const { FunctionName } = (machine.States["Reserve"] as any).Arguments;
    expect(FunctionName).to.be.instanceOf(Later);
    expect(FunctionName).not.to.be.frozen;
  });
});
