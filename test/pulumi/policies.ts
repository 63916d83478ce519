// The policy pack under Pulumi's own engine, where there is a CLI: `npm run test:pulumi`.
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { readDeclaration } from "../../saga/asl/declaration";
import type { RawStates } from "../../saga/asl/states";
import { transientErrors } from "../../saga/asl/transient";
import { storyText } from "../../saga/deploy/violation-text";
import { storiesOf, verify } from "../../saga/verify";
import { stranger, type Stranger } from "../package/stranger";
import { cliOrSkip, Sandbox } from "./sandbox";

const ROOT = join(__dirname, "../..");
const FIXTURES = join(ROOT, "test/verify/fixtures");
const INVOKE = "arn:aws:states:::lambda:invoke";

interface Machine {
  readonly name: string;
  /** Its definition is text with ARNs that are not known yet, or that are; or it is an object, of the other provider. */
  readonly as: "text" | "known" | "object";
  readonly definition: object;
  readonly tags?: object;
}

interface Ran {
  /** Whether the engine went through with it. */
  readonly passed: boolean;
  /** What it has printed of policies. */
  readonly policies: string;
  /** All that it has printed, which is no part of what is compared. */
  readonly printed: string;
}

/** Machines of other people: nothing in it is right, and it is tagged with what undoes what. */
const order: Machine = {
  name: "Order",
  as: "text",
  definition: JSON.parse(readFileSync(join(FIXTURES, "reference.asl.json"), "utf8")),
  tags: { "saga:declaration": "order.saga.json" },
};

const failure = `{% {"step": "Charge", "error": $states.errorOutput.Error, "cause": $states.errorOutput.Cause} %}`;
const call = (name: string) => ({
  Type: "Task",
  Resource: INVOKE,
  Arguments: {
    FunctionName: `arn:aws:lambda:eu-west-1:000000000000:function:${name}`,
    Payload: `{% {"saga": {"id": $states.context.Execution.Id, "step": "Charge"}} %}`,
  },
  TimeoutSeconds: 30,
});
const undone = { Next: "Refund", Assign: { failure } };
/** A sound one, which the pack declares; or one whose undo is not retried. */
const booking = (
  as: Machine["as"],
  undo: object = { Retry: [{ ErrorEquals: ["States.ALL"], MaxAttempts: 10 }] },
): Machine => ({
  name: "Booking",
  as,
  definition: {
    QueryLanguage: "JSONata",
    StartAt: "Charge",
    States: {
      Charge: {
        ...call("charge"),
        Retry: [{ ErrorEquals: transientErrors(INVOKE) }],
        Catch: [
          { ErrorEquals: ["States.DataLimitExceeded"], ...undone },
          { ErrorEquals: ["States.ALL"], ...undone },
        ],
        End: true,
      },
      Refund: { ...call("refund"), ...undo, Next: "Compensated" },
      Compensated: {
        Type: "Fail",
        Error: "SagaCompensated",
        Cause: `{% $string({"saga": "Booking", "step": $failure.step, "error": $failure.error, "cause": $failure.cause}) %}`,
      },
    },
  },
});
const unsound = (as: Machine["as"]): Machine => booking(as, {});
/** Of no saga. */
const report = (name: string, tags?: object): Machine => ({
  name,
  as: "known",
  definition: { StartAt: "Send", States: { Send: { Type: "Task", Resource: INVOKE, End: true } } },
  ...(tags && { tags }),
});

