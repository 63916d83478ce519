import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { type DeclaredCall, readDeclaration, storiesOf, verify } from "../../saga/verify";
import { forEach, inPayload, machineOf, parallel, step } from "./edited";
import { followed } from "./follow";
import { type MutableLevel, type MutableState, stateOf } from "./mutations";

const fixture = (name: string): unknown => JSON.parse(readFileSync(join(__dirname, "fixtures", name), "utf8"));

const LAMBDA = ["Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException"];
const all = (Next: string) => ({ ErrorEquals: ["States.ALL"], ResultPath: "$.error", Next });
const invoke = (name: string, fields: object): object => ({
  Type: "Task",
  Resource: "arn:aws:states:::lambda:invoke",
  Parameters: { FunctionName: name, "Payload.$": "$" },
  ResultPath: `$.${name}`,
  ...fields,
});
const losing = (Next: string) => ({ ErrorEquals: ["States.ALL"], Next });
const byArn = (name: string, fields: object): object => ({
  Type: "Task",
  Resource: `arn:aws:lambda:eu-west-1:000000000000:function:${name}`,
  ...fields,
});
const notify = (text: string, fields: object): object => ({
  Type: "Task",
  Resource: "arn:aws:states:::sns:publish",
  Parameters: { TopicArn: "arn:aws:sns:eu-west-1:000000000000:topic", Message: text },
  ...fields,
});
const retry = [{ ErrorEquals: LAMBDA, MaxAttempts: 6 }];
const persistent = [...retry, { ErrorEquals: ["States.ALL"], MaxAttempts: 3 }];
const compensable = (undo: string): DeclaredCall => ({ role: "compensable", undo });

interface Sample {
  readonly title: string;
  readonly definition: object;
  readonly calls: Readonly<Record<string, DeclaredCall>>;
  /** What is found at once, by rule and state. */
  readonly finds: readonly string[];
}

