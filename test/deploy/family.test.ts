import { join } from "node:path";
import { expect } from "chai";
import { LocalCloud } from "../../saga/local/cloud";
import { evaluateProgram, type Program } from "../../saga/local/program";
import { evaluated } from "../evaluated";

describe("a program with a child saga", function () {
  this.timeout(60_000);
  let program: Program;
  let cloud: LocalCloud;
  before(async () => {
    program = await evaluated("test/deploy/family.ts");
    cloud = await LocalCloud.start(program);
  });
  after(() => cloud.close());

  const arn = (type: string, name: string) =>
    program.resources.find((resource) => resource.type === type && resource.name === name)?.arn as string;
  const machine = (name: string) => arn("aws:sfn/stateMachine:StateMachine", name);
  const lambda = (name: string) => `${arn("aws:lambda/function:Function", `Family-${name}`)}:*`;
  const watches = [
    ["events:PutTargets", "events:PutRule", "events:DescribeRule"],
    ["arn:aws:events:eu-west-1:000000000000:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"],
  ];
  const statements = (name: string) => {
    const policy = program.resources.find(
      ({ type, name: of }) => type === "aws:iam/rolePolicy:RolePolicy" && of === name,
    );
    const { Statement } = JSON.parse(policy?.inputs["policy"] as string) as {
      Statement: { Action: string[]; Resource: string[] }[];
    };
    return Statement.filter(({ Resource }) => Resource[0] !== "*").map(({ Action, Resource }) => [Action, Resource]);
  };

  it("deploys a machine for the child and one for its undo, each with a role for its calls", () => {
    expect(statements("Family-Ordering")).to.deep.equal([
      watches,
      [["lambda:InvokeFunction"], [lambda("createOrder"), lambda("deleteOrder")]],
    ]);
    expect(statements("Family-Ordering_undo")).to.deep.equal([
      watches,
      [["lambda:InvokeFunction"], [lambda("deleteOrder")]],
    ]);
    const children = [machine("Family-Ordering"), machine("Family-Ordering_undo")];
    expect(statements("Family")).to.deep.equal([
      watches,
      [["lambda:InvokeFunction"], [lambda("processPayment"), lambda("refundPayment")]],
      [["sns:Publish"], ["arn:aws:sns:eu-west-1:000000000000:orders"]],
      [["states:StartExecution"], children],
      [
        ["states:DescribeExecution", "states:StopExecution"],
        children.map((child) => `${child.replace(":stateMachine:", ":execution:")}:*`),
      ],
    ]);
  });

  it("lets the parent deliver its log and read its children's outputs if a customer's key encrypts them", async () => {
    // A key may belong to another account.
    process.env["KEY"] = "arn:aws:kms:eu-west-1:111111111111:key/1";
    const encrypted = await evaluateProgram({}, join(__dirname, "family.ts")).finally(() => delete process.env["KEY"]);
    for (const role of ["Family", "Family_undo"]) {
      const policy = encrypted.resources.find(({ type, name }) => type.endsWith(":RolePolicy") && name === role);
      const { Statement } = JSON.parse(policy?.inputs["policy"] as string) as { Statement: any[] };
      const delivers = Statement.filter(({ Action }) => Action[0] === "kms:GenerateDataKey");
      expect(delivers.map(({ Condition }) => Condition.StringEquals)).to.deep.equal([
        { "kms:EncryptionContext:SourceArn": "arn:aws:logs:eu-west-1:000000000000:*" },
      ]);
      const decrypts = Statement.filter(({ Action }) => Action[0] === "kms:Decrypt");
      const children = role === "Family" ? ["Family-Ordering", "Family-Ordering_undo"] : ["Family-Ordering_undo"];
      expect(decrypts.map(({ Condition }) => Condition.StringEquals)).to.deep.equal([
        {
          "kms:ViaService": "states.eu-west-1.amazonaws.com",
          "kms:EncryptionContext:aws:states:stateMachineArn": children.map(machine),
        },
      ]);
    }
  });

  it("starts one version of each child machine, and names the execution to undo without a version", () => {
    const versions = ["Family-Ordering", "Family-Ordering_undo"].map(
      (name) =>
        program.resources.find(({ type, name: of }) => type.endsWith(":StateMachine") && of === name)?.versionArn,
    );
    const registered = program.resources.find(({ name, type }) => name === "Family" && type.endsWith(":StateMachine"));
    const { States } = JSON.parse(registered?.inputs["definition"] as string) as { States: Record<string, any> };
    expect(States["Order"].Arguments.StateMachineArn).to.equal(versions[0]);
    expect(States["Undo_Order"].Arguments).to.deep.include({ StateMachineArn: versions[1] });
    expect(States["Undo_Order"].Arguments.Input.machine).to.equal(versions[0]);
  });

  it("counts a stuck child as a stuck execution of the saga", () => {
    const filters = program.resources.filter(({ type }) => type.endsWith(":LogMetricFilter"));
    const of = (name: string) => filters.find((filter) => filter.name === name)?.inputs as any;
    expect(filters.map(({ name }) => name)).to.have.members([
      "Family-compensated",
      "Family-stuck",
      "Family-Ordering-stuck",
      "Family-Ordering_undo-stuck",
      "Family_sweep",
    ]);
    for (const name of ["Family-Ordering-stuck", "Family-Ordering_undo-stuck"]) {
      expect(of(name).metricTransformation).to.deep.equal(of("Family-stuck").metricTransformation);
      expect(of(name).logGroupName).to.match(
        new RegExp(`^/aws/vendedlogs/states/${name.replace("-stuck", "")}-[0-9a-f]{7}$`),
      );
    }
  });

  it("calls a service with the mapped input, and without a function", () => {
    const registered = program.resources.find(({ name, type }) => name === "Family" && type.endsWith(":StateMachine"));
    const { States } = JSON.parse(registered?.inputs["definition"] as string) as { States: Record<string, any> };
    expect(States["Announce"]).to.deep.include({
      Type: "Task",
      Resource: "arn:aws:states:::sns:publish",
      Arguments:
        "{% {'TopicArn': 'arn:aws:sns:eu-west-1:000000000000:orders', 'Message': $Pay.payment_id, 'MessageDeduplicationId': $states.context.Execution.Id} %}",
    });
  });

  it("completes with the child's output in its own", async () => {
    const { report } = await cloud.execute({ order_id: "1", total: 5, card_no: "123-1234" });
    expect(report.outcome).to.equal("completed");
    expect(report.output).to.have.property("order_id", "1");
    expect(report.tables["orders"]?.map(({ entity, status }) => [entity, status])).to.deep.equal([
      ["ORDER", "LIVE"],
      ["PAYMENT", "LIVE"],
    ]);
  });

  it("undoes the child by its undo machine when a later step fails", async () => {
    const { report } = await cloud.execute({ order_id: "2", total: 5 });
    expect(report.outcome).to.equal("compensated");
    expect(report.path).to.deep.equal(["Order", "Pay", "Refund", "Undo_Order"]);
    const [order] = report.tables["orders"] ?? [];
    expect(order).to.include({ entity: "ORDER", status: "UNDONE" });
    // In the name of the child's execution, which wrote it.
    expect(order?.["undone_by"]).to.deep.equal([order?.["saga_id"]]);
    expect(order?.["saga_id"]).to.match(/:execution:Family-Ordering-[0-9a-f]{7}:[0-9a-f]{64}$/);
  });
});

describe("two sagas in one program", () => {
  it("have their own functions and machines, although they share a task and one is the other's child", async () => {
    const { resources } = await evaluateProgram({}, join(__dirname, "siblings.ts"));
    const names = (type: string) => resources.flatMap((each) => (each.type.endsWith(type) ? [each.name] : []));
    expect(names(":Function")).to.have.members([
      ...["Alone-createOrder", "Alone-deleteOrder", "Alone_recover", "Alone_sweep"],
      ...["Parent-createOrder", "Parent-deleteOrder", "Parent_recover", "Parent_sweep"],
    ]);
    expect(names(":StateMachine")).to.have.members([
      ...["Alone", "Alone_undo"],
      ...["Parent", "Parent_undo", "Parent-Alone", "Parent-Alone_undo"],
    ]);
  });
});
