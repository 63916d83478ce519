import { expect } from "chai";
import { type Json, TaskFailure } from "../../saga/interpreter";
import { LocalCloud, mainMachine } from "../../saga/local/cloud";
import { explore, type Explored, formatFindings, KINDS, setUpStages } from "../../saga/testing/faults";
import { inVirtualTime, type Meddle } from "../../saga/testing/virtual";
import { type Changes, mutated } from "./mutated";
import { BESIDE, ORDER } from "./orders";
import { SLOW } from "../slow";
import { evaluated } from "../evaluated";

const transient = (): never => {
  throw new TaskFailure("Lambda.ServiceException", "the answer is lost");
};
const kinds = (...names: readonly string[]) => KINDS.filter(({ name }) => names.includes(name));

/** Searches for faults in the deployed order saga, or in a mutant of it. */
async function strike(options: Partial<Parameters<typeof explore>[1]>, ...changes: Changes) {
  const registered = await evaluated();
  const program = await mutated(registered, ...changes);
  const machine = mainMachine(program);
  const stages = await setUpStages(program, machine);
  try {
    return await explore(stages, { input: ORDER, beside: BESIDE, pairs: false, ...options });
  } finally {
    await Promise.all(stages.map((stage) => stage.close()));
  }
}
const violations = ({ findings }: Explored) => [...new Set(findings.flatMap((each) => each.violations))];

describe("the order saga, deployed on this machine, under faults", function () {
  this.timeout(240_000);
  let cloud: LocalCloud;
  let start: (meddle: Meddle) => ReturnType<ReturnType<typeof inVirtualTime>>;
  let order_id = "";

  before(async () => {
    const program = await evaluated();
    cloud = await LocalCloud.start(program);
    start = (meddle) => inVirtualTime(program, cloud)(order_id, { ...ORDER, order_id }, meddle);
  });
  beforeEach(function () {
    order_id = this.currentTest?.title ?? "";
  });
  after(() => cloud.close());

  const rows = () => cloud.table.rows(order_id);
  const statuses = async () => (await rows()).map(({ entity, status }) => `${String(entity)} ${String(status)}`);

  it(`leaves all or nothing, whichever call has a fault of any kind ${SLOW}`, async () => {
    const { plan, findings } = await strike({});
    expect(plan).to.deep.include({
      settings: ["a first try", "a second try; another saga holds the row of ProcessShipment"],
      // Two settings without a fault; ten faults at three calls in the first setting, and at six in the second.
      scenarios: 2 + 10 * 3 + 10 * 6,
      unseen: [],
    });
    expect(findings).to.have.length(plan.scenarios);
    expect(findings.filter((each) => each.violations.length > 0)).to.deep.equal([]);
    // An undo that never gets an answer, or is never allowed.
    expect(findings.filter(({ redrives }) => redrives > 0)).to.have.length(6);
  });

  it(`leaves all or nothing after two faults, too ${SLOW}`, async () => {
    const explored = await strike({
      pairs: true,
      most: 60,
      kinds: kinds("times out, arrives at the end", "is refused by IAM"),
    });
    expect(violations(explored)).to.deep.equal([]);
    const pairs = explored.findings.filter(({ scenario }) => scenario.faults.length === 2);
    expect(pairs.length).to.be.above(30);
  });

  it("repeats a call whose answer was lost, which changes nothing and returns the same answer", async () => {
    const lost = new Map<string, { answer: Json; rows: unknown }>();
    const { execution } = start(async ({ state, attempt }, deliver, clock) => {
      const answer = await deliver();
      const release = clock.hold();
      const now = { answer, rows: await rows() };
      release();
      if (attempt === 0) {
        lost.set(state, now);
        return transient();
      }
      expect(now).to.deep.equal(lost.get(state));
      return answer;
    });
    expect(await execution.result).to.have.property("status", "SUCCEEDED");
    expect([...lost.keys()]).to.deep.equal(["CreateOrder", "ProcessPayment", "ProcessShipment"]);
    expect(await statuses()).to.deep.equal(["ORDER LIVE", "PAYMENT LIVE", "SHIPMENT LIVE"]);
  });

  for (const state of ["CreateOrder", "ProcessPayment", "ProcessShipment"]) {
    it(`refuses a ${state} that arrives after its undo`, async () => {
      let late: Promise<Json> | undefined;
      const { execution } = start((call, deliver, clock) => {
        if (call.state !== state) return deliver();
        // Far longer than the state's timeout.
        late = clock.sleep(600_000).then(deliver);
        return late;
      });
      const { error, cause } = await execution.result;
      expect(error).to.equal("SagaCompensated");
      expect(JSON.parse(cause as string)).to.include({ step: state, error: "States.Timeout" });
      const before = await rows();
      expect(await late?.catch((reason: unknown) => (reason as TaskFailure).error)).to.equal("AlreadyUndone");
      expect(await rows()).to.deep.equal(before);
      expect(new Set((await statuses()).map((row) => row.split(" ")[1]))).to.deep.equal(new Set(["UNDONE"]));
    });
  }

  it("is stuck in an undo that never succeeds, and a redrive runs it and the rest", async () => {
    let broken = true;
    const called: string[] = [];
    const { execution } = start(async ({ state }, deliver) => {
      called.push(state);
      if (state === "ProcessShipment") throw new TaskFailure("NoCarrier", "");
      if (state === "RefundPayment" && broken) throw new TaskFailure("BankIsDown", "");
      return deliver();
    });
    expect(await execution.result).to.include({ status: "FAILED", error: "BankIsDown", failedState: "RefundPayment" });
    expect(await statuses()).to.deep.equal(["ORDER LIVE", "PAYMENT LIVE", "SHIPMENT UNDONE"]);
    broken = false;
    called.length = 0;
    expect(await execution.redrive()).to.include({ status: "FAILED", error: "SagaCompensated" });
    expect(called).to.deep.equal(["RefundPayment", "DeleteOrder"]);
    expect(await statuses()).to.deep.equal(["ORDER UNDONE", "PAYMENT UNDONE", "SHIPMENT UNDONE"]);
  });
});

