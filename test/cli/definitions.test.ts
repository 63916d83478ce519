import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { findMachines } from "../../saga/cli/definitions/find";
import { type Found, isRead } from "../../saga/cli/definitions/found";
import { guessCalls } from "../../saga/cli/definitions/guess";
import { selectMachines } from "../../saga/cli/definitions/select";
import { sourceOf } from "../../saga/cli/definitions/source";
import { UsageError } from "../../saga/cli/usage-error";
import { readDeclaration, type RawStates, verify } from "../../saga/verify";

const FIXTURES = join(__dirname, "fixtures");

const task = (Resource: string, more: object = {}) => ({ Type: "Task", Resource, TimeoutSeconds: 30, ...more });
const DEFINITION = {
  StartAt: "Charge",
  States: {
    Charge: task("arn:aws:states:::lambda:invoke", {
      Parameters: { FunctionName: "arn:aws:lambda:eu-west-1:000000000000:function:charge" },
      Catch: [{ ErrorEquals: ["States.ALL"], Next: "Refund" }],
      End: true,
    }),
    Refund: task("arn:aws:states:::sqs:sendMessage", { End: true }),
  },
};
const TEXT = JSON.stringify(DEFINITION);

describe("the definitions that a file has", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "definitions-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function file(name: string, content: unknown): string {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content, null, 2));
    return path;
  }
  const read = (found: Found | undefined) => {
    if (!found || !isRead(found)) throw new Error(`not read: ${JSON.stringify(found)}`);
    return found;
  };
  const template = (Properties: unknown, Type = "AWS::StepFunctions::StateMachine", others: object = {}) => ({
    Resources: { Booking: { Type, Properties }, ...others },
  });

  const pulumi = (definition: unknown) => ({
    version: 3,
    deployment: {
      resources: [
        { urn: "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev", type: "pulumi:pulumi:Stack" },
        {
          urn: "urn:pulumi:dev::shop::aws:sfn/stateMachine:StateMachine::Booking",
          type: "aws:sfn/stateMachine:StateMachine",
          inputs: { definition },
          outputs: { definition, name: "Booking-1a2b3c4" },
        },
      ],
    },
  });
  const terraform = (definition?: string) => ({
    address: "aws_sfn_state_machine.Booking",
    mode: "managed",
    type: "aws_sfn_state_machine",
    name: "Booking",
    values: { name: "booking", ...(definition !== undefined && { definition }) },
  });

  const FORMS: Readonly<Record<string, readonly [file: string, content: unknown]>> = {
    "by itself, as JSON": ["Booking.asl.json", DEFINITION],
    "by itself, as YAML": ["Booking.asl.yaml", "StartAt: Charge\nStates:\n" + yamlOf()],
    "as DescribeStateMachine answers": [
      "answer.json",
      { stateMachineArn: "arn:aws:states:eu-west-1:000000000000:stateMachine:b", name: "Booking", definition: TEXT },
    ],
    "as text in a template": ["template.json", template({ DefinitionString: TEXT })],
    "as an object in a template": ["template.json", template({ Definition: DEFINITION })],
    "in SAM's form": ["template.json", template({ Definition: DEFINITION }, "AWS::Serverless::StateMachine")],
    "in a plan of Terraform's": [
      "plan.json",
      {
        format_version: "1.2",
        terraform_version: "1.9.0",
        planned_values: { root_module: { child_modules: [{ address: "module.a", resources: [terraform(TEXT)] }] } },
        resource_changes: [{ address: "aws_sfn_state_machine.Booking", change: { after_unknown: { arn: true } } }],
      },
    ],
    "in what terraform show prints of a state": [
      "state.json",
      { format_version: "1.0", terraform_version: "1.9.0", values: { root_module: { resources: [terraform(TEXT)] } } },
    ],
    "in Terraform's own file": [
      "terraform.tfstate",
      {
        version: 4,
        terraform_version: "1.9.0",
        resources: [
          {
            mode: "managed",
            type: "aws_sfn_state_machine",
            name: "Booking",
            instances: [{ attributes: { definition: TEXT } }],
          },
        ],
      },
    ],
    "in what pulumi stack export prints": ["stack.json", pulumi(TEXT)],
    "in such a stack, as a secret in clear": [
      "stack.json",
      pulumi({
        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
        plaintext: JSON.stringify(TEXT),
      }),
    ],
  };
  for (const [form, [name, content]] of Object.entries(FORMS)) {
    it(`are found ${form}`, async () => {
      const [found, ...more] = await findMachines(file(name, content));
      expect(more).to.be.empty;
      expect(read(found).definition).to.deep.equal(DEFINITION);
      expect(found?.name).to.equal("Booking");
    });
  }

  it("are found in CDK's output, by the names of the constructs, in nested assemblies too", async () => {
    const cut = (text: string): unknown[] =>
      text
        .split(/(?<=arn:)aws(?=:states:::)/)
        .flatMap((part, at) => (at === 0 ? [part] : [{ Ref: "AWS::Partition" }, part]));
    const machine = (path: string) => ({
      Type: "AWS::StepFunctions::StateMachine",
      Properties: { DefinitionString: { "Fn::Join": ["", cut(TEXT)] } },
      Metadata: { "aws:cdk:path": `${path}/Resource` },
    });
    expect(cut(TEXT)).to.have.length(5);
    file("cdk.out/manifest.json", {});
    file("cdk.out/Shop.template.json", {
      Resources: { BookingF00D: machine("Shop/Booking"), OneBEEF: machine("Shop/One") },
    });
    file("cdk.out/assembly-Prod/Prod.template.json", { Resources: { OneCAFE: machine("Prod/Shop/One") } });
    const found = await findMachines(join(folder, "cdk.out"));
    expect(found.map(({ name }) => name)).to.deep.equal(
      ["BookingF00D", "OneBEEF", "OneCAFE"].map((id, at) => (at === 0 ? "Booking" : id)),
    );
    for (const each of found) expect(read(each).definition).to.deep.equal(DEFINITION);
    const { machines } = await selectMachines(join(folder, "cdk.out"), "BookingF00D");
    expect(machines.map(({ name }) => name)).to.deep.equal(["Booking"]);
  });

  it("have the file of a definition, its substitutions, and the values of its references", async () => {
    const [found] = await findMachines(join(FIXTURES, "sam.yaml"));
    const { States } = read(found).definition as unknown as RawStates;
    const lambda = (name: string) => `arn:aws:lambda:\${AWS::Region}:\${AWS::AccountId}:function:${name}`;
    expect(States["ReserveSeat"]?.["Resource"]).to.equal(lambda("ReserveFunction"));
    expect(States["ReleaseSeat"]?.["Resource"]).to.equal(lambda("ReleaseFunction"));
    expect(States["ChargeCard"]).to.deep.include({
      Resource: "arn:aws:states:::lambda:invoke",
      Parameters: { FunctionName: "ChargeFunction", "Payload.$": "$" },
    });
    expect(States["SendRefund"]?.["Parameters"]).to.deep.include({ QueueUrl: "${RefundQueue}" });
    expect(found?.aliases).to.include("Booking");
  });

  it("have the defaults of parameters, and conditions evaluated with these", async () => {
    const all = await findMachines(join(FIXTURES, "cloudformation.yaml"));
    expect(all.map(({ name }) => name)).to.deep.equal(["Payment", "Nested", "Elsewhere"]);
    const { States } = read(all[0]).definition as unknown as RawStates;
    expect(States["Charge"]).to.deep.include({ TimeoutSeconds: 20 });
    expect(States["Record"]).to.deep.include({
      Resource: "arn:aws:states:::dynamodb:putItem",
      Parameters: { TableName: "${TableName}", Item: {} },
    });
    expect(States["Refund"]?.["Resource"]).to.match(/^arn:aws:states:.*:activity:RefundActivity$/);
    const nested = read(all[1]).definition as unknown as RawStates;
    expect((nested.States["Pay"] as any).Parameters.StateMachineArn).to.match(/:stateMachine:Payment$/);
  });

  const INTRINSICS: readonly (readonly [yaml: string, becomes: unknown])[] = [
    ["!Sub 'a-${Name}-${!Kept}-${Unknown}'", "a-x-${Kept}-${Unknown}"],
    ["!Sub ['${A}', {A: !Ref Name}]", "x"],
    ["!Join ['/', [a, !Ref Name, !Ref 'AWS::NoValue']]", "a/x"],
    ["!Select [1, !Split [',', 'a,b']]", "b"],
    ["!Select [0, !Ref Names]", "p"],
    ["!FindInMap [Map, one, two]", "three"],
    ["!If [Yes, 1, 2]", 1],
    ["!If [No, 1, 2]", 2],
    ["!GetAtt F.Arn", "arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:F"],
    ["!Ref F", "F"],
    ["!Ref F.Alias", "arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:F"],
    ["!GetAtt Topic.TopicName", "${Topic.TopicName}"],
    ["!ImportValue other", "${Fn::ImportValue}"],
    ["{Fn::ToJsonString: {a: !Ref Name}}", '{"a":"x"}'],
    ["2012-10-17", "2012-10-17"],
  ];
  for (const [yaml, becomes] of INTRINSICS) {
    it(`have ${yaml} evaluated`, async () => {
      const path = file(
        "template.yaml",
        `Parameters:
  Name: {Type: String, Default: x}
  Names: {Type: CommaDelimitedList, Default: "p, q"}
Mappings: {Map: {one: {two: three}}}
Conditions:
  Yes: !And [!Equals [!Ref Name, x], !Or [!Equals [a, b], !Not [!Equals [a, b]]]]
  No: !Not [!Condition Yes]
Resources:
  F: {Type: AWS::Lambda::Function}
  Topic: {Type: AWS::SNS::Topic}
  M: {Type: AWS::StepFunctions::StateMachine, Properties: {Definition: {StartAt: ${yaml}}}}
`,
      );
      expect(read((await findMachines(path))[0]).definition).to.deep.equal({ StartAt: becomes });
    });
  }

  const UNREAD: readonly (readonly [what: string, properties: object, says: RegExp])[] = [
    [
      "in S3",
      { DefinitionS3Location: { Bucket: "b", Key: "k" } },
      /^is in S3: give the file of the definition itself$/,
    ],
    ["in S3, by its URI", { DefinitionUri: "s3://b/k" }, /^is in S3/],
    ["in a file that is not there", { DefinitionUri: "none.json" }, /^is in 'none.json': can't read the file/],
    ["no JSON", { DefinitionString: "{" }, /^has a definition that is not JSON: /],
    [
      "no JSON, for a reference",
      { DefinitionString: { "Fn::Sub": '{"TimeoutSeconds": ${Seconds}}' } },
      /if \$\{Seconds\} is the reason, give its value: as a parameter's Default, or in DefinitionSubstitutions$/,
    ],
    ["from a macro", { Definition: { "Fn::Transform": { Name: "AWS::Include" } } }, /^is put together by a macro/],
    ["by a condition that is not there", { Definition: { "Fn::If": ["None", {}, {}] } }, /^depends on the condition/],
    ["nowhere", {}, /^has no Definition, DefinitionString or DefinitionUri$/],
  ];
  for (const [what, properties, says] of UNREAD) {
    it(`are reported as unreadable if one is ${what}`, async () => {
      const [found] = await findMachines(file("template.json", template(properties)));
      expect((found as { unread?: string }).unread).to.match(says);
    });
  }

  it("are reported as unreadable if a plan does not know one, or if a stack has encrypted it", async () => {
    const plan = {
      terraform_version: "1.9.0",
      planned_values: { root_module: { resources: [terraform()] } },
      resource_changes: [{ address: "aws_sfn_state_machine.Booking", change: { after_unknown: { definition: true } } }],
    };
    const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "v1:…" };
    const [[planned], [kept]] = await Promise.all([
      findMachines(file("plan.json", plan)),
      findMachines(file("stack.json", pulumi(secret))),
    ]);
    expect(planned)
      .to.have.property("unread")
      .that.matches(/^has a definition that is known only after the plan is applied/);
    expect(kept)
      .to.have.property("unread")
      .that.matches(/export the stack with --show-secrets$/);
  });

  it("are selected by name, and listed if none has the name", async () => {
    const path = join(FIXTURES, "cloudformation.yaml");
    expect((await selectMachines(path, "Nested")).machines.map(({ name }) => name)).to.deep.equal(["Nested"]);
    await refuses(selectMachines(path, "Nest"), /no state machine 'Nest' in '.*'; it has Payment, Nested, Elsewhere$/);
    const none = file("none.yaml", "Resources:\n  T: {Type: AWS::SNS::Topic}\n");
    await refuses(selectMachines(none, undefined), /has no state machine among its resources$/);
    await refuses(findMachines(folder), /is a folder without a \*\.template\.json/);
  });

  it("are refused if the file is not YAML, or refers to itself without end", async () => {
    await refuses(findMachines(file("bad.yaml", "a: [1\nb: 2\n")), /bad\.yaml is not YAML: .* at line 2, column 1$/);
    await refuses(findMachines(file("loop.yaml", "a: &a\n  b: *a\n")), /has too many values, or nests them too deep/);
    const bomb = [
      "a0: &a0 [1,1,1,1,1,1,1,1,1,1]",
      ...Array.from({ length: 8 }, (_, n) => `a${n + 1}: &a${n + 1} [${Array(10).fill(`*a${n}`).join(",")}]`),
    ];
    await refuses(findMachines(file("bomb.yaml", bomb.join("\n"))), /has too many values/);
    await refuses(findMachines(file("none.yaml", "a: *b\n")), /has the alias \*b, but no anchor &b|not YAML/);
  });

  for (const [name, states] of [
    ["sam.yaml", ["ReserveSeat", "SendRefund"]],
    ["cloudformation.yaml", ["Charge", "Record", "Refund"]],
  ] as const) {
    it(`have the line of each state: ${name}`, async () => {
      const [found] = await findMachines(join(FIXTURES, name));
      for (const state of states) {
        const { file: at, line, column } = read(found).place(["States", state]);
        const text = readFileSync(at, "utf8").split("\n")[line - 1] as string;
        expect(
          text
            .slice(column - 1)
            .replace(/^"/, "")
            .startsWith(state),
          `${at}:${line}:${column} ${text}`,
        ).to.equal(true);
      }
    });
  }

  it("have the place of the text if its lines are not those of the file", async () => {
    const path = file("template.json", template({ DefinitionString: TEXT }));
    const { line } = read((await findMachines(path))[0]).place(["States", "Refund"]);
    expect(readFileSync(path, "utf8").split("\n")[line - 1]).to.match(/^\s*"DefinitionString"/);
    expect(sourceOf("a.json", '{\n  "b": [1,\n 2]}').place(["b", 1])).to.include({ line: 3, column: 2 });
  });

  it("have S4 checked by the name of a reference, or left open if the name says nothing", () => {
    const calls = (Resource: string, Retry: object[] = []) => ({
      StartAt: "A",
      States: { A: task(Resource, { Retry, End: true }) },
    });
    const held = (definition: RawStates) => {
      const { violations, proved, unproved } = verify(definition, { saga: "S", calls: { A: { role: "pivot" } } });
      const s4 = violations.flatMap(({ rule, message }) => (rule === "S4" ? [message] : []));
      return { s4, proved: proved.includes("S4"), open: unproved.some(({ rule }) => rule === "S4") };
    };
    const retry = [{ ErrorEquals: ["X.Throttled"] }];
    expect(held(calls("${ChargeFunctionArn}", retry)).s4).to.have.length(1);
    expect(held(calls("${Charge}", retry))).to.deep.equal({ s4: [], proved: false, open: true });
    expect(held(calls("${Charge}")).s4).to.deep.equal(["A is not retried on any fault, and ${Charge} is unknown here"]);
    expect(held(calls("arn:aws:states:::${Service}", retry)).open).to.equal(true);
    expect(held(calls("arn:aws:states:::aws-sdk:s3:putObject", retry)).s4[0]).to.contain("S3.SlowDownException");
    expect(held(calls("arn:aws:states:eu-west-1:1:activity:${Name}", retry))).to.deep.equal({
      s4: [],
      proved: true,
      open: false,
    });
  });
});