const cli = cliOrSkip();
if (cli !== undefined)
  describe("a policy pack, run by Pulumi's engine", function () {
    this.timeout(300_000);
    this.bail(true);
    let pack: Stranger;
    let sandbox: Sandbox;

    before(async () => {
      pack = stranger("test/pulumi/pack");
      cpSync(join(FIXTURES, "reference.saga.json"), join(pack.folder, "order.saga.json"));
      sandbox = await Sandbox.open(cli, join(__dirname, "shop"));
    });
    after(() => {
      (sandbox as Sandbox | undefined)?.close();
      (pack as Stranger | undefined)?.remove();
    });

    const run = async (how: "preview" | "up", machines: readonly Machine[], config?: object): Promise<Ran> => {
      sandbox.write("machines.json", JSON.stringify(machines));
      let printed = "";
      const options = {
        policyPacks: [pack.folder],
        ...(config && { policyPackConfigs: [sandbox.write("policy.json", JSON.stringify(config))] }),
        color: "never" as const,
        onOutput: (text: string) => (printed += text),
      };
      const passed = await sandbox.stack[how](options).then(
        () => true,
        () => false,
      );
      // From its title to the next; each line without the indentation of all.
      const [, policies = ""] = /^Policies:\n(.*?)\n(?:\n|Resources:|Diagnostics:|Outputs:)/ms.exec(printed) ?? [];
      const ran = { passed, policies: policies.replaceAll(pack.folder, "DIR").replace(/^ {4}/gm, "") };
      return Object.defineProperty(ran, "printed", { value: printed, enumerable: false }) as Ran;
    };
    const preview = (...machines: readonly Machine[]) => run("preview", machines);
    const up = (...machines: readonly Machine[]) => run("up", machines);
    /** The names of the machines that there are. */
    const made = () =>
      sandbox.account.resources.filter(({ type }) => /stateMachine$/i.test(type)).map(({ name }) => name.split("-")[0]);
    const TAKEN = "✅ sagas@v1.0.0 (local: DIR)";
    const [MANDATORY, ADVISORY] = [
      ["❌", "mandatory"],
      ["⚠️", "advisory"],
    ] as const;
    /** What Pulumi prints of a violation. */
    const violation = ([sign, level]: readonly [string, string], of: string, ...lines: readonly string[]) =>
      [
        `${sign} sagas@v1.0.0 (local: DIR)`,
        `    - [${level}]  sound-state-machines  (${of})`,
        ...lines.map((line) => `      ${line}`),
      ].join("\n");
    const DESCRIPTION = "No failure of a state machine's tasks leaves a saga half done.";
    /** What the verifier says of a machine. */
    const found = ({ name, definition }: Machine, declaration: string): readonly string[] => {
      const { violations } = verify(
        definition as RawStates,
        readDeclaration(JSON.parse(readFileSync(declaration, "utf8"))),
      );
      expect(violations).not.to.be.empty;
      const stories = storiesOf(violations).map(storyText).join("\n").split("\n");
      return [DESCRIPTION, `'${name}' is not sound`, ...stories];
    };
    const ORDER = found(order, join(FIXTURES, "reference.saga.json"));
    const REFUND = found(unsound("known"), join(__dirname, "pack/booking.saga.json"));
    const WEEKLY = [
      DESCRIPTION,
      "'Weekly' is not declared, so that nothing is proved of it",
      "  → Say what undoes what: in the policy's config under declarations, in a file that its tag saga:declaration names, or in its Comment. If it is no saga, tag it saga:declaration=none",
    ];

    const UNKNOWN =
      "can't run policy 'sound-state-machines' from policy pack 'sagas@v1.0.0' during preview: string value at .definition can't be known during preview";

    it("says what the manual says", () => {
      const manual = readFileSync(join(ROOT, "docs/definitions.md"), "utf8");
      expect(manual).to.contain(`\n${TAKEN}\n`.replaceAll("\n", "`"));
      for (const text of [
        violation(MANDATORY, "aws:sfn:StateMachine: Booking", ...REFUND),
        violation(MANDATORY, "aws:sfn:StateMachine: Weekly", ...WEEKLY),
        violation(ADVISORY, "aws:sfn:StateMachine: Booking", UNKNOWN),
      ]) {
        expect(manual).to.contain(`\`\`\`\n${text}\n\`\`\``);
      }
    });

    it("is not run on a definition that a preview does not know: Pulumi says so, and goes on", async () => {
      for (const machine of [order, unsound("text")]) {
        const policies = violation(ADVISORY, `aws:sfn:StateMachine: ${machine.name}`, UNKNOWN);
        expect(await preview(machine)).to.deep.equal({ passed: true, policies });
      }
    });

    it("refuses an unsound one in the update, before it is made, and from then on in every preview", async () => {
      const refused = { passed: false, policies: violation(MANDATORY, "aws:sfn:StateMachine: Order", ...ORDER) };
      expect(await up(order)).to.deep.equal(refused);
      expect(made()).to.be.empty;
      expect(sandbox.account.resources.filter(({ type }) => type.endsWith(":Function"))).to.have.length(6);
      expect(await preview(order)).to.deep.equal(refused);
    });

    it("takes a sound one, and those of which it is said that they are no sagas", async () => {
      const others = [report("Nightly"), report("Hourly", { "saga:declaration": "none" })];
      expect(await up(booking("text"), ...others)).to.deep.equal({ passed: true, policies: TAKEN });
      expect(made()).to.have.members(["Booking", "Nightly", "Hourly"]);
    });

    it("refuses one that nobody declares", async () => {
      const policies = violation(MANDATORY, "aws:sfn:StateMachine: Weekly", ...WEEKLY);
      expect(await up(booking("text"), report("Weekly"))).to.deep.equal({ passed: false, policies });
      expect(made()).not.to.contain("Weekly");
    });

    it("refuses an unsound one in the preview, where it is there and its ARNs are known", async () => {
      const policies = violation(MANDATORY, "aws:sfn:StateMachine: Booking", ...REFUND);
      expect(await preview(unsound("text"))).to.deep.equal({ passed: false, policies });
    });

    it("proves an object in the preview, without the ARNs of the functions that it names", async () => {
      // Its functions have names of their own, and are yet to be made.
      const later = (machine: Machine): Machine =>
        JSON.parse(JSON.stringify(machine).replaceAll(":function:", ":function:later_")) as Machine;
      expect(await preview(later(booking("object")))).to.deep.equal({ passed: true, policies: TAKEN });
      expect(await preview(later(unsound("object")))).to.deep.equal({
        passed: false,
        policies: violation(MANDATORY, "aws-native:stepfunctions:StateMachine: Booking", ...REFUND),
      });
    });

    it("goes by its config: what is exempt, what undoes what, and how strict it is", async () => {
      const calls = { Charge: { role: "compensable", undo: "Refund" } };
      const config = { exempt: ["Weekly"], declarations: { Other: { saga: "Other", calls } } };
      const machines = [{ ...booking("object"), name: "Other" }, report("Weekly")];
      expect(await run("preview", machines, { "sound-state-machines": config })).to.deep.equal({
        passed: true,
        policies: TAKEN,
      });
      expect(
        await run("preview", [report("Weekly")], {
          "sound-state-machines": { enforcementLevel: "advisory" },
        }),
      ).to.deep.equal({
        passed: true,
        policies: violation(ADVISORY, "aws:sfn:StateMachine: Weekly", ...WEEKLY),
      });
      const wrong = await run("preview", [report("Weekly")], { "sound-state-machines": { exempt: "Weekly" } });
      expect(wrong).to.include({ passed: false });
      expect(wrong.printed).to.contain(
        "error: validating policy config: sagas 1.0.0  sound-state-machines: exempt: Invalid type. Expected: array, given: string",
      );
    });

    it("leaves the machines of a component to the component, which has proved them", async () => {
      const order = await Sandbox.open(cli);
      try {
        let printed = "";
        const onOutput = (text: string) => (printed += text);
        await order.stack.preview({ policyPacks: [pack.folder], color: "never", onOutput });
        expect(printed).to.contain("aws:sfn:StateMachine OrderFulfilment create");
        expect(printed).to.contain(`✅ sagas@v1.0.0 (local: ${pack.folder})\n`);
      } finally {
        order.close();
      }
    });
  });