/** Sagas that can be found in public, in JSONPath mode, written anew: their shape, their mistakes, and nothing else of them. */
const SAMPLES: readonly Sample[] = [
  {
    title: "a journey that is reserved, paid and confirmed, with messages at both ends",
    definition: {
      StartAt: "HoldSeat",
      States: {
        HoldSeat: invoke("holdSeat", { Retry: retry, Catch: [all("DropSeat")], Next: "HoldCar" }),
        HoldCar: invoke("holdCar", { Retry: retry, Catch: [all("DropCar")], Next: "TakeMoney" }),
        TakeMoney: invoke("takeMoney", { Retry: retry, Catch: [all("GiveMoneyBack")], Next: "FixSeat" }),
        FixSeat: invoke("fixSeat", { Retry: retry, Catch: [all("GiveMoneyBack")], Next: "FixCar" }),
        FixCar: invoke("fixCar", { Retry: retry, Catch: [all("GiveMoneyBack")], Next: "SayYes" }),
        SayYes: notify("booked", { Next: "Booked" }),
        Booked: { Type: "Succeed" },
        GiveMoneyBack: invoke("giveMoneyBack", { Retry: persistent, Next: "DropCar" }),
        DropCar: invoke("dropCar", { Retry: persistent, Next: "DropSeat" }),
        DropSeat: invoke("dropSeat", { Retry: persistent, Next: "SayNo" }),
        SayNo: notify("not booked", { Next: "NotBooked" }),
        NotBooked: { Type: "Fail", Error: "Job Failed" },
      },
    },
    calls: {
      HoldSeat: compensable("DropSeat"),
      HoldCar: compensable("DropCar"),
      TakeMoney: compensable("GiveMoneyBack"),
      FixSeat: { role: "compensable", confirms: "HoldSeat" },
      FixCar: { role: "compensable", confirms: "HoldCar" },
      SayYes: { role: "query" },
      SayNo: { role: "query" },
    },
    finds: ["S1 SayYes", "S6 SayNo", "S6 NotBooked"],
  },
  {
    title: "an order whose steps catch the errors that they know, under one timeout",
    definition: {
      StartAt: "OpenOrder",
      TimeoutSeconds: 15,
      States: {
        OpenOrder: invoke("openOrder", {
          Retry: retry,
          Catch: [{ ErrorEquals: ["OrderFailed"], ResultPath: "$.error", Next: "CloseOrder" }],
          Next: "Charge",
        }),
        Charge: invoke("charge", {
          Retry: retry,
          Catch: [{ ErrorEquals: ["ChargeFailed"], ResultPath: "$.error", Next: "Refund" }],
          Next: "TakeStock",
        }),
        TakeStock: invoke("takeStock", {
          Retry: retry,
          Catch: [{ ErrorEquals: ["StockFailed"], ResultPath: "$.error", Next: "PutBack" }],
          Next: "Ordered",
        }),
        Ordered: { Type: "Succeed" },
        PutBack: invoke("putBack", { Catch: [all("OrderFailed")], Next: "Refund" }),
        Refund: invoke("refund", { Catch: [all("OrderFailed")], Next: "CloseOrder" }),
        CloseOrder: invoke("closeOrder", { Next: "OrderFailed" }),
        OrderFailed: { Type: "Succeed" },
      },
    },
    calls: { OpenOrder: compensable("CloseOrder"), Charge: compensable("Refund"), TakeStock: compensable("PutBack") },
    finds: ["S2 OpenOrder", "S2 Charge", "S2 TakeStock", "S5 PutBack", "S5 Refund", "S6 OrderFailed"],
  },
  {
    title: "a trip whose Catches lead one undo short, after a Pass that notes something",
    definition: {
      StartAt: "Note",
      States: {
        Note: { Type: "Pass", Result: { kind: "trip" }, ResultPath: "$.note", Next: "BookRoom" },
        BookRoom: invoke("bookRoom", {
          Retry: [{ ErrorEquals: ["States.ALL"] }],
          Catch: [all("Failed")],
          Next: "BookFlight",
        }),
        BookFlight: invoke("bookFlight", { Catch: [all("CancelRoom")], Next: "RentCar" }),
        RentCar: invoke("rentCar", { Catch: [all("CancelFlight")], End: true }),
        ReturnCar: invoke("returnCar", { Next: "CancelFlight" }),
        CancelFlight: invoke("cancelFlight", { Next: "CancelRoom" }),
        CancelRoom: invoke("cancelRoom", { Next: "Failed" }),
        Failed: { Type: "Fail" },
      },
    },
    calls: {
      BookRoom: compensable("CancelRoom"),
      BookFlight: compensable("CancelFlight"),
      RentCar: compensable("ReturnCar"),
    },
    finds: ["S2 Failed", "S2 CancelRoom", "S2 CancelFlight", "S13 Note"],
  },
  {
    title: "a delivery whose Catches leave the error alone to the undos",
    definition: {
      StartAt: "TakeStock",
      States: {
        TakeStock: byArn("takeStock", { Retry: retry, Catch: [losing("PutBack")], Next: "Charge" }),
        Charge: byArn("charge", { Retry: retry, Catch: [losing("Refund")], Next: "SendCourier" }),
        SendCourier: byArn("sendCourier", { Retry: retry, Catch: [losing("CallBack")], Next: "Sent" }),
        Sent: { Type: "Succeed" },
        CallBack: byArn("callBack", { Parameters: { "courier.$": "$.order.courier" }, Next: "Refund" }),
        Refund: byArn("refund", { Next: "PutBack" }),
        PutBack: byArn("putBack", { Next: "NotSent" }),
        NotSent: { Type: "Fail", Cause: "not sent" },
      },
    },
    calls: {
      TakeStock: compensable("PutBack"),
      Charge: compensable("Refund"),
      SendCourier: compensable("CallBack"),
    },
    finds: ["assignment PutBack", "assignment Refund", "assignment CallBack", "S6 NotSent"],
  },
];

/** Writes a payload as an object whose `saga` a hint can change. */
function spellOut({ Arguments: args }: MutableState): void {
  const given = args as { Payload?: unknown } | undefined;
  const [, saga = ""] = /'saga': \{(.*?)\}/.exec(String(given?.Payload)) ?? [];
  const [, id, made] = /^'id': (.*), 'step': (.*)$/.exec(saga) ?? [];
  if (given && id !== undefined && made !== undefined) {
    given.Payload = { saga: { id: `{% ${id} %}`, step: `{% ${made} %}` } };
  }
}

