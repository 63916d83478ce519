import { expect } from "chai";
import { AwsError } from "../../../saga/local/aws-error";
import { deployedForm } from "../../../saga/local/cloud";
import { authorizer } from "../../../saga/local/iam/authorizer";
import {
  type Execution,
  type Json,
  seededRandom,
  type TaskCall,
  TaskFailure,
  virtualClock,
} from "../../../saga/interpreter";
import { type DeployedFunction, deployFunction } from "../../../saga/local/lambda/function";
import type { Program, Resource } from "../../../saga/local/program";
import { actionsOf } from "../../../saga/local/step-functions/actions";
import type { Executions, KnownExecution } from "../../../saga/local/step-functions/executions";
import type { Version } from "../../../saga/local/step-functions/machines";
import { StepFunctions } from "../../../saga/local/step-functions/service";
import { jsonService } from "../../../saga/local/wire/json-service";
import { jsonError } from "../../../saga/local/wire/message";
import { type Served, startServer } from "../../../saga/local/wire/server";
import { evaluated } from "../../evaluated";
import { SLOW } from "../../slow";

type Call = Pick<TaskCall, "state" | "attempt" | "arguments">;

const TRIP = {
  order_id: "1",
  traveller: "Ada",
  total: 800,
  card_no: "1234",
  flight: "F",
  hotel: "H",
  cars: ["a", "b"],
};
const DONE = { reference: "r", tickets: "t", payment_id: "p" };

