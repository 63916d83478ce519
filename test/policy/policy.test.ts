import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import * as struct from "google-protobuf/google/protobuf/struct_pb";
import { type SagaPolicyOptions, soundStateMachines } from "../../saga/policy";

import { unknownCheckingProxy } from "@pulumi/policy";
import * as analyzer from "@pulumi/pulumi/proto/analyzer_pb";

// What serves a policy pack to Pulumi's engine, and what is not known to it, as they come with @pulumi/policy.
const load = createRequire(__filename);
const { makeAnalyzeRpcFun } = load("@pulumi/policy/server");
const { unknownStringValue } = load("@pulumi/policy/proxy");

interface Diagnostic {
  readonly message: string;
  readonly level: number;
}

const ADVISORY = 0;
const MANDATORY = 1;
const TYPE = "aws:sfn/stateMachine:StateMachine";

/** What the policy says of a resource, asked as the engine asks it. */
function analyze(
  props: object,
  {
    type = TYPE,
    name = "Booking",
    parent = "",
    options = {},
  }: { type?: string; name?: string; parent?: string; options?: SagaPolicyOptions } = {},
): Promise<readonly Diagnostic[]> {
  const request = new analyzer.AnalyzeRequest();
  request.setType(type);
  request.setName(name);
  request.setUrn(`urn:pulumi:dev::shop::${parent}${type}::${name}`);
  const ofResource = new analyzer.AnalyzerResourceOptions();
  ofResource.setCustomtimeouts(new analyzer.AnalyzerResourceOptions.CustomTimeouts());
  request.setOptions(ofResource);
  request.setProperties(struct.Struct.fromJavaScript(props as never));
  const run = makeAnalyzeRpcFun("sagas", "1.0.0", "advisory", [soundStateMachines(options)]);
  return new Promise((resolve, reject) => {
    run({ request }, (error: Error | null, response: any) => {
      if (error) reject(error);
      else
        resolve(
          response
            .getDiagnosticsList()
            .map((each: any) => ({ message: each.getMessage(), level: each.getEnforcementlevel() })),
        );
    });
  });
}

const TRANSIENT = [
  "ClientExecutionTimeoutException",
  "ServiceException",
  "AWSLambdaException",
  "SdkClientException",
  "TooManyRequestsException",
];
const task = (name: string, more: object) => ({
  Type: "Task",
  Resource: "arn:aws:states:::lambda:invoke",
  Arguments: { FunctionName: name, Payload: `{% {"saga": {"id": $states.context.Execution.Id, "step": "Charge"}} %}` },
  TimeoutSeconds: 30,
  ...more,
});
const machine = ({
  Comment,
  refund = { Retry: [{ ErrorEquals: ["States.ALL"], MaxAttempts: 10 }] },
}: { Comment?: string; refund?: object } = {}) => {
  const failure = `{% {"step": "Charge", "error": $states.errorOutput.Error, "cause": $states.errorOutput.Cause} %}`;
  const undo = { Next: "Refund", Assign: { failure } };
  return {
    ...(Comment !== undefined && { Comment }),
    QueryLanguage: "JSONata",
    StartAt: "Charge",
    States: {
      Charge: task("charge", {
        Retry: [{ ErrorEquals: TRANSIENT.map((error) => `Lambda.${error}`) }],
        Catch: [
          { ErrorEquals: ["States.DataLimitExceeded"], ...undo },
          { ErrorEquals: ["States.ALL"], ...undo },
        ],
        End: true,
      }),
      Refund: task("refund", { ...refund, Next: "Compensated" }),
      Compensated: {
        Type: "Fail",
        Error: "SagaCompensated",
        Cause: `{% $string({"saga": "Booking", "step": $failure.step, "error": $failure.error, "cause": $failure.cause}) %}`,
      },
    },
  };
};
const DECLARATION = { saga: "Booking", calls: { Charge: { role: "compensable", undo: "Refund" } } } as const;
const declared: SagaPolicyOptions = { declarations: { Booking: DECLARATION } };
const props = (definition: object, tags?: object) => ({
  definition: JSON.stringify(definition),
  ...(tags && { tags }),
});

