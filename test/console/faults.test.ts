import { expect } from "chai";
import { ConsoleServer, CONSOLE_PATH } from "../../saga/console/server";
import { LocalCloud } from "../../saga/local/cloud";
import type { CallFault, FaultKind } from "../../saga/local/call-faults";
import { mainMachine } from "../../saga/local/resources";
import type { KnownExecution } from "../../saga/local/step-functions/executions";
import { evaluated } from "../evaluated";
import { machineArn } from "../local/wire/fixture";
import { type Served, startConsole } from "./fixture";

const ORDER = { total: 100, card_no: "123-1234", address: "123 st" };

describe("faults at a click", function () {
  this.timeout(60_000);
  let cloud: LocalCloud;
  let arn: string;
  let orders = 0;
  before(async () => {
    const program = await evaluated();
    // In virtual time, waits and backoffs take no time.
    cloud = await LocalCloud.start(program, { time: "virtual" });
    arn = mainMachine(program).arn as string;
  });
  after(() => cloud.close());
  afterEach(() => {
    cloud.faults.clear();
  });

  const run = async (state: string, kind: FaultKind, times: CallFault["times"]) => {
    cloud.faults.add({ machineArn: arn, state, kind, times });
    const order_id = `fault-${++orders}`;
    const { report, visits } = await cloud.execute({ order_id, ...ORDER });
    const rows = await cloud.table.rows(order_id);
    const [payment] = rows.filter(({ entity }) => entity === "PAYMENT");
    return { report, payment, visits: visits.map(({ state: of, did, error }) => [of, did, error] as const) };
  };
  const UNDONE = [
    ["RefundPayment", "undone", undefined],
    ["DeleteOrder", "undone", undefined],
  ] as const;

  it("fails before the write: nothing has happened, and its undo leaves a tombstone", async () => {
    const { report, visits, payment } = await run("ProcessPayment", "fail-before", "once");
    expect(report.outcome).to.equal("compensated");
    expect(visits).to.deep.equal([
      ["CreateOrder", "done", undefined],
      ["ProcessPayment", "failed", "Error"],
      ...UNDONE,
    ]);
    expect(payment).to.include({ status: "UNDONE" }).and.not.to.have.property("card_last4");
    expect(cloud.faults.list()).to.deep.equal([]);
  });

  it("fails after the write: it has happened without an answer, and is undone", async () => {
    const { report, visits, payment } = await run("ProcessPayment", "fail-after", "once");
    expect(report.outcome).to.equal("compensated");
    expect(visits[1]).to.deep.equal(["ProcessPayment", "failed", "Sandbox.Timedout"]);
    expect(payment).to.include({ status: "UNDONE", total: 100 });
  });

  it("answers late: the state times out, and the call is undone", async () => {
    const { report, visits, payment } = await run("ProcessPayment", "late", "once");
    expect(report.outcome).to.equal("compensated");
    expect(visits).to.deep.equal([
      ["CreateOrder", "done", undefined],
      ["ProcessPayment", "failed", "States.Timeout"],
      ...UNDONE,
    ]);
    expect(payment).to.include({ status: "UNDONE", total: 100 });
  });

  it("crashes after the write", async () => {
    const { report, visits, payment } = await run("ProcessPayment", "crash", "once");
    expect(report.outcome).to.equal("compensated");
    expect(visits[1]).to.deep.equal(["ProcessPayment", "failed", "Lambda.Unknown"]);
    expect(payment).to.include({ status: "UNDONE", total: 100 });
  });

  it("throttles once: a retry succeeds; throttles always: the step fails before anything has happened", async () => {
    const once = await run("ProcessPayment", "throttle", "once");
    expect(once.report.outcome).to.equal("completed");
    const always = await run("ProcessPayment", "throttle", "always");
    expect(always.report.outcome).to.equal("compensated");
    expect(always.visits[1]).to.deep.equal(["ProcessPayment", "failed", "Lambda.TooManyRequestsException"]);
    expect(always.payment).not.to.have.property("total");
    expect(cloud.faults.list()).to.have.length(1);
  });

  it("leaves a saga stuck whose undo always fails, until the fault is cleared and the execution redriven", async () => {
    cloud.faults.add({ machineArn: arn, state: "ProcessPayment", kind: "fail-before", times: "once" });
    const { report } = await run("DeleteOrder", "fail-before", "always");
    expect(report.outcome).to.equal("stuck");
    expect(report.path).to.deep.equal(["CreateOrder", "ProcessPayment", "RefundPayment", "DeleteOrder"]);
    const stuck = [...cloud.executions.values()].at(-1) as KnownExecution;
    cloud.faults.clear();
    cloud.executions.redrive(stuck);
    await stuck.over;
    expect(stuck.ended?.result).to.include({ status: "FAILED", error: "SagaCompensated" });
  });

  it("applies only to that state of that machine, and ends with the release", async () => {
    const other = `${arn}x`;
    cloud.faults.add({ machineArn: other, state: "ProcessPayment", kind: "fail-before", times: "always" });
    const { report } = await run("CancelShipment", "fail-before", "always");
    expect(report.outcome).to.equal("completed");
    expect(cloud.faults.list()).to.have.length(2);
    await cloud.deploy(await evaluated());
    expect(cloud.faults.list()).to.deep.equal([]);
  });

  describe("over the API", () => {
    let served: Served;
    before(async () => {
      served = await startConsole();
    });
    after(() => served.close());
    const fault = (of: object = {}) => ({
      machineArn: machineArn("echo"),
      state: "Call",
      kind: "fail-before",
      times: "once",
      ...of,
    });

    it("is set, shown, replaced and cleared", async () => {
      expect((await served.ask("api/faults", { body: fault() })).json).to.deep.equal([fault()]);
      expect((await served.ask("api/faults", { body: fault({ times: "always" }) })).json).to.have.length(1);
      expect((await served.ask("api/faults")).json).to.deep.equal([fault({ times: "always" })]);
      expect((await served.cloud.execute({}, "echo")).report).to.include({ outcome: "stuck", error: "Error" });
      const { state, machineArn: of } = fault();
      const cleared = await served.ask("api/faults", { method: "DELETE", body: { machineArn: of, state } });
      expect(cleared.json).to.deep.equal([]);
      await served.ask("api/faults", { body: fault() });
      expect((await served.ask("api/faults", { method: "DELETE", body: {} })).json).to.deep.equal([]);
      expect((await served.cloud.execute({}, "echo")).report.outcome).to.equal("completed");
    });

    it("is refused with an unknown kind, machine or state", async () => {
      for (const [wrong, message] of [
        [{ kind: "explode" }, "'kind' must be one of fail-before, fail-after, late, throttle, crash, not 'explode'"],
        [{ times: "twice" }, "'times' must be one of once, always, not 'twice'"],
        [{ machineArn: machineArn("none") }, `there is no saga '${machineArn("none")}'`],
        [{ state: "None" }, "'echo' has no state 'None' that makes a call"],
        [{ machineArn: machineArn("wait"), state: "Wait" }, "'wait' has no state 'Wait' that makes a call"],
      ] as const) {
        const { status, json } = await served.ask("api/faults", { body: fault(wrong) });
        expect(status, message).to.be.oneOf([400, 404]);
        expect(json.error.message).to.equal(message);
      }
      expect(served.cloud.faults.list()).to.deep.equal([]);
    });

    it("exists only under saga dev", async () => {
      const elsewhere = new ConsoleServer({
        target: { kind: "stack", name: "prod", region: "eu-west-1", sfn: never, logs: never },
        writable: true,
      });
      const cloudBeside = await LocalCloud.start(await evaluated(), {
        wire: { site: { path: CONSOLE_PATH.slice(0, -1), answer: (...of) => elsewhere.answer(...of) } },
      });
      const url = `${cloudBeside.endpoint}${CONSOLE_PATH}api`;
      expect(await (await fetch(`${url}/session`)).json()).to.include({ faults: false });
      expect((await fetch(`${url}/faults`)).status).to.equal(404);
      await cloudBeside.close();
      elsewhere.close();
    });
  });
});

const never = (): Promise<never> => Promise.reject(new Error("not asked for"));