describe("the function that recovers, as it is deployed", function () {
  this.timeout(120_000);
  let program: Program;
  let api: Served;
  let recover: DeployedFunction;
  let stepFunctions: StepFunctions;
  let executions: Executions;
  let count = 0;
  /** The requests to Step Functions. */
  const asked: string[] = [];
  /** Every call that was made. */
  const calls: Call[] = [];
  /** The behaviour of the tasks. */
  let answer: (call: Call) => Json;
  /** A hook that runs at each call before its answer. */
  let onCall: (call: Call, execution: Execution) => void;

  before(async () => {
    program = await evaluated("examples/trip/index.ts");
  });
  beforeEach(async () => {
    // The machines are the registered ones. Only time is virtual.
    stepFunctions = new StepFunctions({
      clock: virtualClock(),
      random: seededRandom(1),
      invoke: async (call, { execution }) => {
        calls.push(call);
        onCall(call, execution);
        return { Payload: answer(call) };
      },
    });
    executions = stepFunctions.executions;
    for (const { type, arn, physicalName, versionArn, inputs } of program.resources) {
      if (!type.endsWith(":StateMachine")) continue;
      const { definition, roleArn } = inputs as { definition: string; roleArn: string };
      stepFunctions.machines.deploy({
        arn: arn as string,
        name: physicalName as string,
        definition,
        roleArn,
        versionArn,
      });
    }
    calls.length = 0;
    asked.length = 0;
    onCall = () => {};
    answer = () => DONE;
    const lambda = resource("aws:lambda/function:Function", "TripBooking_recover");
    const caller = { roleArn: lambda.inputs["role"] as string, session: "recover" };
    const authorize = authorizer(program);
    const actions = actionsOf(
      stepFunctions,
      () => ({ region: "eu-west-1", account: "000000000000" }),
      () => Promise.reject(new Error("nothing is tested alone")),
    );
    const handle = jsonService({
      actions,
      version: "1.0",
      service: "states",
      refuse: (_, action, of) => {
        asked.push(action);
        return authorize(caller, action, of);
      },
    });
    const tooLarge = () => new AwsError("RequestEntityTooLargeException", "");
    const route = { handle, writeError: jsonError("1.0"), maxBytes: 1024 * 1024, tooLarge };
    api = await startServer({ port: 0, host: "127.0.0.1", route: () => route });
    const form = await deployedForm(lambda);
    recover = deployFunction({ ...form, environment: { ...form.environment, AWS_ENDPOINT_URL_SFN: api.endpoint } });
  });
  afterEach(async () => {
    await recover.close();
    await api.close();
  });

  const resource = (type: string, name: string) =>
    program.resources.find((one) => one.type === type && one.name === name) as Resource;
  const machine = (name: string) => resource("aws:sfn/stateMachine:StateMachine", name);
  const target = () => stepFunctions.machines.get(versionArn());
  const versionArn = () => machine("TripBooking").versionArn as string;
  /** An ended execution. With `state`, it is stopped during that state's call. */
  async function ended(input: Json = TRIP, stopIn?: string, by = versionArn()): Promise<KnownExecution> {
    let stopped = false;
    const name = `trip-${++count}`;
    onCall = ({ state }, execution) => {
      if (!execution.arn.endsWith(`:${name}`)) return;
      if (state === stopIn && !stopped) execution.stop();
      stopped ||= state === stopIn;
    };
    const known = stepFunctions.start(by, { name, input });
    await known.execution.result;
    return known;
  }
  const endOf = ({ execution, ended: end }: KnownExecution) => ({
    executionArn: execution.arn,
    stopDate: end?.stopDate,
  });
  const tell = async (known: KnownExecution, event: object = endOf(known)) =>
    (await recover.invoke(event)).payload as object;
  const failure = (known: KnownExecution, event?: object) =>
    tell(known, event).then(
      (payload) => expect.fail(`it answered ${JSON.stringify(payload)}`),
      (error: unknown) => JSON.parse((error as { cause: string }).cause) as { errorType: string; errorMessage: string },
    );
  const recoveries = () =>
    [...executions.values()].filter(({ machineArn }) => machineArn === machine("TripBooking_undo").arn);
  const refuse = (state: string, error = "Refused") => {
    answer = (call) => {
      if (call.state === state) throw new TaskFailure(error, "");
      return DONE;
    };
  };

  const cars = (length: number) => Array.from({ length }, () => "a");
  /** Fills a history. */
  const tiresome = ({ state, attempt }: Call): Json => {
    if (state === "RentCar" && attempt < 5) throw new TaskFailure("Lambda.ServiceException", "");
    return state === "RentCar" ? {} : DONE;
  };

  it("does nothing for an execution that has completed or was compensated", async () => {
    expect(await tell(await ended())).to.deep.equal({ did: "nothing", why: "it is SUCCEEDED" });
    refuse("Pay");
    expect(await tell(await ended())).to.deep.equal({ did: "nothing", why: "it has run its undos" });
    expect(recoveries()).to.deep.equal([]);
  });

  it("leaves a stuck execution to a redrive, in an undo and after the pivot (S5)", async () => {
    refuse("IssueTickets");
    const why = "it is stuck, and waits for a redrive";
    expect(await tell(await ended())).to.deep.equal({ did: "nothing", why });
    answer = ({ state }) => {
      if (state === "Pay" || state === "CancelHotel") throw new TaskFailure("Refused", "");
      return DONE;
    };
    expect(await tell(await ended())).to.deep.equal({ did: "nothing", why });
    expect(recoveries()).to.deep.equal([]);
  });

  it("runs the undos of a stopped execution, each once and in the name of its step", async () => {
    const known = await ended(TRIP, "Pay");
    calls.length = 0;
    expect(await tell(known)).to.deep.equal({ did: "recovered", why: "it is ABORTED" });
    expect(await tell(known)).to.deep.equal({ did: "recovered", why: "it is ABORTED" });
    const [one, ...others] = recoveries();
    expect(others).to.deep.equal([]);
    // Its states read these values, which DescribeExecution returns.
    expect((one?.execution.input as { startedAt?: string }).startedAt).to.equal(
      `${known.execution.startTime.slice(0, 19)}Z`,
    );
    expect(await one?.execution.result).to.include({ status: "SUCCEEDED" });
    expect(await tell(known), "after it has ended").to.include({ did: "recovered" });
    const byHand = { executionArn: known.execution.arn, stopDate: 0 };
    expect(await tell(known, byHand), "as the README has it").to.include({ did: "recovered" });
    expect(calls.map(({ state }) => state)).to.have.members([
      "Refund",
      "CancelFlight",
      "CancelHotel",
      "ReturnCar",
      "ReturnCar",
    ]);
    expect(calls[0]?.state).to.equal("Refund");
    const identities = calls.map(({ arguments: args }) => (args as { Payload: { saga: object } }).Payload.saga);
    const id = known.execution.arn;
    expect(identities).to.have.deep.members(
      ["Pay", "BookFlight", "BookHotel", "RentCar[0]", "RentCar[1]"].map((step) => ({ id, step })),
    );
  });

  it("redrives an execution whose pivot has succeeded, which then completes (S9)", async () => {
    const known = await ended(TRIP, "IssueTickets");
    const event = endOf(known);
    expect(await tell(known)).to.deep.equal({ did: "redriven", why: "its pivot has succeeded" });
    expect(await known.execution.result).to.include({ status: "SUCCEEDED" });
    expect(await tell(known, event), "told twice").to.include({ did: "nothing" });
    expect(known.redriveCount).to.equal(1);
    expect(recoveries()).to.deep.equal([]);
  });

  it("fails, to be retried, if the description or the history lags behind the event, but not after a redrive", async () => {
    const known = await ended(TRIP, "Pay");
    const { execution } = known;
    const event = endOf(known);
    delete known.ended;
    expect(await failure(known, event)).to.have.property("errorType", "DescriptionOutdated");
    known.redriveDate = Date.now() + 1;
    expect(await tell(known, event)).to.deep.equal({ did: "nothing", why: "it has been redriven" });
    const history = execution.history.slice(0, -1);
    executions.add(Object.create(execution, { history: { value: history } }) as Execution, known);
    await execution.result;
    expect(await failure(known, event)).to.have.property("errorType", "HistoryIncomplete");
    expect(recoveries()).to.deep.equal([]);
  });

  it("fails for an execution that began before recovery was deployed, since its undos are not known", async () => {
    const known = await ended(TRIP, "Pay");
    const definition = { ...(JSON.parse(known.revision.definition) as object), Comment: "Saga TripBooking" };
    const { version, revision } = target();
    Object.assign(version as Version, { revision: { ...revision, definition: JSON.stringify(definition) } });
    const { errorType, errorMessage } = await failure(known);
    expect(errorType).to.equal("NotRecoverable");
    expect(errorMessage).to.contain("it began when this stack recovered none (onAbort: ignore)");
    expect(recoveries()).to.deep.equal([]);
  });

  it("requests the definition of each version once, so that many executions may stop at a time", async () => {
    for (const each of [await ended(TRIP, "Pay"), await ended(TRIP, "Pay"), await ended(TRIP, "IssueTickets")]) {
      expect(await tell(each))
        .to.have.property("did")
        .that.is.oneOf(["recovered", "redriven"]);
    }
    expect(asked.filter((action) => action.startsWith("states:DescribeStateMachine"))).to.deep.equal([
      "states:DescribeStateMachine",
    ]);
  });

  it("requests the execution's definition if it has no version or a deleted one", async () => {
    const without = await ended(TRIP, "Pay", machine("TripBooking").arn);
    expect(await tell(without)).to.include({ did: "recovered" });
    expect(asked).to.include("states:DescribeStateMachineForExecution").and.not.include("states:DescribeStateMachine");
    const other = await ended(TRIP, "Pay");
    target().machine.versions.delete(versionArn());
    expect(await tell(other)).to.include({ did: "recovered" });
    expect(recoveries()).to.have.length(2);
  });

  it("has the permissions that it needs, and no others", async () => {
    const policy = resource("aws:iam/rolePolicy:RolePolicy", "TripBooking_recover").inputs as { policy: string };
    const { policy: whole } = policy;
    const unversioned = machine("TripBooking").arn as string;
    const needed: readonly (readonly [action: string, stopIn: string, by?: string])[] = [
      // Before it has read and cached the definition.
      ["DescribeStateMachine", "Pay"],
      ["DescribeStateMachineForExecution", "Pay", unversioned],
      ["DescribeExecution", "Pay"],
      ["GetExecutionHistory", "Pay"],
      ["StartExecution", "Pay"],
      ["RedriveExecution", "IssueTickets"],
    ];
    for (const [action, stopIn, by] of needed) {
      const known = await ended(TRIP, stopIn, by);
      policy.policy = whole.replace(`"states:${action}"`, '"states:ListExecutions"');
      expect(policy.policy).not.to.equal(whole);
      const { errorType, errorMessage } = await failure(known);
      policy.policy = whole;
      expect(errorType).to.equal("AccessDeniedException");
      expect(errorMessage).to.contain(`is not authorized to perform: states:${action} on resource: `);
      expect(await tell(known))
        .to.have.property("did")
        .that.is.oneOf(["recovered", "redriven"]);
    }
  });

  it(`recovers an execution that failed because its history is full, and reads all its pages ${SLOW}`, async () => {
    answer = tiresome;
    const known = await ended({ ...TRIP, cars: cars(1200) });
    expect(await known.execution.result).to.include({ status: "FAILED", error: "States.Runtime" });
    expect(known.execution.history).to.have.length(25_000);
    calls.length = 0;
    expect(await tell(known)).to.deep.equal({ did: "recovered", why: "it is FAILED" });
    expect(await recoveries()[0]?.execution.result).to.include({ status: "SUCCEEDED" });
    expect(calls.filter(({ state }) => state === "ReturnCar")).to.have.length(1200);
  });

  it(`fails for an execution that can neither go on nor be undone, so that an alarm reports it ${SLOW}`, async () => {
    answer = tiresome;
    const paid = async (length: number) =>
      (await ended({ ...TRIP, cars: cars(length) })).execution.history.findIndex(
        ({ type, state }) => type === "TaskStateExited" && state === "Pay",
      );
    // The tries after the pivot fill the history.
    const [none, one] = [await paid(0), await paid(1)];
    answer = (call) => {
      if (call.state === "IssueTickets") throw new TaskFailure("Refused", "");
      return tiresome(call);
    };
    const known = await ended({ ...TRIP, cars: cars(Math.floor((24_950 - none) / (one - none))) });
    expect(await known.execution.result).to.include({ status: "FAILED", error: "States.Runtime" });
    const { errorType, errorMessage } = await failure(known);
    expect(errorType).to.equal("NotRecoverable");
    expect(errorMessage).to.equal(
      `${known.execution.arn}: its pivot has succeeded, so it can't be undone; and it can't be redriven: Execution history event limit exceeded`,
    );
  });

  it("starts a recovery that is stuck in a failing undo, and that a redrive continues there (S5)", async () => {
    const known = await ended(TRIP, "Pay");
    refuse("CancelHotel");
    await tell(known);
    const [recovery] = recoveries();
    expect(await recovery?.execution.result).to.include({ status: "FAILED", failedState: "CancelHotel" });
    answer = () => DONE;
    calls.length = 0;
    executions.redrive(recovery as KnownExecution);
    expect(await recovery?.execution.result).to.include({ status: "SUCCEEDED" });
    expect(calls.map(({ state }) => state))
      .to.include("CancelHotel")
      .and.not.include("Refund");
  });
});