const ROOT = join(__dirname, "../..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

describe("the policy pack", () => {
  it("says what the manual says", async () => {
    const manual = read("docs/definitions.md").replace(/^ {6}/gm, "");
    for (const [definition, name] of [
      [machine({ refund: {} }), "Booking"],
      [machine(), "Weekly"],
    ] as const) {
      const options = name === "Booking" ? declared : {};
      const [first] = await analyze(props(definition), { name, options });
      expect(manual).to.contain(`\n${first?.message ?? "no message"}\n`);
    }
  });

  it("of the manual is the one that Pulumi's engine runs, with the versions that this project is tested with", () => {
    const files = ["PulumiPolicy.yaml", "package.json", "index.ts", "booking.saga.json"];
    for (const file of files) expect(read("docs/definitions.md")).to.contain(read(`test/pulumi/pack/${file}`));
    const { version, devDependencies } = JSON.parse(read("package.json"));
    expect(JSON.parse(read("test/pulumi/pack/package.json")).dependencies).to.deep.equal({
      "@pulumi/policy": devDependencies["@pulumi/policy"],
      "saga-aws-pulumi": version,
    });
  });

  it("takes a sound machine, by its declaration", async () => {
    expect(await analyze(props(machine()), { options: declared })).to.deep.equal([]);
  });

  it("refuses an unsound one, with the rule and what to do", async () => {
    const [first, ...more] = await analyze(props(machine({ refund: {} })), { options: declared });
    expect(more).to.be.empty;
    expect(first?.message).to.contain("'Booking' is not sound\nS4: Refund is not retried on every error");
    expect(first?.message).to.match(/\n {2}→ Let Refund retry States\.ALL, for hours/);
    expect(first?.level).to.equal(MANDATORY);
  });

  it("refuses a machine that nobody declares, unless it is exempt, by its name or by its tag", async () => {
    const [first, ...more] = await analyze(props(machine()));
    expect(first?.message).to.match(
      /'Booking' is not declared, so that nothing is proved of it\n {2}→ .* tag it saga:declaration=none$/,
    );
    expect(more).to.be.empty;
    expect(await analyze(props(machine()), { options: { exempt: ["Booking"] } })).to.be.empty;
    expect(await analyze(props(machine(), { "saga:declaration": "none" }))).to.be.empty;
  });

  it("says of a task that the declaration leaves out that nothing can be proved", async () => {
    const declarations = { Booking: { saga: "Booking", calls: { Charge: { role: "pivot" as const } } } };
    const [first, ...more] = await analyze(props(machine()), { options: { declarations } });
    expect(first?.message).to.contain("'Booking' can't be proved: its declaration does not say what Refund is");
    expect(more).to.be.empty;
  });

  describe("takes the declaration", () => {
    let folder: string;
    before(() => {
      folder = mkdtempSync(join(tmpdir(), "policy-"));
      writeFileSync(join(folder, "booking.saga.json"), JSON.stringify(DECLARATION));
      writeFileSync(join(folder, "bad.json"), "{");
    });
    after(() => {
      rmSync(folder, { recursive: true });
    });

    it("from a file, from one that the tag names, and from the Comment", async () => {
      const file = join(folder, "booking.saga.json");
      expect(await analyze(props(machine()), { options: { declarations: { Booking: file } } })).to.be.empty;
      expect(await analyze(props(machine(), { "saga:declaration": file }))).to.be.empty;
      expect(await analyze(props(machine({ Comment: JSON.stringify(DECLARATION) })))).to.be.empty;
      const tags = { "saga:declaration": "shared" };
      expect(await analyze(props(machine(), tags), { options: { declarations: { shared: DECLARATION } } })).to.be.empty;
    });

    it("and says where one can't be read", async () => {
      for (const [given, says] of [
        [join(folder, "none.json"), /there is no declaration 'Booking', and no file '.*none\.json'/],
        [join(folder, "bad.json"), /'.*bad\.json' is not JSON/],
        [{ saga: "S", calls: { A: { role: "?" } } }, /'Booking' can't be proved: Booking: calls\.A\.role is "\?"/],
      ] as const) {
        const [first] = await analyze(props(machine()), { options: { declarations: { Booking: given as never } } });
        expect(first?.message).to.match(says);
      }
    });

    it("before the definition, which a preview may not know", async () => {
      const tags = { "saga:declaration": join(folder, "none.json") };
      const [first, ...more] = await analyze({ definition: unknownStringValue, tags });
      expect(first?.message).to.match(/'Booking' can't be proved: there is no declaration '.*none\.json'/);
      expect(first?.level).to.equal(MANDATORY);
      expect(more).to.be.empty;
    });
  });

  it("takes what the policy's config says before what the pack says", () => {
    const told: string[] = [];
    const ask = (config: object, definition = machine()) => {
      const validate = soundStateMachines({ declarations: { Booking: "none.json" } }).validateResource;
      told.length = 0;
      const args = {
        type: TYPE,
        name: "Booking",
        urn: `urn::${TYPE}::Booking`,
        props: unknownCheckingProxy(props(definition)),
        getConfig: () => config,
      };
      (validate as (args: object, report: (message: string) => void) => void)(args, (message) => told.push(message));
      return told;
    };
    expect(ask({ declarations: { Booking: DECLARATION } })).to.be.empty;
    expect(ask({ declarations: { Booking: DECLARATION } }, machine({ refund: {} }))).to.have.length(1);
    expect(ask({ exempt: ["Booking"] })).to.be.empty;
    expect(ask({})[0]).to.contain("no file");
  });

  it("is not run on a definition that a preview does not know, which Pulumi then says, and lets the preview go on", async () => {
    for (const given of [
      { definition: unknownStringValue },
      { definition: { ...machine(), Comment: unknownStringValue } },
    ]) {
      const [first, ...more] = await analyze(given, {
        options: declared,
        ...("Comment" in Object(given.definition) && { type: "aws-native:stepfunctions:StateMachine" }),
      });
      expect(first?.message).to.match(
        /can't run policy 'sound-state-machines' .* during preview: string value at \.definition.* can't be known/,
      );
      expect(first?.level).to.equal(ADVISORY);
      expect(more).to.be.empty;
    }
  });

  describe("of a definition that is an object, in a preview", () => {
    const type = "aws-native:stepfunctions:StateMachine";
    const UNSOUND = { refund: {} };
    /** The machine, with what is not known at these places. */
    const unknownAt = (places: readonly string[], definition: object = machine()) => {
      const copy = JSON.parse(JSON.stringify(definition));
      for (const place of places) {
        const path = place.split(".");
        const last = path.pop() as string;
        path.reduce((holder, key) => holder[key], copy)[last] = unknownStringValue;
      }
      return { definition: copy };
    };
    const called = ["States.Charge.Arguments.FunctionName", "States.Refund.Arguments.FunctionName"];

    it("proves it without the ARNs of what is yet to be created", async () => {
      expect(await analyze(unknownAt(called), { type, options: declared })).to.be.empty;
      const [first, ...more] = await analyze(unknownAt(called, machine(UNSOUND)), { type, options: declared });
      expect(first?.message).to.contain("'Booking' is not sound\nS4: Refund is not retried on every error");
      expect(first?.level).to.equal(MANDATORY);
      expect(more).to.be.empty;
    });

    for (const place of ["Arguments.Payload", "Arguments", "TimeoutSeconds", "Retry.0.ErrorEquals.0"]) {
      it(`is not run without ${place}, which a rule reads`, async () => {
        const given = unknownAt([`States.Charge.${place}`], machine(UNSOUND));
        const [first, ...more] = await analyze(given, { type, options: declared });
        expect(first?.message).to.match(/can't run policy 'sound-state-machines' .* during preview/);
        expect(first?.message).to.contain(`string value at .definition.States.Charge.${place} can't be known`);
        expect(first?.level).to.equal(ADVISORY);
        expect(more).to.be.empty;
      });
    }
  });

  it("reads the machines of the other provider, as objects, and their tags", async () => {
    const type = "aws-native:stepfunctions:StateMachine";
    expect(await analyze({ definition: machine() }, { type, options: declared })).to.be.empty;
    expect(
      await analyze({ definitionString: JSON.stringify(machine({ refund: {} })) }, { type, options: declared }),
    ).to.have.length(1);
    const tags = [{ key: "saga:declaration", value: "none" }];
    expect(await analyze({ definition: machine(), tags }, { type })).to.be.empty;
  });

  it("leaves other resources alone, and what a component of this package has proved", async () => {
    expect(await analyze({}, { type: "aws:lambda/function:Function" })).to.be.empty;
    for (const component of ["SagaStateMachine", "VerifiedStateMachine"]) {
      expect(await analyze(props(machine()), { parent: `saga-aws-pulumi:index:${component}$` })).to.be.empty;
    }
  });

  it("says of what is no state machine what is wrong with it", async () => {
    const [first] = await analyze({ definition: "{" }, { options: declared });
    expect(first?.message).to.match(/'Booking' is no state machine: its definition is not JSON/);
    const [second] = await analyze({ definition: "{}" }, { options: declared });
    expect(second?.message).to.contain("'Booking' is no state machine: it has no StartAt");
    const type = "aws-native:stepfunctions:StateMachine";
    const [third, ...more] = await analyze({ definitionS3Location: {} }, { type, options: declared });
    expect(third?.message).to.contain("'Booking' can't be proved: it has no definitionString and no definition, which");
    expect(more).to.be.empty;
  });
});