describe("the declaration that is guessed", () => {
  const catching = (Next: string, ...refused: readonly string[]) => ({
    Catch: [
      ...(refused.length > 0 ? [{ ErrorEquals: refused, Next: "Failed" }] : []),
      { ErrorEquals: ["States.ALL"], Next },
    ],
  });
  const machine = (...tasks: readonly (readonly [string, object?])[]): RawStates => ({
    StartAt: tasks[0]?.[0] as string,
    States: Object.fromEntries([
      ...tasks.map(([name, more]) => [name, { Type: "Task", Resource: "r", End: true, ...more }]),
      ["Failed", { Type: "Fail" }],
    ]),
  });
  const guessed = (definition: RawStates) =>
    Object.fromEntries([...guessCalls(definition)].map(([name, { role, undo }]) => [name, undo ?? role]));

  it("pairs an undo with the action whose name has the same object", () => {
    const definition = machine(
      ["ProcessPayment", { Next: "book_hotel", End: undefined }],
      ["book_hotel", { Next: "Ship order", End: undefined }],
      ["Ship order", { Next: "ReserveInventory", End: undefined }],
      ["ReserveInventory"],
      ["RefundPayment"],
      ["cancel_hotel"],
      ["UndoShipOrder"],
      ["InventoryRelease"],
    );
    expect(guessed(definition)).to.deep.equal({
      ProcessPayment: "RefundPayment",
      book_hotel: "cancel_hotel",
      "Ship order": "UndoShipOrder",
      ReserveInventory: "InventoryRelease",
    });
  });

  it("follows a Catch if the names say nothing, through states that call nothing", () => {
    const definition = machine(["Debit", catching("Mark")], ["PutBack"]);
    const mark = { Type: "Pass", Next: "PutBack" };
    expect(guessed({ ...definition, States: { ...definition.States, Mark: mark } })).to.deep.equal({
      Debit: "PutBack",
    });
    expect(guessed(machine(["Charge", catching("Refund")], ["Refund"]))).to.deep.equal({ Charge: "Refund" });
  });

  it("recognises a call that confirms another one, and does not give it the other's undo", () => {
    const definition = machine(
      ["ReserveFlight", { Next: "ConfirmFlight", End: undefined }],
      ["ConfirmFlight", catching("CancelFlight")],
      ["CancelFlight"],
    );
    expect(guessed(definition)).to.deep.equal({ ReserveFlight: "CancelFlight", ConfirmFlight: "compensable" });
    expect(guessCalls(definition).get("ConfirmFlight")).to.deep.include({
      confirms: "ReserveFlight",
      why: "it confirms ReserveFlight: by its name, confirm with flight; CancelFlight undoes both",
    });
    expect(readDeclaration({ saga: "S", calls: Object.fromEntries(guessCalls(definition)) }).calls).to.have.keys([
      "ReserveFlight",
      "ConfirmFlight",
    ]);
  });

  it("treats the errors that lead past the undo as definite", () => {
    const definition = machine(["Charge", catching("Refund", "CardDeclined")], ["Refund"]);
    expect(guessCalls(definition).get("Charge")).to.deep.include({ definite: ["CardDeclined"] });
    expect(guessCalls(definition).get("Charge")?.why).to.contain("CardDeclined leads elsewhere");
  });

  it("says what it does not know, so that the declaration is refused until the user has decided", () => {
    const definition = machine(
      ["GetPrice", { Next: "Ship", End: undefined }],
      ["Ship", catching("NotifyCustomer")],
      ["NotifyCustomer"],
      ["RevertEverything"],
    );
    expect(guessed(definition)).to.deep.equal({
      GetPrice: "query",
      Ship: "?",
      NotifyCustomer: "query",
      RevertEverything: "?",
    });
    const calls = Object.fromEntries(guessCalls(definition));
    expect(() => readDeclaration({ saga: "S", calls })).to.throw(/calls\.Ship\.role is "\?": use "compensable"/);
  });

  it("is accepted, with its reasons, if all is known", () => {
    const reference = JSON.parse(readFileSync(join(__dirname, "../verify/fixtures/reference.asl.json"), "utf8"));
    const declared = JSON.parse(readFileSync(join(__dirname, "../verify/fixtures/reference.saga.json"), "utf8"));
    const calls = Object.fromEntries(guessCalls(reference));
    const { calls: taken } = readDeclaration({ saga: "S", calls });
    for (const [name, { why, ...call }] of Object.entries(taken)) {
      expect(call).to.deep.equal(declared.calls[name]);
      expect(why).to.match(/undoes it: by its name, .*, and the Catch of \w+ leads there$/);
    }
    expect(Object.keys(taken)).to.deep.equal(Object.keys(declared.calls));
  });
});

async function refuses(doing: Promise<unknown>, says: RegExp): Promise<void> {
  let refused: unknown;
  await doing.catch((error: unknown) => (refused = error));
  expect(refused).to.be.instanceOf(UsageError);
  expect((refused as Error).message).to.match(says);
}

/** The states, in YAML's block style. */
function yamlOf(): string {
  const block = (value: unknown, indent: string): string =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? `\n${Object.entries(value)
          .map(([key, each]) => `${indent}${key}:${block(each, `${indent}  `)}`)
          .join("\n")}`
      : ` ${JSON.stringify(value)}`;
  return block(DEFINITION.States, "  ").slice(1);
}
