import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { type DeclaredCall, readDeclaration, storiesOf, verify, type Violation } from "../../saga/verify";
import { forEach, machineOf, parallel, step } from "./edited";
import { type MutableLevel, type MutableState, stateOf } from "./mutations";

/** Does what a hint says. */
type Follow = (machine: MutableLevel, groups: readonly string[], violation: Violation) => void;

const lead = (state: MutableState, to: string): void => {
  delete state.End;
  state.Next = to;
};
const catching = (state: MutableState, error: string, to: string): void => {
  const entry = { ErrorEquals: [error], ResultPath: "$.error", Next: to };
  const all = state.Catch?.find(({ ErrorEquals }) => ErrorEquals.includes("States.ALL"));
  if (error === "States.ALL" && all) all.Next = to;
  else state.Catch = error === "States.ALL" ? [...(state.Catch ?? []), entry] : [entry, ...(state.Catch ?? [])];
};
/** A Fail for what was undone, put there where there is none. */
const compensated = (machine: MutableLevel): string => {
  machine.States["Compensated"] ??= { Type: "Fail", Error: "SagaCompensated" };
  return "Compensated";
};

const FOLLOWED: readonly (readonly [pattern: RegExp, follow: Follow])[] = [
  [/^Give (.+) a TimeoutSeconds$/, (machine, [name = ""]) => (stateOf(machine, name)["TimeoutSeconds"] = 30)],
  [/^Give every state its own timeout instead$/, (machine) => delete machine["TimeoutSeconds"]],
  [
    /^Let (.+) retry States\.ALL, for hours$/,
    (machine, [name = ""]) =>
      (stateOf(machine, name).Retry = [{ ErrorEquals: ["States.ALL"], MaxAttempts: 20, MaxDelaySeconds: 600 }]),
  ],
  [
    /^Let (.+) retry only transient errors, by their names$/,
    (machine, [name = ""]) => delete stateOf(machine, name).Retry,
  ],
  [
    /^Let (.+) retry (.+)$/,
    (machine, [name = "", errors = ""]) => {
      const state = stateOf(machine, name);
      state.Retry = [...(state.Retry ?? []), { ErrorEquals: errors.split(", "), MaxAttempts: 6 }];
    },
  ],
  [
    /^Give (.+) a catcher of its own for States\.DataLimitExceeded, before States\.ALL$/,
    (machine, [name = ""]) => {
      const state = stateOf(machine, name);
      const all = state.Catch?.find(({ ErrorEquals }) => ErrorEquals.includes("States.ALL"));
      catching(state, "States.DataLimitExceeded", all?.Next ?? compensated(machine));
    },
  ],
  [
    /^Let (.+) lead to a Fail with Error SagaCompensated$/,
    (machine, [name = ""]) => {
      const state = stateOf(machine, name);
      if (state.Type === "Task") lead(state, compensated(machine));
      else {
        for (const field of Object.keys(state)) Reflect.deleteProperty(state, field);
        Object.assign(state, { Type: "Fail", Error: "SagaCompensated" });
      }
    },
  ],
  [
    /^Give (.+) the Error SagaCompensated$/,
    (machine, [name = ""]) => (stateOf(machine, name)["Error"] = "SagaCompensated"),
  ],
  [
    /^Give (.+) a Cause that is JSON: /,
    (machine, [name = ""]) => {
      const state = stateOf(machine, name);
      delete state["Cause"];
      state["CausePath"] = "States.JsonToString($.error)";
    },
  ],
  [
    /^Give (.+) a Catch for States\.ALL that leads to (.+)$/,
    (machine, [name = "", to = ""]) => {
      catching(stateOf(machine, name), "States.ALL", /^a Fail /.test(to) ? compensated(machine) : to);
    },
  ],
  [
    /^Give (.+)'s Catch a ResultPath, such as (\S+), so that /,
    (machine, [name = "", path = ""]) => {
      for (const catcher of stateOf(machine, name).Catch ?? []) Object.assign(catcher, { ResultPath: path });
    },
  ],
  [
    /^Lead (.+)'s Catch to (.+)$/,
    (machine, [name = "", to = ""]) => {
      for (const catcher of stateOf(machine, name).Catch ?? []) catcher.Next = to;
    },
  ],
  [
    /^Lead to (.+) first, and from there on to (.+)$/,
    (machine, [first = "", then = ""]) => {
      for (const state of Object.values(machine.States)) {
        if (state !== machine.States[first] && state.Next === then) state.Next = first;
        for (const catcher of state.Catch ?? []) if (catcher.Next === then) catcher.Next = first;
      }
      lead(stateOf(machine, first), then);
    },
  ],
  [/^Give (.+) no Catch: /, (machine, [name = ""]) => delete stateOf(machine, name).Catch],
  [/^Remove (.+)'s Retry: /, (machine, [name = ""]) => delete stateOf(machine, name).Retry],
  [
    /^Leave (.+) out: begin with (.+)$/,
    (machine, [name = "", next = ""]) => {
      machine.StartAt = next;
      Reflect.deleteProperty(machine.States, name);
    },
  ],
];

/** What is done, hint by hint, until nothing is found. */
function followed(definition: unknown, declaration: unknown): readonly string[] {
  const machine = structuredClone(definition) as MutableLevel;
  const read = readDeclaration(declaration);
  const hints: string[] = [];
  for (;;) {
    const [violation] = verify(machine, read).violations;
    if (!violation) return hints;
    const [pattern, follow] = FOLLOWED.find(([one]) => one.test(violation.hint)) ?? [];
    const told = [...hints, `${violation.rule}: ${violation.message} → ${violation.hint}`].join("\n");
    if (!pattern || !follow) throw new Error(`nobody knows how to follow the last of these:\n${told}`);
    if (hints.length > 60) throw new Error(`the hints lead nowhere:\n${told}`);
    hints.push(violation.hint);
    follow(machine, pattern.exec(violation.hint)?.slice(1) ?? [], violation);
  }
}

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

  for (const { title, definition, calls, finds } of SAMPLES) {
    it(`lead to a sound one from ${title}`, () => {
      const declaration = { saga: "Sample", calls };
      const { violations } = verify(definition as never, readDeclaration(declaration));
      expect(violations.map(({ rule, state }) => `${rule} ${state ?? ""}`)).to.include.members(finds);
      expect(followed(definition, declaration)).not.to.deep.equal([]);
    });
  }
});
