import { expect } from "chai";
import { type DeclaredCall, readDeclaration, verify, type Violation } from "../../saga/verify";

/** Sagas as people write them in JSONPath mode: a Catch for each step, and a chain of undos. */
type State = Record<string, unknown>;

const arn = (name: string): string => `arn:aws:lambda:eu-west-1:000000000000:function:${name}`;
const TRANSIENT = [
  "Lambda.ClientExecutionTimeoutException",
  "Lambda.ServiceException",
  "Lambda.AWSLambdaException",
  "Lambda.SdkClientException",
  "Lambda.TooManyRequestsException",
];
const onward = (next: string | undefined): State => (next === undefined ? { End: true } : { Next: next });
const catching = (error: string, Next: string): State => ({ ErrorEquals: [error], ResultPath: "$.error", Next });

const action = (name: string, next: string | undefined, to: string, first: readonly State[] = []): State => ({
  Type: "Task",
  Resource: arn(name),
  TimeoutSeconds: 30,
  ResultPath: `$.${name}`,
  Retry: [{ ErrorEquals: TRANSIENT, MaxAttempts: 6 }],
  Catch: [...first, catching("States.DataLimitExceeded", to), catching("States.ALL", to)],
  ...onward(next),
});
const undo = (name: string, next: string | undefined): State => ({
  Type: "Task",
  Resource: arn(name),
  TimeoutSeconds: 30,
  ResultPath: `$.${name}`,
  Retry: [{ ErrorEquals: ["States.ALL"], MaxAttempts: 12 }],
  ...onward(next),
});
const FAILED: State = { Type: "Fail", Error: "SagaCompensated", CausePath: "States.JsonToString($.error)" };
const compensable = (name: string, more: Partial<DeclaredCall> = {}): DeclaredCall => ({
  role: "compensable",
  undo: name,
  ...more,
});

function violationsOf(States: Record<string, State>, calls: Record<string, DeclaredCall>): readonly Violation[] {
  const definition = { StartAt: Object.keys(States)[0] as string, States };
  return verify(definition as never, readDeclaration({ saga: "Sample", calls })).violations;
}
const told = (violations: readonly Violation[]): readonly string[] =>
  violations.map(({ rule, message }) => `${rule}: ${message}`);

