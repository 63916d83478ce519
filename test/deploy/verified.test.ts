import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { transientErrors } from "../../saga/asl/transient";
import { verifyProgram } from "../../saga/cli/verify";
import { verifiedDefinition, type DefinitionInput } from "../../saga/deploy/verified-definition";
import { evaluateProgram, type Program } from "../../saga/local/program";
import { checkResources } from "./rules";

const PROGRAM = join(__dirname, "verified.ts");
const ofType = ({ resources }: Program, type: string) => resources.filter((each) => each.type === type);
const definitionIn = (program: Program) => {
  const [machine] = ofType(program, "aws:sfn/stateMachine:StateMachine");
  return JSON.parse(machine?.inputs["definition"] as string) as { States: Record<string, any> };
};
const refusal = async (doing: () => unknown): Promise<Error & { verdicts?: unknown[]; resource?: unknown }> => {
  try {
    await doing();
  } catch (error) {
    return error as Error;
  }
  return expect.fail("nothing is refused");
};
/** The engine receives the promise of an output's value. */
const told = (output: unknown): Promise<unknown> => (output as { promise(): Promise<unknown> }).promise();

const S3 = "arn:aws:states:::aws-sdk:s3:getObject";
const failure = "{% {'step': 'Look', 'error': $states.errorOutput.Error, 'cause': $states.errorOutput.Cause} %}";
const gaveUp = { Next: "Compensated", Assign: { failure } };
/** A saga of one query, with some fields changed. */
const looks = (more: object = {}) => ({
  QueryLanguage: "JSONata",
  StartAt: "Look",
  States: {
    Look: {
      Type: "Task",
      Resource: S3,
      TimeoutSeconds: 9,
      Retry: [{ ErrorEquals: transientErrors(S3) }],
      Catch: [
        { ErrorEquals: ["States.DataLimitExceeded"], ...gaveUp },
        { ErrorEquals: ["States.ALL"], ...gaveUp },
      ],
      End: true,
      ...more,
    },
    Compensated: {
      Type: "Fail",
      Error: "SagaCompensated",
      Cause:
        "{% $string({'saga': 'Looks', 'step': $failure.step, 'error': $failure.error, 'cause': $failure.cause}) %}",
    },
  },
});
const declaration = { saga: "Looks", calls: { Look: { role: "query" } } } as const;
const hangs = looks({ TimeoutSeconds: undefined });

