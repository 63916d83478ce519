import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { type DeclaredCall, readDeclaration, verify, type Violation } from "../../saga/verify";
import { flowOf } from "../../saga/verify/dataflow/flow";
import { referenceOf, referencesIn } from "../../saga/verify/dataflow/reference";

type State = Record<string, unknown>;
interface Machine {
  readonly StartAt: string;
  readonly States: Record<string, State>;
}

const arn = (name: string): string => `arn:aws:lambda:eu-west-1:000000000000:function:${name}`;
const onward = (next: string | undefined): State => (next === undefined ? { End: true } : { Next: next });
const compensable = (undo: string): DeclaredCall => ({ role: "compensable", undo });

/** A function that is called by its own ARN: it is given all data, or what Parameters make of it. */
const call = (name: string, next: string | undefined, fields: State = {}): State => ({
  Type: "Task",
  Resource: arn(name),
  ...fields,
  ...onward(next),
});
const all = (Next: string, ResultPath?: string): State => ({
  ErrorEquals: ["States.ALL"],
  ...(ResultPath === undefined ? {} : { ResultPath }),
  Next,
});
const machineOf = (States: Record<string, State>): Machine => ({ StartAt: Object.keys(States)[0] as string, States });

function lostIn(machine: Machine, calls: Readonly<Record<string, DeclaredCall>> = {}): readonly Violation[] {
  const declaration = readDeclaration({ saga: "Sample", calls });
  return verify(machine as never, declaration).violations.filter(({ rule }) => rule === "assignment");
}
const told = (violations: readonly Violation[]): readonly string[] =>
  violations.map(({ message, hint }) => `${message} → ${hint}`);
const lost = (States: Record<string, State>, calls?: Readonly<Record<string, DeclaredCall>>): readonly string[] =>
  told(lostIn(machineOf(States), calls));

const FAILED: State = { Type: "Fail", Error: "SagaCompensated" };
const SEEN = "so that Seen still has $.order_id";
/** Reads what the tests ask for. */
const seen = (said = "$.order_id"): State => call("seen", undefined, { Parameters: { "order_id.$": said } });