describe("the hints of the verifier, followed one after another,", () => {
  it("lead from the reference system's machine to a sound one", () => {
    const hints = followed(fixture("reference.asl.json"), fixture("reference.saga.json"));
    expect(hints.slice(0, 2)).to.deep.equal([
      "Let DeleteOrder lead to a Fail with Error SagaCompensated",
      "Give Compensated a Cause that is JSON: { saga, step, error, cause }",
    ]);
    expect(hints).to.have.length(17);
  });

  for (const [title, nodes, state] of [
    ["branches", [parallel([step, step], [step])], "P1"],
    ["items", [forEach(step, step)], "M1"],
    ["branches within a branch", [parallel([parallel([step, step], [step])], [step])], "P2"],
  ] as const) {
    it(`name the Retry that runs ${title} again, once`, () => {
      const { machine, declaration } = machineOf({
        nodes,
        edit: (made) => {
          stateOf(made, state).Retry = [{ ErrorEquals: ["States.ALL"], MaxAttempts: 2 }];
        },
      });
      const { violations } = verify(machine, declaration);
      expect(new Set(violations.map(({ rule }) => rule))).to.deep.equal(new Set(["S1", "S2"]));
      const [story, ...others] = storiesOf(violations);
      expect(others).to.deep.equal([]);
      expect(story?.message).to.match(new RegExp(`^after ${state}'s Retry, U\\d runs .* \\(S2 too\\)$`));
      const hint = `Remove ${state}'s Retry: it runs all branches again, and hides what they had done. Let the calls in them retry`;
      expect(story?.hint).to.equal(hint);
      expect(followed(machine, declaration)).to.deep.equal([hint]);
    });
  }

  for (const [title, name, what, by, hint] of [
    ["the saga.id that an action makes on each try", "S1", /'id': \$states[\w.]+/, "'id': $uuid()", "saga.id"],
    ["the saga.step that an action makes on each try", "S1", /'step': 'S1'/, "'step': $string($millis())", "identity"],
    [
      "the saga.step that an undo makes on each try",
      "U1",
      /'step': 'S1'/,
      "'step': $now()",
      "saga.id and saga.step of S1",
    ],
  ] as const) {
    it(`replace ${title}, and nothing else`, () => {
      const edit = (made: MutableLevel): void => {
        inPayload(made, name, what, by);
        for (const state of Object.values(made.States)) spellOut(state);
      };
      const { machine, declaration } = machineOf({ nodes: [step, step], edit });
      const hints = followed(machine, declaration);
      expect(hints).to.have.length(1);
      expect(hints[0]).to.include(`Give ${name} `).and.to.include(hint);
    });
  }

  it("replace the name of an execution that is made on each try", () => {
    const start = (Name: string) => ({
      Resource: "arn:aws:states:::states:startExecution.sync:2",
      Arguments: { StateMachineArn: "arn:aws:states:eu-west-1:000000000000:stateMachine:Child", Name },
    });
    const { machine, declaration } = machineOf({
      nodes: [step],
      edit: ({ States }) => {
        for (const name of ["S1", "U1"]) Object.assign(States[name] ?? {}, start("{% $uuid() %}"));
      },
    });
    expect(followed(machine, declaration).toSorted()).to.deep.equal([
      "Give S1 the Name {% $states.context.Execution.Name & '-S1' %}",
      "Give U1 the Name of S1",
    ]);
  });

  for (const { title, definition, calls, finds } of SAMPLES) {
    it(`lead to a sound one from ${title}`, () => {
      const declaration = { saga: "Sample", calls };
      const { violations } = verify(definition as never, readDeclaration(declaration));
      expect(violations.map(({ rule, state }) => `${rule} ${state ?? ""}`)).to.include.members(finds);
      expect(followed(definition, declaration)).not.to.deep.equal([]);
    });
  }
});