describe("a handwritten state machine", () => {
  let program: Program;
  before(async () => {
    program = await evaluateProgram({}, PROGRAM);
  });
  const prove = (definition: DefinitionInput, given: object = declaration) =>
    verifiedDefinition("Looks", definition, { declaration: given as never, resource: { __name: "Looks" } as never });

  it("is deployed unchanged, with its outputs, in either form", async () => {
    const [queue] = ofType(program, "aws:sqs/queue:Queue");
    const { States } = definitionIn(program);
    expect(States["Charge"].Arguments.FunctionName).to.equal(queue?.arn);
    for (const form of ["output", "text"]) {
      const other = definitionIn(await evaluateProgram({ form }, PROGRAM));
      expect(Object.keys(other.States)).to.deep.equal(Object.keys(States));
      expect({ ...other.States["Charge"], Arguments: {} }).to.deep.equal({ ...States["Charge"], Arguments: {} });
      expect(JSON.stringify(other)).not.to.contain("${output");
    }
  });

  it("has the resources of a saga's machine, except for its recovery", () => {
    const made = program.resources.map(({ type, name }) => `${type.split(":").at(-1) as string} ${name}`);
    expect(made).to.have.members([
      "VerifiedStateMachine Booking",
      ...["LogGroup", "Role", "RolePolicy", "StateMachine", "Dashboard"].map((type) => `${type} Booking`),
      "Alias Booking-STANDARD",
      ...["Topic", "TopicPolicy"].map((type) => `${type} Booking-alarms`),
      ...["compensated", "stuck"].map((metric) => `LogMetricFilter Booking-${metric}`),
      ...["stuck", "old", "throttled"].map((alarm) => `MetricAlarm Booking-${alarm}`),
      ...["SagaSweep", "Role", "RolePolicy", "LogGroup", "Function", "LogMetricFilter"].map(
        (type) => `${type} Booking_sweep`,
      ),
      ...["FunctionEventInvokeConfig", "EventRule", "EventTarget", "Permission"].map((type) => `${type} Booking_sweep`),
      "MetricAlarm Booking_sweep-failing",
      "RolePolicy Booking-start",
      "Queue charges",
      "Queue refunds",
      "Role starter",
    ]);
    checkResources(
      {
        ...program,
        resources: program.resources.filter(({ name }) => !["starter", "charges", "refunds"].includes(name)),
      },
      {},
    );
  });

  it("counts a stopped or timed-out execution as stuck, since nothing recovers it", () => {
    const stuck = ofType(program, "aws:cloudwatch/logMetricFilter:LogMetricFilter").find(
      ({ name }) => name === "Booking-stuck",
    );
    expect(stuck?.inputs["pattern"]).to.contain('($.type = "ExecutionAborted") || ($.type = "ExecutionTimedOut")');
  });

  it("may do what its statements allow, and may be started only by its alias", () => {
    const queues = ofType(program, "aws:sqs/queue:Queue");
    const policies = ofType(program, "aws:iam/rolePolicy:RolePolicy");
    const policyOf = (name: string) => policies.find((each) => each.name === name)?.inputs["policy"] as string;
    expect(JSON.parse(policyOf("Booking")).Statement).to.deep.include({
      Effect: "Allow",
      Action: ["lambda:InvokeFunction"],
      Resource: queues.map(({ arn }) => arn),
    });
    expect(policyOf("Booking-start")).to.contain('"states:StateMachineQualifier":["live"]');
  });

  it("is refused on its resource, with a hint, before its resources are registered", async () => {
    const error = await refusal(() => evaluateProgram({ careless: "1" }, PROGRAM));
    expect(error.message).to.match(/^the saga 'Booking' is not sound\nS4: Refund is not retried on every error/);
    expect(error.message).to.match(/\n {2}→ Let Refund retry States\.ALL, for hours$/);
    expect((error.resource as { __name: string }).__name).to.equal("Booking");
    expect(error.verdicts).to.have.length(1);
  });

  it("is refused in a preview too, in which outputs are unknown, if they are only the called resources", async () => {
    const unknown = pulumi.output(pulumi.unknown as unknown as string);
    const error = await refusal(() => prove(looks({ Arguments: { Bucket: unknown }, TimeoutSeconds: undefined })));
    expect(error.message).to.contain("S7: Look, TimeoutSeconds: The task may take forever");
    // An unknown output is not a reason to refuse: an unknown time is not checked.
    const later = prove(looks({ Arguments: { Bucket: unknown }, TimeoutSeconds: unknown }));
    expect(await (later as unknown as { isKnown: Promise<boolean> }).isKnown).to.equal(false);
    prove(unknown);
  });

  it("is proved once its outputs are known, if rules read them, such as the identity of a call", async () => {
    const { States, ...machine } = definitionIn(program);
    const given = States["Charge"].Arguments;
    const id = "{% $states.context.Execution.Id %}";
    for (const changed of [
      { Payload: pulumi.output(given.Payload) },
      { Payload: { saga: pulumi.output({ id, step: "Charge" }) } },
      { Payload: { saga: { id: pulumi.output(id), step: "Charge" } } },
      { InvocationType: pulumi.output("RequestResponse") },
    ]) {
      const Charge = { ...States["Charge"], Arguments: { ...given, ...changed } };
      const calls = { Charge: { role: "compensable", undo: "Refund" } };
      const proved = prove({ ...machine, States: { ...States, Charge } }, { saga: "Charge", calls });
      expect(await told(proved)).to.have.property("States");
    }
  });

  it("is refused if an undo calls its action's function by the same output, before that is known", async () => {
    const error = await refusal(() => evaluateProgram({ same: "1" }, PROGRAM));
    expect(error.message).to.contain("Refund calls the same function as Charge, which it undoes");
  });

  it("is refused once its outputs are known", async () => {
    const later = (value: unknown): pulumi.Output<any> => pulumi.output(Promise.resolve(value));
    for (const definition of [later(hangs), later(JSON.stringify(hangs)), looks({ TimeoutSeconds: later("soon") })]) {
      const error = await refusal(() => told(prove(definition)));
      expect(error.message).to.match(/^the saga 'Looks' is not sound\n(S7|definition): Look, TimeoutSeconds: /);
    }
    expect(await told(prove(looks({ TimeoutSeconds: later(7) })))).to.deep.equal(looks({ TimeoutSeconds: 7 }));
  });

  it("is refused if it contains a secret, without printing it", async () => {
    const error = await refusal(() => told(prove(looks({ Arguments: { Bucket: pulumi.secret("swordfish") } }))));
    expect(error.message).to.match(
      /^'Looks': its definition has a secret in it, and whoever may see the state machine/,
    );
    expect(error.message).not.to.contain("swordfish");
  });

  for (const [what, definition, given, says] of [
    [
      "a task that nobody declares",
      looks(),
      { saga: "S", calls: {} },
      /^'Looks': its declaration does not say what Look is: add each/,
    ],
    [
      "a declaration that can't be used",
      looks(),
      { saga: "S", calls: { Look: { role: "?" } } },
      /^'Looks': its declaration can't be used: calls\.Look\.role is/,
    ],
    ["what is not JSON", "{", declaration, /^'Looks': its definition is not JSON: /],
    ["what is no state machine", {}, declaration, /^'Looks': its definition is no state machine: it has no StartAt/],
  ] as const) {
    it(`is refused for ${what}`, async () => {
      const error = await refusal(() => prove(definition, given));
      expect(error.message).to.match(says);
      expect(pulumi.RunError.isInstance(error)).to.equal(true);
    });
  }

  it("is refused as EXPRESS if an execution might get stuck", async () => {
    const error = await refusal(() => evaluateProgram({ express: "1" }, PROGRAM));
    expect(error.message).to.equal(
      "'Booking': EXPRESS has no redrive, and Charge is more than a query: set workflowType to STANDARD",
    );
  });

  it("is proved by `saga verify`, like the sagas of a program", async () => {
    const write = process.stdout.write.bind(process.stdout);
    let printed = "";
    process.stdout.write = (text: unknown) => ((printed += String(text)), true);
    let code: number;
    try {
      const load = () => Promise.resolve({ program } as never);
      code = await verifyProgram(load, { output: "json", name: "Booking", folder: "." });
    } finally {
      process.stdout.write = write;
    }
    expect([code, JSON.parse(printed)[0].saga]).to.deep.equal([0, "Booking"]);
  });
});
