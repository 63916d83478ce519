import { expect } from "chai";
import { explore } from "./explore";
import { type Kind, KINDS } from "../../saga/testing/faults/kinds";
import { type Setting, SETTINGS } from "./orders";
import { formatFindings } from "./print";
import { type Fault, tryOut } from "./scenario";
import { setUp, type Stage } from "./stage";
import type { Meddle } from "../../saga/testing/virtual";
import { type Json, TaskFailure } from "../../saga/interpreter";
import { evaluateProgram, type Program } from "../../saga/local/program";

const ORDER = { total: 100, card_no: "123-1234", address: "123 st" };
const transient = (): never => {
  throw new TaskFailure("Lambda.ServiceException", "the answer is lost");
};
const kind = (name: string) => KINDS.find((each) => each.name === name) as Kind;
const [goesThrough, held] = SETTINGS as [Setting, Setting];

describe("the order saga, deployed on this machine, under faults", function () {
  this.timeout(120_000);
  let stage: Stage;
  let order_id = "";

  before(async () => {
    stage = await setUp(await evaluateProgram());
  });
  beforeEach(function () {
    order_id = this.currentTest?.title ?? "";
  });
  after(() => stage.cloud.close());

  const start = (meddle: Meddle) => stage.start(order_id, { ...ORDER, order_id }, meddle);
  const rows = () => stage.cloud.table.rows(order_id);
  const statuses = async () => (await rows()).map(({ entity, status }) => `${String(entity)} ${String(status)}`);

  it("leaves all or nothing whichever call goes wrong, in every way of the list", async () => {
    const findings = await explore(stage, { pairs: false });
    // The settings with no fault; ten faults at three calls of the one, and at six of the other.
    expect(findings).to.have.length(2 + 10 * 3 + 10 * 6);
    expect(findings.filter(({ violations }) => violations.length > 0)).to.deep.equal([]);
    // An undo that is never answered, or never allowed.
    expect(findings.filter(({ redrives }) => redrives > 0)).to.have.length(6);
  });

  it("leaves all or nothing after two faults, too", async () => {
    for (const [setting, ...faults] of [
      [goesThrough, ["ProcessPayment", "times out, arrives at the end"], ["RefundPayment", "is refused by IAM"]],
      [goesThrough, ["CreateOrder", "fails after the write, once"], ["CreateOrder", "crashes after the write"]],
      [held, ["CancelShipment", "is refused by IAM"], ["DeleteOrder", "fails after the write, each time"]],
    ] as [Setting, ...[string, string][]][]) {
      const scenario = { setting, faults: faults.map(([state, name]) => ({ state, kind: kind(name) })) };
      const { violations } = await tryOut(stage, scenario, `two-${faults.join()}`);
      expect(violations).to.deep.equal([]);
    }
  });

  it("repeats a call whose answer was lost, which changes nothing and gives the same answer", async () => {
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
        // Far longer than the state waits for it.
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

type Changes = readonly (readonly [from: string, to: string])[];

describe("the search for faults", function () {
  this.timeout(60_000);

  /** What it finds where the functions' code is changed as it ships. */
  async function findings(changes: Changes, setting: Setting, faults: readonly Fault[]) {
    const stage = await setUp(mutated(await evaluateProgram(), changes));
    const scenario = { setting, faults };
    const { violations, redrives } = await tryOut(stage, scenario, "1").finally(() => stage.cloud.close());
    return [{ scenario, redrives, violations }];
  }
  const violations = async (...mutant: Parameters<typeof findings>) => (await findings(...mutant))[0]?.violations;

  const late = [{ state: "ProcessPayment", kind: kind("times out, arrives at the end") }];
  const BURIES = "attribute_not_exists(#key) OR ((#status = :undone OR #saga = :saga) AND";

  it("finds an undo that leaves no tombstone where there is nothing to undo", async () => {
    const needsItem = "attribute_exists(#key) AND ((#status = :undone OR #saga = :saga) AND";
    const found = await findings(
      [
        [BURIES, needsItem],
        ["await rows.remember(at, id)", "true"],
      ],
      goesThrough,
      late,
    );
    expect(found[0]?.violations).to.deep.equal([
      "compensated, but PAYMENT has no tombstone that expires",
      "compensated, but PAYMENT may be done again",
    ]);
    const text = formatFindings(found);
    expect(text).to.contain(
      "\nan order that goes through\n  ProcessPayment times out, arrives at the end\n    compensated",
    );
    for (const line of text.split("\n")) expect(line.length, line).to.be.at.most(80);
  });

  it("finds an action that does not look for its tombstone", async () => {
    const heedless: Changes = [
      ["#saga = :owner AND NOT contains(#by, :saga)", "#saga = :owner"],
      [".has(id)", '.has("")'],
    ];
    expect(await violations(heedless, goesThrough, late)).to.include(
      "compensated, but PAYMENT has no tombstone that expires",
    );
  });

  it("finds an undo that takes what another saga holds", async () => {
    expect(await violations([[BURIES, "attribute_not_exists(#key) OR ("]], held, [])).to.deep.equal([
      "compensated, but SHIPMENT is not as it was before the saga",
    ]);
  });

  it("finds an undo that says it has undone, and has not", async () => {
    const found = await violations([["await rows.bury(at, id, expires)", "true"]], goesThrough, late);
    expect(found).to.include("compensated, but ORDER has no tombstone that expires");
  });
});

/** The program with another text in the archive of each of its tasks' functions. */
function mutated(program: Program, changes: Changes): Program {
  const change = async (assets: Promise<Record<string, { readonly text: Promise<string> }>>) => {
    const [[path, { text }]] = Object.entries(await assets) as [[string, { text: Promise<string> }]];
    let changed = await text;
    for (const [from, to] of changes) {
      expect(changed).to.contain(from);
      changed = changed.replaceAll(from, to);
    }
    return { [path]: { text: Promise.resolve(changed) } };
  };
  const resources = program.resources.map((resource) => {
    const { environment } = resource.inputs as { environment?: { variables: object } };
    if (environment === undefined || !("TABLE_NAME" in environment.variables)) return resource;
    const { assets } = resource.inputs["code"] as { assets: Parameters<typeof change>[0] };
    return { ...resource, inputs: { ...resource.inputs, code: { assets: change(assets) } } };
  });
  return { ...program, resources };
}