describe("the verifier, on data in JSONPath mode,", () => {
  const fixture = (name: string): unknown => JSON.parse(readFileSync(join(__dirname, "fixtures", name), "utf8"));
  const reference = (): Machine => fixture("reference.asl.json") as Machine;
  const { calls } = readDeclaration(fixture("reference.saga.json"));
  const stateOf = (machine: Machine, name: string): State => machine.States[name] as State;
  const catcherOf = (machine: Machine, name: string): State => (stateOf(machine, name)["Catch"] as [State])[0];

  describe("in the reference system's machine", () => {
    it("finds nothing lost: each Catch puts its error beside the order", () => {
      expect(told(lostIn(reference(), calls))).to.deep.equal([]);
    });

    it("finds a Catch that has lost its ResultPath, though the undo reads no path of its own", () => {
      const machine = reference();
      delete catcherOf(machine, "ProcessPayment")["ResultPath"];
      const [found, ...others] = lostIn(machine, calls);
      expect(others).to.deep.equal([]);
      expect(found?.state).to.equal("RefundPayment");
      expect(found?.message).to.equal(
        "RefundPayment has no data to undo with: ProcessPayment's Catch has replaced all data by { Error, Cause }",
      );
      expect(found?.hint).to.equal(
        "Give ProcessPayment's Catch a ResultPath, such as $.error, so that RefundPayment still has the saga's data",
      );
      expect(found?.counterexample).to.deep.equal([
        "CreateOrder is done",
        "ProcessPayment fails: States.Timeout; its Catch replaces the data by { Error, Cause }",
        "RefundPayment starts here; there are Error and Cause alone",
      ]);
    });

    it("finds it for each of its Catches, by the path that its undo reads, and nothing once the hint is followed", () => {
      const undos = { CreateOrder: "DeleteOrder", ProcessPayment: "RefundPayment", ProcessShipment: "CancelShipment" };
      for (const [action, undo] of Object.entries(undos)) {
        const machine = reference();
        for (const name of Object.values(undos)) {
          Object.assign(stateOf(machine, name), { Parameters: { "id.$": "$.order_id" } });
        }
        expect(told(lostIn(machine, calls))).to.deep.equal([]);
        delete catcherOf(machine, action)["ResultPath"];
        expect(told(lostIn(machine, calls))).to.deep.equal([
          `${undo} reads $.order_id, and ${action}'s Catch has replaced all data by { Error, Cause } → ` +
            `Give ${action}'s Catch a ResultPath, such as $.error, so that ${undo} still has $.order_id`,
        ]);
        catcherOf(machine, action)["ResultPath"] = "$.error";
        expect(told(lostIn(machine, calls))).to.deep.equal([]);
      }
    });

    it("finds a Catch that puts its error over what the undo reads", () => {
      const machine = reference();
      Object.assign(stateOf(machine, "DeleteOrder"), { InputPath: "$.order.id" });
      delete stateOf(machine, "CreateOrder")["ResultPath"];
      catcherOf(machine, "ProcessPayment")["ResultPath"] = "$.order";
      expect(told(lostIn(machine, calls))).to.include.members([
        "DeleteOrder reads $.order.id, and ProcessPayment's Catch has put { Error, Cause } at $.order → " +
          "Give ProcessPayment's Catch another ResultPath, such as $.error, so that DeleteOrder still has $.order.id",
      ]);
    });

    it("does not know what a result has that is put in the place of all, and says so", () => {
      const machine = reference();
      delete stateOf(machine, "CreateOrder")["ResultPath"];
      Object.assign(stateOf(machine, "DeleteOrder"), { InputPath: "$.order_id" });
      expect(told(lostIn(machine, calls))).to.deep.equal([]);
      const { unproved } = verify(machine as never, { saga: "Sample", calls });
      expect(unproved).to.deep.include({
        rule: "assignment",
        why: "in JSONPath mode the fields of the input and of results are unknown",
        hint: "Write the machine in JSONata mode",
      });
    });
  });

  describe("in sagas as people write them", () => {
    const invoke = (name: string, next: string | undefined, fields: State = {}): State => ({
      Type: "Task",
      Resource: "arn:aws:states:::lambda:invoke",
      Parameters: { FunctionName: name, "Payload.$": "$" },
      ResultPath: `$.${name}`,
      ...fields,
      ...onward(next),
    });
    const trip = (path?: string): Record<string, State> => ({
      BookHotel: invoke("hotel", "BookFlight", { Catch: [all("CancelHotel", path)] }),
      BookFlight: invoke("flight", "BookCar", { Catch: [all("CancelFlight", path)] }),
      BookCar: invoke("car", undefined, { Catch: [all("CancelCar", path)] }),
      CancelCar: invoke("noCar", "CancelFlight"),
      CancelFlight: invoke("noFlight", "CancelHotel"),
      CancelHotel: invoke("noHotel", "Failed"),
      Failed: FAILED,
    });
    const booked = {
      BookHotel: compensable("CancelHotel"),
      BookFlight: compensable("CancelFlight"),
      BookCar: compensable("CancelCar"),
    };

    it("finds each Catch without a ResultPath, before an undo that is sent all data", () => {
      expect(lostIn(machineOf(trip()), booked).map(({ state }) => state)).to.have.members([
        "CancelHotel",
        "CancelFlight",
        "CancelCar",
      ]);
      expect(lost(trip("$.error"), booked)).to.deep.equal([]);
    });

    it("tells of a failure that happens every day, where there is one", () => {
      const machine = trip();
      const last = machine["BookCar"] as State;
      last["Catch"] = [{ ...all("CancelCar"), ErrorEquals: ["States.DataLimitExceeded"] }, all("CancelCar")];
      const found = lostIn(machineOf(machine), booked).find(({ state }) => state === "CancelCar");
      expect(found?.counterexample).to.deep.equal([
        "BookHotel is done",
        "BookFlight is done",
        "BookCar fails: States.Timeout; its Catch replaces the data by { Error, Cause }",
        "CancelCar starts here; there are Error and Cause alone",
      ]);
    });

    it("takes an undo that asks for the error alone, by its path", () => {
      const machine = { ...trip("$.error"), CancelHotel: call("noHotel", "Failed", { InputPath: "$.error" }) };
      expect(lost(machine, booked)).to.deep.equal([]);
    });

    it("takes an undo that is told whose it is by the Context object", () => {
      for (const id of ["$$.Execution.Input.id", "$$.Execution.Name"]) {
        const machine = trip();
        for (const name of ["CancelCar", "CancelFlight", "CancelHotel"]) {
          Object.assign(machine[name] as State, { Parameters: { FunctionName: name, Payload: { "id.$": id } } });
        }
        expect(lost(machine, booked)).to.deep.equal([]);
      }
    });

    it("finds an update of a table that reads its key from what the Catch has thrown away", () => {
      const machine = (path?: string): Record<string, State> => ({
        Reserve: call("reserve", "Pay", { ResultPath: "$.held", Catch: [all("Release", "$.problem")] }),
        Pay: call("pay", undefined, { ResultPath: "$.paid", Catch: [all("Release", path)] }),
        Release: {
          Type: "Task",
          Resource: "arn:aws:states:::dynamodb:updateItem",
          Parameters: { TableName: "Held", Key: { id: { "S.$": "States.Format('held#{}', $.order.id)" } } },
          Next: "Failed",
        },
        Failed: FAILED,
      });
      const declared = { Reserve: compensable("Release"), Pay: compensable("Release") };
      expect(lost(machine("$.problem"), declared)).to.deep.equal([]);
      expect(lost(machine(), declared)).to.deep.equal([
        "Release reads $.order.id, and Pay's Catch has replaced all data by { Error, Cause } → " +
          "Give Pay's Catch a ResultPath, such as $.error, so that Release still has $.order.id",
      ]);
    });

    it("finds it behind a state that tells of the failure, and in a branch", () => {
      const branch = (path?: string) => ({
        Both: {
          Type: "Parallel",
          Branches: [
            machineOf({
              Fly: call("fly", undefined, { Catch: [all("Tell", path)] }),
              Tell: call("tell", "CancelFlight", { ResultPath: null }),
              CancelFlight: call("cancel", undefined, { InputPath: "$.flight" }),
            }),
          ],
          End: true,
        },
      });
      const declared = { Fly: compensable("CancelFlight"), Tell: { role: "query" } as const };
      expect(lost(branch("$.error"), declared)).to.deep.equal([]);
      expect(lost(branch(), declared)).to.deep.equal([
        "CancelFlight reads $.flight, and Fly's Catch has replaced all data by { Error, Cause } → " +
          "Give Fly's Catch a ResultPath, such as $.error, so that CancelFlight still has $.flight",
      ]);
    });

    const bought = (more: Record<string, State> = {}): Record<string, State> => ({
      Charge: call("charge", "Ship", { ResultPath: "$.payment", Catch: [all("Refund", "$.error")] }),
      Ship: call("ship", undefined, { ResultPath: "$.parcel", Catch: [all("Recall", "$.error")] }),
      Recall: call("recall", "Refund", { ResultPath: null }),
      Refund: call("refund", "Failed", { ResultPath: null, Parameters: { "id.$": "$.payment.id" } }),
      Failed: FAILED,
      ...more,
    });
    const charged = { Charge: compensable("Refund"), Ship: compensable("Recall") };
    const UNPAID =
      "Refund reads $.payment.id, but only Charge writes $.payment, and it has not done so on this path → " +
      "Write $.payment on each path to Refund, or let Refund do without it";

    it("finds an undo that reads the result of its action, after the action has failed", () => {
      expect(lost(bought(), charged)).to.deep.equal([UNPAID]);
      const [found] = lostIn(machineOf(bought()), charged);
      expect(found?.counterexample).to.deep.equal([
        "Charge fails: States.Timeout",
        "Refund starts here; not there: $.payment.id",
      ]);
      const shaped = { Type: "Pass", Parameters: { "order.$": "$.order" }, Next: "Charge" };
      expect(lost({ Shape: shaped, ...bought() }, charged)).to.deep.equal([UNPAID]);
    });

    it("takes it once each path writes it, or a Choice asks for it", () => {
      const { Charge, ...others } = bought();
      const to = (name: string): State => ({ ...Charge, Catch: [all(name, "$.error")] });
      const none = { Type: "Pass", Result: { id: null }, ResultPath: "$.payment", Next: "Refund" };
      expect(lost({ Charge: to("None"), None: none, ...others }, charged)).to.deep.equal([]);
      const asks = {
        Type: "Choice",
        Choices: [{ Variable: "$.payment", IsPresent: true, Next: "Refund" }],
        Default: "Failed",
      };
      expect(lost({ Charge: to("Paid"), Paid: asks, ...others }, charged)).to.deep.equal([]);
    });

    it("takes a path that the execution's input has, as a step on the way to success shows", () => {
      const reads = { Parameters: { "id.$": "$.payment.id" }, ResultPath: null };
      expect(lost({ Look: call("look", "Charge", reads), ...bought() }, charged)).to.deep.equal([]);
      const first = { Parameters: { "id.$": "$$.Execution.Input.payment.id" }, ResultPath: null };
      expect(lost({ Look: call("look", "Charge", first), ...bought() }, charged)).to.deep.equal([]);
      const { Charge, ...others } = bought();
      const inPlace = { ...Charge, Parameters: { "id.$": "$.payment.id" } };
      expect(lost({ Charge: inPlace, ...others }, charged)).to.deep.equal([]);
    });

    it("finds a Cause that reads what no state on this path has written", () => {
      const note = (Next: string): State => ({ Type: "Pass", Result: {}, ResultPath: "$.failure", Next });
      const machine = bought({
        Charge: call("charge", "Ship", { ResultPath: "$.payment", Catch: [all("NoteCharge", "$.error")] }),
        Ship: call("ship", "Tell", { ResultPath: "$.parcel", Catch: [all("NoteShip", "$.error")] }),
        Tell: call("tell", undefined, { ResultPath: null, Catch: [all("Recall", "$.error")] }),
        NoteCharge: note("Refund"),
        NoteShip: note("Recall"),
        Refund: call("refund", "Failed", { ResultPath: null }),
        Failed: { ...FAILED, CausePath: "States.JsonToString($.failure)" },
      });
      expect(lost(machine, { ...charged, Tell: { role: "query" } })).to.deep.equal([
        "Failed reads $.failure, but only NoteCharge and NoteShip write $.failure, and none of them has done so on this path → " +
          "Write $.failure on each path to Failed, or let Failed do without it",
      ]);
    });

    it("finds a Pass that records the failure of another step (S6)", () => {
      const machine = (step: string) =>
        machineOf({
          Reserve: call("reserve", "Pay", { ResultPath: null, Catch: [all("Release", "$.error")] }),
          Pay: call("pay", undefined, { ResultPath: null, Catch: [all("Note", "$.error")] }),
          Note: {
            Type: "Pass",
            Parameters: { saga: "S", step, "error.$": "$.error.Error", "cause.$": "$.error.Cause" },
            ResultPath: "$.failure",
            Next: "Release",
          },
          Release: call("release", "Failed", { ResultPath: null }),
          Failed: FAILED,
        });
      const wrong = (step: string): readonly string[] =>
        told(
          verify(
            machine(step) as never,
            readDeclaration({ saga: "Sample", calls: { Reserve: compensable("Release"), Pay: { role: "query" } } }),
          ).violations.filter(({ kind }) => kind === "wrong-step"),
        );
      expect(wrong("Pay")).to.deep.equal([]);
      expect(wrong("the payment")).to.deep.equal([]);
      expect(wrong("Reserve")).to.deep.equal([
        "Note records a failure of Reserve, but Pay has failed: the Cause would name the wrong step → Record the step 'Pay' in Note",
      ]);
    });

    it("finds an undo that receives the error in the place of the order, whole or by its path", () => {
      const machine = (path: string, said: string): Record<string, State> => ({
        Reserve: call("reserve", "Pay", {
          Parameters: { "order.$": "$.order" },
          ResultPath: null,
          Catch: [all("Failed", "$.error")],
        }),
        Pay: call("pay", undefined, { ResultPath: null, Catch: [all("Refund", path)] }),
        Refund: call("refund", "Failed", {
          ResultPath: null,
          Parameters: { saga: { "id.$": "$$.Execution.Id" }, "order.$": said },
        }),
        Failed: FAILED,
      });
      const declared = { Reserve: { role: "query" } as const, Pay: compensable("Refund") };
      expect(lost(machine("$.order", "$.order"), declared)).to.deep.equal([
        "Refund reads $.order, and Pay's Catch has put { Error, Cause } at $.order → " +
          "Give Pay's Catch another ResultPath, such as $.error, so that Refund still has $.order",
      ]);
      expect(lost(machine("$.error", "$.error"), declared)).to.deep.equal([]);
      expect(lost(machine("$", "$"), declared)).to.deep.equal([
        "Refund has no data to undo with: Pay's Catch has replaced all data by { Error, Cause } → " +
          "Give Pay's Catch a ResultPath, such as $.error, so that Refund still has the saga's data",
      ]);
    });

    it("finds a step that is tried again with the error alone", () => {
      const machine = (path?: string): Record<string, State> => ({
        Pay: call("pay", undefined, {
          Catch: [{ ...all("Pause", path), ErrorEquals: ["Busy"] }, all("Refund", "$.error")],
        }),
        Pause: { Type: "Wait", Seconds: 10, Next: "Pay" },
        Refund: call("refund", "Failed"),
        Failed: FAILED,
      });
      expect(lost(machine("$.error"), { Pay: compensable("Refund") })).to.deep.equal([]);
      expect(lost(machine(), { Pay: compensable("Refund") })).to.deep.equal([
        "Pay has no data to go with: Pay's Catch has replaced all data by { Error, Cause } → " +
          "Give Pay's Catch a ResultPath, such as $.error, so that Pay still has the saga's data",
      ]);
    });

    it("tells nobody who is told of a failure that this is all that it is given", () => {
      const machine = {
        Pay: call("pay", undefined, { Catch: [all("Tell")] }),
        Tell: call("tell", undefined),
      };
      expect(lost(machine, { Pay: { role: "query" }, Tell: { role: "query" } })).to.deep.equal([]);
    });
  });

  describe("follows", () => {
    const pass = (fields: State, next = "Seen"): State => ({ Type: "Pass", ...fields, Next: next });

    it("InputPath, Parameters, ResultPath and OutputPath of a Pass", () => {
      expect(lost({ Make: pass({ Parameters: { a: 1 } }), Seen: seen() })).to.deep.equal([
        `Seen reads $.order_id, and Make's Parameters has replaced the data, without it → Put it into Make's Parameters, ${SEEN}`,
      ]);
      for (const fields of [
        { Parameters: { a: 1 }, ResultPath: "$.made" },
        { Parameters: { a: 1 }, ResultPath: null },
        { Parameters: { "order_id.$": "$.id" } },
        { Parameters: { "all.$": "$" }, OutputPath: "$.all" },
        { Result: { order_id: 1 } },
        { InputPath: "$.order" },
        { InputPath: null, Result: 1, ResultPath: "$.one" },
      ]) {
        expect(lost({ Make: pass(fields), Seen: seen() }), JSON.stringify(fields)).to.deep.equal([]);
      }
      for (const fields of [
        { Result: { id: 1 } },
        { Result: "text" },
        { Result: { order_id: 1 }, ResultPath: "$.made", OutputPath: "$.made.order_id" },
        { Parameters: { "all.$": "$" } },
        { InputPath: null },
        { OutputPath: null },
      ]) {
        expect(lost({ Make: pass(fields), Seen: seen() }), JSON.stringify(fields)).to.have.length(1);
      }
    });

    it("ResultSelector, and what an integration puts out", () => {
      const task = (fields: State): State => ({ ...call("a", "Seen", fields) });
      const Resource = "arn:aws:states:::lambda:invoke";
      for (const fields of [
        {},
        { Resource, ResultPath: "$.a" },
        { Resource, OutputPath: "$.Payload" },
        { Resource, ResultSelector: { "order_id.$": "$.Payload.id" } },
        { Resource: `${Resource}.waitForTaskToken` },
      ]) {
        expect(lost({ Act: task(fields), Seen: seen() }), JSON.stringify(fields)).to.deep.equal([]);
      }
      expect(lost({ Act: task({ Resource }), Seen: seen() })).to.deep.equal([
        `Seen reads $.order_id, and the output of Act is only StatusCode, Payload and the like → Give Act a ResultPath, such as $.Act, ${SEEN}`,
      ]);
      expect(lost({ Act: task({ ResultSelector: { "id.$": "$.id" } }), Seen: seen() })).to.have.length(1);
    });

    it("the lists of a Parallel and of a Map, and what an iteration is given", () => {
      const inner = machineOf({ Inner: { Type: "Pass", End: true } });
      const parallel = (fields: State): State => ({
        Type: "Parallel",
        Branches: [inner, inner],
        ...fields,
        Next: "Seen",
      });
      expect(lost({ Both: parallel({}), Seen: seen() })).to.deep.equal([
        `Seen reads $.order_id, and the output of Both is a list of the outputs of its branches → Give Both a ResultPath, such as $.Both, ${SEEN}`,
      ]);
      expect(lost({ Both: parallel({}), Seen: seen("$[1].order_id") })).to.deep.equal([]);
      expect(lost({ Both: parallel({}), Seen: seen("$[2].order_id") })).to.have.length(1);
      expect(lost({ Both: parallel({ ResultPath: "$.both" }), Seen: seen() })).to.deep.equal([]);
      const map = (fields: State): State => ({
        Type: "Map",
        ItemsPath: "$.lines",
        ItemProcessor: machineOf({ Seen: seen() }),
        ...fields,
        End: true,
      });
      expect(lost({ Each: map({}) })).to.deep.equal([]);
      expect(lost({ Each: map({ ItemSelector: { "order_id.$": "$.order_id" } }) })).to.deep.equal([]);
      expect(lost({ Each: map({ Parameters: { "line.$": "$$.Map.Item.Value" } }) })).to.have.length(1);
      expect(lost({ Make: pass({ Result: {} }, "Each"), Each: map({}) })).to.have.length(1);
    });

    it("a Choice by IsPresent, alone and before another test of an And", () => {
      const choice = (rule: State): Record<string, State> => ({
        Pay: call("pay", "Which", { ResultPath: null, Catch: [all("Which")] }),
        Which: { Type: "Choice", Choices: [{ ...rule, Next: "Seen" }], Default: "Failed" },
        Seen: seen(),
        Failed: FAILED,
      });
      const present = { Variable: "$.order_id", IsPresent: true };
      expect(lost(choice(present))).to.deep.equal([]);
      expect(lost(choice({ And: [present, { Variable: "$.order_id", NumericEquals: 1 }] }))).to.deep.equal([]);
      expect(lost(choice({ Variable: "$.order_id", NumericEquals: 1 }))).to.have.length(1);
      expect(lost(choice({ Variable: "$.Error", IsPresent: true }))).to.have.length(1);
      expect(lost(choice({ ...present, IsPresent: false }))).not.to.deep.equal([]);
    });

    it("variables, which a Catch may leave unassigned", () => {
      const machine = (Assign?: State): Record<string, State> => ({
        Pay: call("pay", "Seen", {
          Assign: { "id.$": "$.id" },
          Catch: [{ ...all("Seen"), ...(Assign && { Assign }) }],
        }),
        Seen: seen("$id.order"),
      });
      expect(lost(machine({ "id.$": "$.Cause" }))).to.deep.equal([]);
      expect(lost(machine())).to.deep.equal([
        "Seen reads $id.order, and $id is not assigned → Assign id on every path that leads to Seen",
      ]);
    });

    it("what a Fail says of the error", () => {
      const machine = (path: string, caught?: string): Record<string, State> => ({
        Pay: call("pay", undefined, { Catch: [all("Failed", caught)] }),
        Failed: { Type: "Fail", Error: "SagaCompensated", CausePath: path },
      });
      expect(lost(machine("States.JsonToString($.error)", "$.error"))).to.deep.equal([]);
      expect(lost(machine("States.JsonToString($)"))).to.deep.equal([]);
      expect(lost(machine("States.JsonToString($.error)"))).to.have.length(1);
    });
  });

  it("does not take what it does not understand for lost", () => {
    for (const said of ["$..order_id", "$.lines[*].id", "$.lines[?(@.id == 1)]", "$.lines[0:1]", "$.lines.length()"]) {
      const machine = { Pay: call("pay", undefined, { Catch: [all("Seen")] }), Seen: seen(said) };
      expect(lost(machine), said).to.deep.equal([]);
    }
  });

  it("stays small: what nobody reads is forgotten", () => {
    const steps = Array.from({ length: 200 }, (_, index) => index);
    const States = Object.fromEntries([
      ...steps.map((index): [string, State] => [
        `Step${index}`,
        call("step", index === 199 ? undefined : `Step${index + 1}`, {
          ResultPath: `$.step${index}`,
          Catch: [all(`Step${index + 1}`, `$.error${index}`)],
        }),
      ]),
      ["Step200", seen()] as [string, State],
    ]);
    const started = process.hrtime.bigint();
    const query = { role: "query" } as const;
    expect(lost(States, Object.fromEntries(steps.map((index) => [`Step${index}`, query])))).to.deep.equal([]);
    expect(Number(process.hrtime.bigint() - started) / 1e9).to.be.below(10);
  });

  it("goes through conditions in a row, each of which is asked again by an undo", () => {
    const steps = Array.from({ length: 40 }, (_, index) => index);
    const present = (index: number, to: string, otherwise: string): State => ({
      Type: "Choice",
      Choices: [{ Variable: `$.part${index}`, IsPresent: true, Next: to }],
      Default: otherwise,
    });
    const States = Object.fromEntries(
      steps.flatMap((index): [string, State][] => {
        const [next, back] = [index === 39 ? "Last" : `If${index + 1}`, index === 0 ? "Failed" : `UnIf${index - 1}`];
        return [
          [`If${index}`, present(index, `Do${index}`, next)],
          [`Do${index}`, call("do", next, { ResultPath: null, Catch: [all(`UnIf${index}`, "$.error")] })],
          [`UnIf${index}`, present(index, `Undo${index}`, back)],
          [`Undo${index}`, call("undo", back, { ResultPath: null, Parameters: { "id.$": `$.part${index}.id` } })],
        ];
      }),
    );
    const machine = (path?: string): Machine =>
      machineOf({ ...States, Last: call("last", undefined, { Catch: [all("Undo39", path)] }), Failed: FAILED });
    const flow = flowOf(machine("$.error") as never);
    expect([flow.truncated, flow.reads.length]).to.deep.equal([false, 0]);
    const found = flowOf(machine() as never);
    expect([found.truncated, found.reads[0]?.state]).to.deep.equal([false, "Undo39"]);
  });

  it("reads references", () => {
    expect(referenceOf("$.a['b c'][3].d-e")?.segments).to.deep.equal(["a", "b c", 3, "d-e"]);
    expect(referenceOf("$$.Execution.Id")?.of).to.equal("context");
    expect(referenceOf("$order.id")).to.deep.include({ of: "variable", variable: "order", segments: ["id"] });
    expect(referenceOf("order")).to.equal(undefined);
    expect(
      referencesIn("States.Format('{}, \\'$.no\\'', $.a.b, States.ArrayGetItem($.c, 0), $$.State.Name)").map(
        ({ said }) => said,
      ),
    ).to.deep.equal(["$.a.b", "$.c", "$$.State.Name"]);
  });
});