describe(`the search for faults ${SLOW}`, function () {
  this.timeout(120_000);

  const late = { kinds: kinds("times out, arrives at the end") };
  const BURIES = 'attribute_not_exists(#key) OR ${own("#status = :live")} OR ';

  it("finds an undo that leaves no tombstone if there is nothing to undo", async () => {
    const needsItem = '${own("#status = :live")} OR ';
    const { findings } = await strike(late, [BURIES, needsItem], ["await rows.remember(at, event.saga)", "true"]);
    const text = formatFindings(findings);
    expect(text).to.contain(
      "\na first try\n  ProcessPayment times out, arrives at the end\n    compensated, but orders 1 PAYMENT",
    );
    for (const line of text.split("\n")) expect(line.length, line).to.be.at.most(80);
  });

  it("finds an action that ignores its tombstone", async () => {
    const heedless: Changes = [
      ["#saga = :owner AND NOT contains(#by, :saga)", "#saga = :owner"],
      [".has(id)", '.has("")'],
    ];
    expect(violations(await strike(late, ...heedless))).to.include(
      "compensated, but orders 1 PAYMENT is still there, and not undone",
    );
  });

  it("finds an undo that overwrites what another saga holds", async () => {
    const taking = [BURIES, "attribute_not_exists(#key) OR #status = :live OR "] as const;
    expect(violations(await strike({ kinds: [] }, taking))).to.deep.equal([
      "compensated, but orders 1 SHIPMENT is not as it was before the saga",
    ]);
  });

  it("finds an undo that reports success, but has undone nothing", async () => {
    const found = violations(await strike(late, ["await rows.bury(at, event.saga, expires)", "true"]));
    expect(found).to.include("compensated, but orders 1 ORDER is still there, and not undone");
  });

  it("finds an undo that loses the sagas that have undone the row before", async () => {
    const forgetful = ["#expires = :expires ADD #by :ids", "#expires = :expires, #by = :ids"] as const;
    expect(violations(await strike({ kinds: [] }, forgetful))).to.include(
      "compensated, but orders 1 ORDER has lost some of its undone_by",
    );
  });
});
