import { expect } from "chai";
import { checkTargets, EventBus } from "../../saga/local/event-bus";
import { matches } from "../../saga/local/event-pattern";
import type { JsonObject } from "../../saga/interpreter";
import type { Program, Resource } from "../../saga/local/program";
import { evaluated } from "../evaluated";

describe("the recovery that the program deploys", function () {
  this.timeout(60_000);
  let program: Program;
  before(async () => {
    program = await evaluated();
  });

  const find = (type: string, name: string): Resource =>
    program.resources.find((resource) => resource.type === type && resource.name === name) as Resource;
  const machine = () => find("aws:sfn/stateMachine:StateMachine", "OrderFulfilment");
  const rule = () => find("aws:cloudwatch/eventRule:EventRule", "OrderFulfilment_recover");

  it("has a machine of the undos alone, in reverse order", () => {
    const { definition } = find("aws:sfn/stateMachine:StateMachine", "OrderFulfilment_undo").inputs;
    expect(Object.keys((JSON.parse(definition as string) as { States: object }).States)).to.deep.equal([
      "CancelShipment",
      "RefundPayment",
      "DeleteOrder",
    ]);
  });

  describe("listens to the ends of the saga's own executions", () => {
    const event = (detail: JsonObject): JsonObject => ({
      source: "aws.states",
      "detail-type": "Step Functions Execution Status Change",
      // As far as is known, the event of a version's execution has the machine's ARN here, and the version's beside it.
      detail: {
        stateMachineArn: machine().arn as string,
        stateMachineVersionArn: machine().versionArn as string,
        ...detail,
      },
    });
    const listens = (detail: JsonObject) =>
      matches(JSON.parse(rule().inputs["eventPattern"] as string) as JsonObject, event(detail));
    const cases: readonly (readonly [boolean, JsonObject])[] = [
      [true, { status: "ABORTED", error: null }],
      [true, { status: "ABORTED", error: "Mistake" }],
      [true, { status: "ABORTED" }],
      [true, { status: "TIMED_OUT", error: null }],
      [true, { status: "FAILED", error: "States.Runtime" }],
      [true, { status: "FAILED" }],
      [false, { status: "FAILED", error: "SagaCompensated" }],
      [false, { status: "SUCCEEDED", error: null }],
      [false, { status: "RUNNING", error: null }],
      [false, { status: "ABORTED", stateMachineArn: "arn:aws:states:eu-west-1:000000000000:stateMachine:Child" }],
    ];
    it("accepts an event with the ARN of a version or an alias of the machine", () => {
      for (const qualified of [machine().versionArn as string, `${machine().arn}:live`])
        expect(listens({ status: "ABORTED", stateMachineArn: qualified }), qualified).to.equal(true);
      expect(listens({ status: "ABORTED", stateMachineArn: `${machine().arn}0` }), "another machine").to.equal(false);
    });
    for (const [expected, detail] of cases) {
      it(`${expected ? "accepts" : "ignores"} ${JSON.stringify(detail)}`, () => {
        expect(listens(detail)).to.equal(expected);
      });
    }
  });

  it("is not deployed for a saga without undos, such as an EXPRESS one", async () => {
    const queries = await evaluated("test/deploy/express.ts");
    expect(queries.resources.filter(({ name }) => /_undo|_recover/.test(name))).to.deep.equal([]);
  });
});

describe("the sweep that the program deploys", () => {
  it("has a schedule whose target exists, as the local runner checks without firing it", async () => {
    const { resources, outputs } = await evaluated();
    const call = () => Promise.reject(new Error("fired"));
    await new EventBus({ resources, outputs }, call).publish({ source: "aws.events" });
    const without = resources.filter(
      ({ type, name }) => !(type.endsWith(":Function") && name === "OrderFulfilment_sweep"),
    );
    expect(() => {
      checkTargets({ resources: without, outputs });
    }).to.throw(
      /^the rule OrderFulfilment_sweep-\w+ calls arn:aws:lambda:.*:OrderFulfilment_sweep-\w+, which the program does not register$/,
    );
  });

  it("is not deployed for an EXPRESS saga, whose executions can't be listed, and has no alarm and graph then", async () => {
    const { resources } = await evaluated("test/deploy/express.ts");
    expect(resources.filter(({ name }) => /_sweep|-old$/.test(name))).to.deep.equal([]);
    const dashboard = resources.find(({ type }) => type.endsWith(":Dashboard"))?.inputs["dashboardBody"];
    expect(dashboard).to.be.a("string").that.does.not.contain("OldestRunning");
  });
});
