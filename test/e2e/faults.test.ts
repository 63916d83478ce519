import { expect } from "chai";
import { definitionOf, LocalCloud, mainMachine } from "../../local/cloud";
import {
  type Json,
  loadMachine,
  seededRandom,
  startExecution,
  type TaskCall,
  TaskFailure,
  type VirtualClock,
  virtualClock,
} from "../../local/interpreter";
import { InvocationError } from "../../local/lambda/errors";
import { evaluateProgram, type Program } from "../../local/program";

type Call = Pick<TaskCall, "state" | "attempt">;
/** Stands between the state machine and a function: may fail before the call, after it, or let time pass. */
type Meddle = (call: Call, invoke: () => Promise<Json>, clock: VirtualClock) => Promise<Json>;

const ORDER = { order_id: "1", total: 100, card_no: "123-1234", address: "123 st" };
const transient = (): never => {
  throw new TaskFailure("Lambda.ServiceException", "the answer is lost");
};

describe("the order saga, deployed on this machine, under faults", function () {
  this.timeout(60_000);
  let program: Program;
  let cloud: LocalCloud;

  before(async () => {
    program = await evaluateProgram();
    cloud = await LocalCloud.start(program);
  });
  beforeEach(() => cloud.table.clear());
  after(() => cloud.close());

  /** The deployed functions on the real table; only the waiting is virtual. */
  function start(meddle: Meddle) {
    const clock = virtualClock();
    const names = new Map(program.resources.map(({ arn, name }) => [arn, name]));
    const call = async (args: Json): Promise<Json> => {
      const { FunctionName, Payload } = args as { FunctionName: string; Payload: Json };
      const release = clock.hold();
      try {
        const answer = await cloud.functions.get(names.get(FunctionName) as string)?.invoke(Payload);
        return { Payload: answer?.payload as Json, StatusCode: 200 };
      } catch (error) {
        if (error instanceof InvocationError) throw new TaskFailure(error.error, error.cause);
        throw error;
      } finally {
        release();
      }
    };
    const execution = startExecution(loadMachine(definitionOf(mainMachine(program))), {
      input: ORDER,
      invoke: ({ state, attempt, arguments: args }) => meddle({ state, attempt }, () => call(args), clock),
      clock,
      random: seededRandom(1),
    });
    return { execution, clock };
  }

  const statuses = async () =>
    (await cloud.table.rows("1")).map(({ entity, status }) => `${String(entity)} ${String(status)}`);

  it("repeats a call whose answer was lost, which changes nothing and gives the same answer", async () => {
    const lost = new Map<string, { answer: Json; rows: unknown }>();
    const { execution } = start(async ({ state, attempt }, invoke, clock) => {
      const answer = await invoke();
      const release = clock.hold();
      const rows = await cloud.table.rows("1");
      release();
      if (attempt === 0) {
        lost.set(state, { answer, rows });
        return transient();
      }
      expect({ answer, rows }).to.deep.equal(lost.get(state));
      return answer;
    });
    expect(await execution.result).to.have.property("status", "SUCCEEDED");
    expect([...lost.keys()]).to.deep.equal(["CreateOrder", "ProcessPayment", "ProcessShipment"]);
    expect(await statuses()).to.deep.equal(["ORDER LIVE", "PAYMENT LIVE", "SHIPMENT LIVE"]);
  });

  for (const [at, state] of ["CreateOrder", "ProcessPayment", "ProcessShipment"].entries()) {
    it(`undoes a ${state} that took effect though it failed`, async () => {
      const { execution } = start(async (call, invoke) => {
        const answer = await invoke();
        return call.state === state ? transient() : answer;
      });
      expect(await execution.result).to.include({ status: "FAILED", error: "SagaCompensated" });
      expect(await statuses()).to.deep.equal(["ORDER UNDONE", "PAYMENT UNDONE", "SHIPMENT UNDONE"].slice(0, at + 1));
    });

    it(`refuses a ${state} that arrives after its undo`, async () => {
      let late: Promise<Json> | undefined;
      const { execution, clock } = start((call, invoke) => {
        if (call.state !== state) return invoke();
        // Far longer than the state waits for it.
        late = clock.sleep(600_000).then(invoke);
        return late;
      });
      const { error, cause } = await execution.result;
      expect(error).to.equal("SagaCompensated");
      expect(JSON.parse(cause as string)).to.include({ step: state, error: "States.Timeout" });
      const before = await cloud.table.rows("1");
      expect(await late?.catch((reason: unknown) => (reason as TaskFailure).error)).to.equal("AlreadyUndone");
      expect(await cloud.table.rows("1")).to.deep.equal(before);
      expect(new Set((await statuses()).map((row) => row.split(" ")[1]))).to.deep.equal(new Set(["UNDONE"]));
    });
  }

  it("is stuck in an undo that never succeeds, and a redrive runs it and the rest", async () => {
    let broken = true;
    const called: string[] = [];
    const { execution } = start(async ({ state }, invoke) => {
      called.push(state);
      if (state === "ProcessShipment") throw new TaskFailure("NoCarrier", "");
      if (state === "RefundPayment" && broken) throw new TaskFailure("BankIsDown", "");
      return invoke();
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
