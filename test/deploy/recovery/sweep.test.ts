import { expect } from "chai";
import { AwsError } from "../../../saga/local/aws-error";
import { deployedForm, LocalCloud } from "../../../saga/local/cloud";
import type { KnownExecution } from "../../../saga/local/step-functions/executions";
import type { Execution } from "../../../saga/interpreter";
import type { Revision } from "../../../saga/local/step-functions/machines";
import { deployFunction } from "../../../saga/local/lambda/function";
import { startServer } from "../../../saga/local/wire/server";
import { jsonError } from "../../../saga/local/wire/message";
import { evaluateProgram, type Program, type Resource } from "../../../saga/local/program";
import type { Sweep, Swept } from "../../../saga/deploy/recovery/sweep";
import { matches } from "../filter-pattern";
import { evaluated } from "../../evaluated";
import { SLOW } from "../../slow";

const ORDER = { total: 100, card_no: "123-1234", address: "123 st" };
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const UNDONE = ["ORDER UNDONE", "PAYMENT UNDONE", "SHIPMENT UNDONE"];

describe("the function of the sweep, as it is deployed", function () {
  this.timeout(120_000);
  let program: Program;
  let cloud: LocalCloud;
  const lines: string[] = [];
  let orders = 0;

  before(async () => {
    program = await evaluated();
  });
  beforeEach(async () => {
    cloud = await LocalCloud.start(program, { onLog: (line) => lines.push(line) });
    // In these tests, every event is lost.
    cloud.publish = () => Promise.resolve();
    lines.length = 0;
  });
  afterEach(() => cloud.close());

  const find = (type: string, name: string, { resources } = program) =>
    resources.find((one) => one.type.endsWith(`:${type}`) && one.name === name) as Resource;
  const machine = (name: string) => find("StateMachine", name).arn as string;
  /** The input from the schedule. */
  const given = (of = program) =>
    JSON.parse(find("EventTarget", "OrderFulfilment_sweep", of).inputs["input"] as string) as Sweep;
  const sweepWith = async (event: Sweep) => {
    const { payload } = (await cloud.functions.get("OrderFulfilment_sweep")?.invoke(event)) as { payload: unknown };
    return payload as Swept;
  };
  const sweep = () => sweepWith(given());
  const failure = () =>
    sweep().then(
      (swept) => expect.fail(`it answered ${JSON.stringify(swept)}`),
      (error: unknown) => JSON.parse((error as { cause: string }).cause) as { errorType: string; errorMessage: string },
    );

  /** An order that was stopped after its payment, some time ago. */
  async function stopped(ago: number, order_id = `order-${++orders}`): Promise<KnownExecution> {
    const execution: Execution = cloud.startExecution({ ...ORDER, order_id }, ({ type, state }) => {
      if (type === "TaskStateExited" && state === "ProcessPayment") execution.stop();
    });
    await execution.result;
    const known = cloud.executions.get(execution.arn) as KnownExecution;
    known.ended = { ...(known.ended as Required<KnownExecution>["ended"]), stopDate: Date.now() - ago };
    return known;
  }
  /** An execution that is only in the list. */
  function add(of: string, name: string, startDate: number, status?: "ABORTED" | "TIMED_OUT"): void {
    const result = status ? Promise.resolve({ status, history: [] }) : new Promise(() => {});
    const arn = `${of.replace(":stateMachine:", ":execution:")}:${name}`;
    const execution = { arn, input: {}, history: [], result } as unknown as Execution;
    cloud.executions.add(execution, {
      machineArn: of,
      machineName: "",
      type: "STANDARD",
      name,
      revision: {} as Revision,
      updateDate: 0,
    });
    Object.assign(cloud.executions.get(arn) as KnownExecution, {
      startDate,
      ...(status && { ended: { result: { status }, stopDate: startDate } }),
    });
  }
  const rowsOf = async ({ execution }: KnownExecution) =>
    (await cloud.table.rows((execution.input as { order_id: string }).order_id)).map(
      (row) => `${String(row["entity"])} ${String(row["status"])}`,
    );
  const recoveries = () =>
    [...cloud.executions.values()].filter(({ machineArn }) => machineArn === machine("OrderFulfilment_undo"));

  it("logs the age of the oldest running execution on any page, and ignores ended ones", async () => {
    const { inputs } = find("LogMetricFilter", "OrderFulfilment_sweep");
    const { pattern, metricTransformation } = inputs as {
      pattern: string;
      metricTransformation: Record<string, string>;
    };
    const counted = () =>
      lines
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter((event) => matches(pattern, event))
        .map((event) => event[metricTransformation["value"]?.replace("$.", "") as string]);

    await stopped(30 * MINUTE);
    expect(await sweepWith({ machineArn: given().machineArn })).to.deep.equal({ oldestRunning: 0, handedOver: 0 });
    expect(counted(), "what the metric is made of").to.deep.equal([0]);

    const now = Date.now();
    for (let index = 0; index < 2100; index++) add(machine("OrderFulfilment"), `n${index}`, now - MINUTE - index);
    add(machine("OrderFulfilment"), "oldest", now - 3 * HOUR);
    // The list is sorted by redrive dates, but an execution's age begins at its start.
    Object.assign(cloud.executions.get(`${executionsOf(machine("OrderFulfilment"))}:oldest`) as object, {
      redriveDate: now - MINUTE,
      redriveCount: 1,
    });
    add(machine("OrderFulfilment_undo"), "of another machine", now - 5 * HOUR);
    const { oldestRunning } = await sweepWith({ machineArn: given().machineArn });
    expect(oldestRunning).to.be.within(3 * 3600, 3 * 3600 + 30);
    expect(counted()).to.deep.equal([0, oldestRunning]);
    expect(JSON.parse(lines.at(-1) as string)).to.include({ running: 2101 });
  });

  it("recovers a stopped execution whose event was lost, once (S12)", async () => {
    const known = await stopped(12 * MINUTE);
    expect(await sweep()).to.deep.equal({ oldestRunning: 0, handedOver: 1 });
    await cloud.settled();
    expect(await rowsOf(known)).to.deep.equal(UNDONE);
    expect(lines.map((line) => JSON.parse(line))).to.deep.include.members([
      {
        execution: known.execution.arn,
        did: "handed over",
        why: "it was stopped, and no recovery of it has begun",
      },
      { execution: known.execution.arn, did: "recovered", why: "it is ABORTED" },
    ]);
    expect(await sweep()).to.include({ handedOver: 0 });
    expect(recoveries()).to.have.length(1);
    expect(cloud.deadLetters).to.deep.equal([]);
  });

  it(`finds each among many, also a timed-out one ${SLOW}`, async () => {
    const now = Date.now();
    for (let index = 0; index < 1100; index++) {
      add(machine("OrderFulfilment"), `n${index}`, now - MINUTE, index % 2 ? "ABORTED" : "TIMED_OUT");
      add(machine("OrderFulfilment_undo"), `n${index}`, now - MINUTE, "ABORTED");
    }
    const [one, other] = [await stopped(21 * MINUTE), await stopped(21 * MINUTE)];
    other.ended = { ...other.ended, result: { ...other.ended?.result, status: "TIMED_OUT" } } as never;
    expect(await sweep()).to.include({ handedOver: 2 });
    await cloud.settled();
    expect(await rowsOf(one)).to.deep.equal(UNDONE);
    expect(await rowsOf(other)).to.deep.equal(UNDONE);
    expect(await sweep()).to.include({ handedOver: 0 });
  });

  it("ignores an execution whose event may still arrive, and one that stopped more than a day ago", async () => {
    for (const ago of [0, 9 * MINUTE, 24 * HOUR + MINUTE, 40 * 24 * HOUR]) await stopped(ago);
    expect(await sweep()).to.deep.equal({ oldestRunning: 0, handedOver: 0 });
  });

  it(`passes on an execution that is not recovered after 10 minutes, 20, 40 and so on, so that it does not fill the queue ${SLOW}`, async () => {
    const known = await stopped(0);
    const turns: number[] = [];
    // That machine never has a recovery.
    const event = { ...given(), recovery: { ...given().recovery, machineArn: machine("OrderFulfilment") } } as Sweep;
    for (let minutes = 1; minutes < 26 * 60; minutes += 5) {
      Object.assign(known.ended as object, { stopDate: Date.now() - minutes * MINUTE });
      const { handedOver } = await sweepWith(event);
      if (handedOver > 0) turns.push(minutes);
    }
    expect(turns.length).to.be.within(8, 16);
    const due = [10, 20, 40, 80, 160, 320, 640, 1280];
    for (const at of due)
      expect(
        turns.some((turn) => turn >= at && turn < at + 6),
        `at ${at}`,
      ).to.equal(true);
    for (const turn of turns)
      expect(
        due.some((at) => turn >= at && turn < at + 6),
        `${turn}`,
      ).to.equal(true);
  });

  it("passes nothing on without a recovery", async () => {
    const ignoring = await evaluateProgram({ onAbort: "ignore" });
    expect(given(ignoring)).to.have.all.keys("machineArn");
    await stopped(12 * MINUTE);
    expect(await sweepWith(given(ignoring))).to.deep.equal({ oldestRunning: 0, handedOver: 0 });
  });

  it("has the permissions that it needs, and no others", async () => {
    const known = await stopped(12 * MINUTE);
    const policy = find("RolePolicy", "OrderFulfilment_sweep").inputs as { policy: string };
    const { policy: whole } = policy;
    const others: readonly (readonly [from: string, to: string, action: string])[] = [
      ['"states:ListExecutions"', '"states:DescribeExecution"', "states:ListExecutions"],
      [`"${machine("OrderFulfilment")}"`, `"${machine("OrderFulfilment")}s"`, "states:ListExecutions"],
      [`"${machine("OrderFulfilment_undo")}"`, `"${machine("OrderFulfilment_undo")}s"`, "states:ListExecutions"],
      ['"lambda:InvokeFunction"', '"lambda:GetFunction"', "lambda:InvokeFunction"],
    ];
    for (const [from, to, action] of others) {
      policy.policy = whole.replace(from, to);
      expect(policy.policy).not.to.equal(whole);
      const { errorType, errorMessage } = await failure();
      policy.policy = whole;
      expect(errorType).to.equal("AccessDeniedException");
      expect(errorMessage).to.contain(`is not authorized to perform: ${action} on resource: `);
    }
    expect(JSON.parse(lines.at(-1) as string), "the age is told all the same").to.include({ oldestRunning: 0 });
    expect(recoveries()).to.deep.equal([]);
    expect(await sweep()).to.include({ handedOver: 1 });
    await cloud.settled();
    expect(await rowsOf(known)).to.deep.equal(UNDONE);
  });

  it("fails if there are more executions than it reads, after it has logged those that it read", async () => {
    const startDate = Date.now() / 1000 - 600;
    let pages = 0;
    const route = {
      handle: () => {
        const page = { executions: [{ executionArn: "arn", startDate }], nextToken: String(++pages) };
        const headers = { "Content-Type": "application/x-amz-json-1.0" };
        return Promise.resolve({ status: 200, headers, body: JSON.stringify(page) });
      },
      writeError: jsonError("1.0"),
      maxBytes: 10_000,
      tooLarge: () => new AwsError("RequestEntityTooLargeException", ""),
    };
    const endless = await startServer({ port: 0, host: "127.0.0.1", route: () => route });
    const form = await deployedForm(find("Function", "OrderFulfilment_sweep"));
    const run = deployFunction({
      ...form,
      environment: { AWS_ENDPOINT_URL_SFN: endless.endpoint },
      onLog: (line) => lines.push(line),
    });
    try {
      const error = await run.invoke({ machineArn: "arn:machine" }).catch((reason: unknown) => reason);
      expect(error).to.have.property("error", "TooManyExecutions");
      expect(error)
        .to.have.property("message")
        .that.contains("beyond the latest 100000 that were not looked at: RUNNING of arn:machine");
      expect(pages).to.equal(100);
      expect((JSON.parse(lines[0] as string) as Swept).oldestRunning).to.be.within(600, 630);
    } finally {
      await run.close();
      await endless.close();
    }
  });
});

const executionsOf = (machineArn: string): string => machineArn.replace(":stateMachine:", ":execution:");