describe("the verifier, on what people write,", () => {
  const booking = {
    Reserve: action("Reserve", "Pay", "Cancel"),
    Pay: action("Pay", "Confirm", "Refund"),
    Confirm: action("Confirm", undefined, "Refund"),
    Refund: undo("Refund", "Cancel"),
    Cancel: undo("Cancel", "Failed"),
    Failed: FAILED,
  };
  const reserve = { Reserve: compensable("Cancel"), Pay: compensable("Refund") };

  it("takes reserve, pay, confirm, with one cancel for both, where it is declared so", () => {
    const calls = { ...reserve, Confirm: { role: "compensable", confirms: "Reserve" } as const };
    expect(told(violationsOf(booking, calls))).to.deep.equal([]);
  });

  it("finds a step that confirms what was never reserved to be left behind", () => {
    const { Reserve, ...rest } = booking;
    const machine = {
      Which: { Type: "Choice", Choices: [{ Variable: "$.a", BooleanEquals: true, Next: "Reserve" }], Default: "Pay" },
      Reserve,
      ...rest,
    };
    const calls = { ...reserve, Confirm: { role: "compensable", confirms: "Reserve" } as const };
    expect(told(violationsOf(machine, calls))).to.include(
      "S2: Refund runs before the undo of Confirm, which failed and may have taken effect",
    );
  });

  const twice = {
    Pay: action("Pay", "Hold", "Refund"),
    Hold: action("Hold", "Extend", "Release"),
    Extend: action("Extend", undefined, "Release"),
    Release: undo("Release", "Refund"),
    Refund: undo("Refund", "Failed"),
    Failed: FAILED,
  };
  const shared = { Pay: compensable("Refund"), Hold: compensable("Release"), Extend: compensable("Release") };

  it("takes one undo for two steps in a row", () => {
    expect(told(violationsOf(twice, shared))).to.deep.equal([]);
  });

  it("wants a shared undo when the last of its steps is to be undone", () => {
    const machine = { ...twice, Extend: action("Extend", undefined, "Refund") };
    expect(told(violationsOf(machine, shared))).to.deep.equal([
      "S2: Refund runs before the undo of Extend, which failed and may have taken effect",
    ]);
  });

  const early = {
    Charge: action("charge", "Ship", "GiveBack"),
    Ship: action("ship", undefined, "Unship"),
    Unship: undo("unship", "Refund"),
    Refund: undo("refund", "Failed"),
    GiveBack: undo("refund", "Failed"),
    Failed: FAILED,
  };
  const charged = { Charge: compensable("Refund"), Ship: compensable("Unship") };

  it("finds a second state that undoes a call, and says that one is enough", () => {
    expect(violationsOf(early, charged).map(({ message, hint }) => [message, hint])).to.deep.equal([
      [
        "GiveBack is not declared, and makes the same call as Refund, the undo of Charge: one state undoes a call",
        "Leave GiveBack out: lead to Refund instead",
      ],
    ]);
    const other = { ...early, GiveBack: undo("giveBack", "Failed") };
    expect(told(violationsOf(other, charged))).to.deep.equal(["definition: GiveBack is not declared"]);
  });

  it("finds a second state that undoes a call within its branch, and says how its branch is to end", () => {
    const branch = (name: string, to: string, States: Record<string, State>): State => ({
      StartAt: name,
      States: { [name]: action(name, undefined, to), ...States },
    });
    const machine = {
      Book: {
        Type: "Parallel",
        Branches: [
          branch("Fly", "DropFlight", {
            DropFlight: undo("DropFly", "NoFlight"),
            NoFlight: { Type: "Pass", End: true },
          }),
          branch("Stay", "NoStay", { NoStay: { Type: "Pass", End: true } }),
        ],
        End: true,
      },
      DropFly: undo("DropFly", "DropStay"),
      DropStay: undo("DropStay", "Failed"),
      Failed: FAILED,
    };
    const calls = { Fly: compensable("DropFly"), Stay: compensable("DropStay") };
    expect(violationsOf(machine, calls).find(({ kind }) => kind === "second-undo")?.hint).to.equal(
      "Leave DropFlight out: end its branch, or its item, with a record of the failure, and let DropFly undo Fly",
    );
  });

  const locked = {
    Lock: action("Lock", "Work", "Unlock"),
    Work: action("Work", "UnlockDone", "Unwork"),
    UnlockDone: undo("Unlock", undefined),
    Unwork: undo("Unwork", "Unlock"),
    Unlock: undo("Unlock", "Failed"),
    Failed: FAILED,
  };
  const lock = { Lock: compensable("Unlock", { release: "UnlockDone" }), Work: compensable("Unwork") };

  it("takes a lock that is released on both ways", () => {
    expect(told(violationsOf(locked, lock))).to.deep.equal([]);
  });

  it("takes the call of an undo on the way to success for a release that is not declared", () => {
    const [found, ...others] = violationsOf(locked, { Lock: compensable("Unlock"), Work: compensable("Unwork") });
    expect(others).to.deep.equal([]);
    expect([found?.message, found?.hint]).to.deep.equal([
      "UnlockDone is not declared, and makes the same call as Unlock, the undo of Lock, on the way to success",
      'Declare UnlockDone as the "release" of Lock, or leave UnlockDone out',
    ]);
  });

  it("finds a lock that is held when the execution completes (S6), after a pivot, too", () => {
    const machine = { ...locked, Work: action("Work", "Note", "Unwork"), Note: undo("Note", undefined) };
    const held = "S6: Note completes the execution, but Lock is not released";
    for (const Work of [compensable("Unwork"), { role: "pivot", undo: "Unwork" } as const]) {
      expect(told(violationsOf(machine, { ...lock, Work, Note: { role: "query" } }))).to.include(held);
    }
  });

  it("finds a lock that is released before the work that it guards is undone to be undone twice (S1)", () => {
    const machine = { ...locked, Work: action("Work", "UnlockDone", "Unlock"), Unlock: undo("Unlock", "Unwork") };
    const found = told(violationsOf({ ...machine, Unwork: undo("Unwork", "Failed") }, lock));
    expect(found).to.include("S2: Unlock runs before the undo of Work, which failed and may have taken effect");
  });

  it("takes a Catch that tries its own state again, at once or after a wait", () => {
    for (const back of ["Charge", "Pause"]) {
      const machine = {
        Charge: action("Charge", undefined, "Refund", [catching("Busy", back)]),
        ...(back === "Pause" && { Pause: { Type: "Wait", Seconds: 10, Next: "Charge" } }),
        Refund: undo("Refund", "Failed"),
        Failed: FAILED,
      };
      expect(told(violationsOf(machine, { Charge: compensable("Refund") }))).to.deep.equal([]);
    }
  });

  it("finds a Catch that leads back past another step", () => {
    const machine = {
      Open: action("Open", "Charge", "Close"),
      Charge: action("Charge", undefined, "Refund", [catching("Busy", "Open")]),
      Refund: undo("Refund", "Close"),
      Close: undo("Close", "Failed"),
      Failed: FAILED,
    };
    expect(told(violationsOf(machine, { Open: compensable("Close"), Charge: compensable("Refund") }))).to.deep.equal([
      "S1: Close runs while Charge, which started later, is not undone",
      "S2: Open starts after an earlier step has failed, and leaves behind Open (done); Charge (perhaps done)",
    ]);
  });

  it("takes a Pass that makes an identity, and one that ends what a Choice has decided (S13)", () => {
    const machine = {
      MakeId: { Type: "Pass", Parameters: { "id.$": "States.UUID()" }, ResultPath: "$.id", Next: "Charge" },
      Charge: action("Charge", "Ships", "Refund"),
      Ships: {
        Type: "Choice",
        Choices: [{ Variable: "$.ship", BooleanEquals: true, Next: "Ship" }],
        Default: "NothingToShip",
      },
      NothingToShip: { Type: "Pass", End: true },
      Ship: action("Ship", undefined, "Unship"),
      Unship: undo("Unship", "Refund"),
      Refund: undo("Refund", "Failed"),
      Failed: FAILED,
    };
    const calls = { Charge: compensable("Refund"), Ship: compensable("Unship") };
    expect(told(violationsOf(machine, calls))).to.deep.equal([]);
    const noting = { ...machine, MakeId: { Type: "Pass", Result: { a: 1 }, ResultPath: "$.id", Next: "Charge" } };
    expect(told(violationsOf(noting, calls))).to.deep.equal(["S13: MakeId does nothing but bookkeeping"]);
  });

  describe("lists in JSONPath mode", () => {
    const lines = (name: string, inner: Record<string, State>, next: string, to?: string): State => ({
      Type: "Map",
      ItemsPath: "$.lines",
      ResultPath: `$.${name}`,
      ItemProcessor: { StartAt: Object.keys(inner)[0], States: inner },
      ...(to === undefined ? {} : { Catch: [catching("States.DataLimitExceeded", to), catching("States.ALL", to)] }),
      Next: next,
    });
    const machine = (takeBack: State): Record<string, State> => ({
      Open: action("Open", "Lines", "Close"),
      Lines: lines(
        "held",
        { Hold: action("Hold", undefined, "Noted"), Noted: { Type: "Pass", End: true } },
        "Decide",
        "TakeBack",
      ),
      Decide: {
        Type: "Choice",
        Choices: [{ Variable: "$.held[0].error", IsPresent: true, Next: "TakeBack" }],
        Default: "TakeBack",
      },
      TakeBack: takeBack,
      Close: undo("Close", "Failed"),
      // Items that fail leave no error: the Choice finds them.
      Failed: { ...FAILED, CausePath: "States.JsonToString($)" },
    });
    // No way completes it, so that what is looked at is the undoing alone.
    const undoing = (takeBack: State, hold: DeclaredCall): readonly string[] =>
      told(violationsOf(machine(takeBack), { Open: compensable("Close"), Hold: hold })).filter(
        (one) => !/no path completes|decides nothing/.test(one),
      );

    it("are one list where both Maps go through the same part of the input: it may be empty", () => {
      const each = lines("freed", { Free: undo("Free", undefined) }, "Close");
      expect(undoing(each, compensable("Free"))).to.deep.equal([]);
    });

    it("may be taken back in bulk, where that is declared: a list may be empty then, too", () => {
      const all = undo("TakeBack", "Close");
      expect(undoing(all, compensable("TakeBack", { bulk: true }))).to.deep.equal([]);
      expect(undoing(all, compensable("TakeBack"))).not.to.deep.equal([]);
    });
  });
});
