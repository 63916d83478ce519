import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { expect } from "chai";
import { UsageError } from "../../saga/cli/usage-error";
import { OPTIONS } from "../../saga/cli/options";
import { type Verb, VERBS } from "../../saga/cli/verbs";

const ROOT = join(__dirname, "../..");

describe("saga verify, of a file", () => {
  let folder: string;
  before(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "verify-")));
    cpSync(join(__dirname, "fixtures"), folder, { recursive: true });
    cpSync(join(ROOT, "test/verify/fixtures/reference.asl.json"), join(folder, "reference.asl.json"));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  /** Runs the command as if it had been called in the folder. */
  async function saga(...args: readonly string[]) {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
    const written = { out: "", err: "" };
    const { stdout, stderr, env } = process;
    const [printed, complained] = [stdout.write.bind(stdout), stderr.write.bind(stderr)];
    const before = { INIT_CWD: env["INIT_CWD"], npm_package_json: env["npm_package_json"] };
    Object.assign(env, { INIT_CWD: folder, npm_package_json: join(ROOT, "package.json") });
    stdout.write = (text: unknown) => ((written.out += String(text)), true);
    stderr.write = (text: unknown) => ((written.err += String(text)), true);
    try {
      const code = await (VERBS["verify"] as Verb).run({ rest: positionals, values });
      return { code, ...written };
    } catch (error) {
      expect(error).to.be.instanceOf(UsageError);
      return { code: 2, out: written.out, err: (error as Error).message };
    } finally {
      Object.assign(stdout, { write: printed });
      Object.assign(stderr, { write: complained });
      for (const [name, value] of Object.entries(before)) {
        if (value === undefined) Reflect.deleteProperty(env, name);
        else env[name] = value;
      }
    }
  }
  const read = (file: string) => JSON.parse(readFileSync(join(folder, file), "utf8"));
  const inColumns = (text: string) => {
    for (const line of text.split("\n")) expect(line.length, line).to.be.at.most(80);
  };

  it("lists all tasks of a file without a declaration, and the command that drafts one", async () => {
    const { code, out, err } = await saga("sam.yaml");
    expect(err).to.match(
      /^no declaration says which task in 'sam\.yaml' undoes which, of its 4 tasks ReserveSeat, ChargeCard, SendRefund, ReleaseSeat: npx saga verify sam\.yaml --init drafts 'sam\.saga\.json' for you to edit; or give one with -d/,
    );
    expect([code, out]).to.deep.equal([2, ""]);
  });

  it("drafts a declaration, with each guess and its reason, and does not overwrite an existing one", async () => {
    const first = await saga("sam.yaml", "--init");
    expect(first.out).to.contain("sam.saga.json  2 calls\n");
    expect(first.out).to.contain("  compensable  ChargeCard\n               SendRefund undoes it: by its name, refund");
    inColumns(first.out);
    expect([first.code, first.err]).to.deep.equal([0, ""]);
    const written = read("sam.saga.json");
    expect(written.saga).to.equal("Booking");
    expect(written.calls.ReserveSeat).to.include({ role: "compensable", undo: "ReleaseSeat" });

    writeFileSync(join(folder, "sam.saga.json"), JSON.stringify({ ...written, saga: "Edited" }));
    const again = await saga("sam.yaml", "--init");
    expect(again.err).to.match(/^'sam\.saga\.json' exists already: edit it, or replace it with --force/);
    expect([again.code, read("sam.saga.json").saga]).to.deep.equal([2, "Edited"]);
    expect((await saga("sam.yaml")).out).to.match(/^Edited {2}not sound/);
    expect([(await saga("sam.yaml", "--init", "--force")).code, read("sam.saga.json").saga]).to.deep.equal([
      0,
      "Booking",
    ]);
  });

  it("lists all tasks that a declaration omits, and the roles that they seem to have", async () => {
    const { code, out, err } = await saga(
      "reference.asl.json",
      "-d",
      '{"saga":"S","calls":{"ProcessPayment":{"role":"pivot"}}}',
    );
    expect(err).to.match(
      /^the declaration of -d does not say what 5 tasks of reference are: CreateOrder, ProcessShipment, CancelShipment, RefundPayment, DeleteOrder; add each to its "calls", such as "CreateOrder": \{"role":"compensable","undo":"DeleteOrder"\}, /,
    );
    expect([code, out]).to.deep.equal([2, ""]);
  });

  it("verifies all declared machines of a template, or one by its name", async () => {
    expect((await saga("cloudformation.yaml")).err).to.match(
      /^'cloudformation\.yaml' has no declaration for any of its machines Payment, Nested, Elsewhere: /,
    );
    const { out, err } = await saga("cloudformation.yaml", "--init");
    inColumns(out);
    expect(err).to.equal("note: 'Elsewhere' is in S3: give the file of the definition itself\n");
    expect((await saga("cloudformation.yaml", "Payment")).err).to.match(
      /^cloudformation\.Payment\.saga\.json: calls\.Record\.role is "\?": use "compensable", "pivot"/,
    );
    const payment = {
      saga: "Payment",
      calls: { Charge: { role: "compensable", undo: "Refund" }, Record: { role: "pivot" } },
    };
    const nested = { saga: "Nested", calls: { Pay: { role: "query" } } };
    writeFileSync(join(folder, "cloudformation.Payment.saga.json"), JSON.stringify(payment));
    writeFileSync(join(folder, "cloudformation.Nested.saga.json"), JSON.stringify(nested));
    const all = await saga("cloudformation.yaml", "--json");
    expect(JSON.parse(all.out).map((verdict: { saga: string }) => verdict.saga)).to.deep.equal(["Payment", "Nested"]);
    expect(all.err).to.equal("note: 'Elsewhere' is not verified: there is no 'cloudformation.Elsewhere.saga.json'\n");
    expect(all.code).to.equal(1);
    expect((await saga("cloudformation.yaml", "Nested")).out).to.match(/^Nested /);
    expect((await saga("cloudformation.yaml", "-d", "{}")).err).to.match(
      /^-d declares one machine, but 'cloudformation\.yaml' has Payment, Nested, Elsewhere: name one of them/,
    );
    expect((await saga("cloudformation.yaml", "Elsewhere", "-d", JSON.stringify(nested))).err).to.match(
      /^'Elsewhere' in 'cloudformation\.yaml' is in S3: give the file of the definition itself/,
    );
  });

  it("says what it does not prove about a call by a reference that nothing replaces", async () => {
    writeFileSync(
      join(folder, "open.asl.json"),
      JSON.stringify({
        StartAt: "Charge",
        States: {
          Charge: {
            Type: "Task",
            Resource: "${Charge}",
            TimeoutSeconds: 9,
            Retry: [{ ErrorEquals: ["Busy"] }],
            End: true,
          },
        },
      }),
    );
    const { out } = await saga("open.asl.json", "-d", '{"saga":"S","calls":{"Charge":{"role":"pivot"}}}');
    expect(out.replaceAll(/\s+/g, " ")).to.contain(
      "open: S4: the resource of these is a placeholder: Charge → Name the placeholder after what it calls, such as ${ChargeFunction}, or give the ARN",
    );
    expect(out).to.match(/^ {2}S4 +open /m);
    inColumns(out);
  });

  it("does not call a machine sound while rules are open, and finds no violation in it", async () => {
    const machine = { StartAt: "Wait", States: { Wait: { Type: "Wait", Seconds: 1, End: true } } };
    for (const [language, headline] of [
      ["JSONPath", /^S {2}no violation found, 3 rules open {2}\(1 states searched\)\n/],
      ["JSONata", /^S {2}sound {2}\(1 states searched\)\n/],
    ] as const) {
      writeFileSync(join(folder, "wait.asl.json"), JSON.stringify({ ...machine, QueryLanguage: language }));
      const { code, out, err } = await saga("wait.asl.json", "-d", '{"saga":"S","calls":{}}');
      expect(out).to.match(headline);
      expect([code, err]).to.deep.equal([0, ""]);
      const json = await saga("wait.asl.json", "--json", "-d", '{"saga":"S","calls":{}}');
      expect((JSON.parse(json.out) as [object])[0]).to.deep.include({ sound: true });
    }
  });

  it("prints SARIF that its schema accepts, with the line of each state", async () => {
    await saga("sam.yaml", "--init", "--force");
    const { code, out, err } = await saga("sam.yaml", "--format", "sarif");
    expect([code, err]).to.deep.equal([1, ""]);
    const log = JSON.parse(out);
    expect(invalidIn(log)).to.deep.equal([]);
    const [{ results, tool }] = log.runs;
    expect(tool.driver.rules.map(({ id }: { id: string }) => id)).to.include.members(["S1", "S4", "S13", "definition"]);
    expect(results).not.to.be.empty;
    const lines = readFileSync(join(folder, "statemachine/booking.asl.yaml"), "utf8").split("\n");
    for (const { ruleId, ruleIndex, message, locations } of results) {
      expect(tool.driver.rules[ruleIndex].id).to.equal(ruleId);
      expect(message.text).to.match(/^Booking: [^]*\n\n→ /);
      const [{ physicalLocation, logicalLocations }] = locations;
      expect(physicalLocation.artifactLocation.uri).to.equal("statemachine/booking.asl.yaml");
      const { startLine, startColumn } = physicalLocation.region;
      const state = logicalLocations[0].name;
      expect(lines[startLine - 1]?.slice(startColumn - 1)).to.equal(`${state}:`);
    }
  });

  it("notices invalid SARIF", () => {
    expect(invalidIn({ version: "2.1.0", runs: [{ results: [] }] })).not.to.be.empty;
    expect(invalidIn({ version: "2.1.0", runs: [{ tool: { driver: { name: "x" } }, results: [{ level: "bad" }] }] }))
      .not.to.be.empty;
  });

  it("says of a second undo that it is one, and not that it is not declared", async () => {
    const call = (name: string, more: object) => ({
      Type: "Task",
      Resource: `arn:aws:lambda:a:1:function:${name}`,
      ...more,
    });
    const machine = {
      StartAt: "Charge",
      States: {
        Charge: call("charge", { Catch: [{ ErrorEquals: ["States.ALL"], Next: "GiveBack" }], Next: "Ship" }),
        Ship: call("ship", { Catch: [{ ErrorEquals: ["States.ALL"], Next: "Refund" }], End: true }),
        Refund: call("refund", { End: true }),
        GiveBack: call("refund", { End: true }),
      },
    };
    writeFileSync(join(folder, "twice.asl.json"), JSON.stringify(machine));
    const calls = { Charge: { role: "compensable", undo: "Refund" }, Ship: { role: "pivot" } };
    const { code, out, err } = await saga("twice.asl.json", "-d", JSON.stringify({ saga: "Twice", calls }));
    expect([code, err]).to.deep.equal([1, ""]);
    expect(out).to.match(
      /definition: GiveBack is not declared, and makes the same call as Refund,\s+the\s+undo of Charge/,
    );
    const { Refund, ...others } = machine.States;
    writeFileSync(
      join(folder, "twice.asl.json"),
      JSON.stringify({ ...machine, States: { ...others, Refund, Ask: Refund } }),
    );
    const unknown = await saga("twice.asl.json", "-d", JSON.stringify({ saga: "Twice", calls: {} }));
    expect(unknown.err).to.contain("does not say what 5 tasks of twice are: Charge, Ship, GiveBack, Refund, Ask;");
  });

  it("prints figures without a bound in columns", async () => {
    const machine = {
      StartAt: "Ask",
      States: {
        Ask: { Type: "Task", Resource: "arn:aws:lambda:a:1:function:ask", TimeoutSeconds: 1, Next: "Ready" },
        Ready: {
          Type: "Choice",
          Choices: [{ Variable: "$.ok", BooleanEquals: true, Next: "Charge" }],
          Default: "Ask",
        },
        Charge: {
          Type: "Task",
          Resource: "arn:aws:lambda:a:1:function:charge",
          Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: "$.error", Next: "Refund" }],
          End: true,
        },
        Refund: { Type: "Task", Resource: "arn:aws:lambda:a:1:function:refund", Next: "Failed" },
        Failed: { Type: "Fail", Error: "SagaCompensated" },
      },
    };
    writeFileSync(join(folder, "poll.asl.json"), JSON.stringify(machine));
    const calls = { Ask: { role: "query" }, Charge: { role: "compensable", undo: "Refund" } };
    const { out } = await saga("poll.asl.json", "-d", JSON.stringify({ saga: "Poll", calls }));
    for (const outcome of ["completed", "compensated", "stuck"]) {
      expect(out).to.match(new RegExp(`^  ${outcome} +no bound +no bound +no bound +no bound +no bound \\*$`, "m"));
    }
    inColumns(out);
  });

  it("refuses arguments that exclude each other", async () => {
    for (const [args, says] of [
      [["sam.yaml", "--format", "xml"], /^no format 'xml' of a proof; the only format is sarif/],
      [["sam.yaml", "--format", "sarif", "--json"], /^--json and --format sarif exclude each other/],
      [["sam.yaml", "--force"], /^--force works only with --init/],
      [["-", "--init"], /^--init writes a file beside the one that it reads: name a file/],
      [["--init"], /^--init works only with a file to verify/],
      [["sam.yaml", "Other"], /^no state machine 'Other' in 'sam\.yaml'; it has Booking/],
    ] as const) {
      const { code, out, err } = await saga(...args);
      expect(err).to.match(says);
      expect([code, out]).to.deep.equal([2, ""]);
    }
  });
});

/** What is wrong with a log by the schema of SARIF 2.1.0. */
function invalidIn(log: unknown): readonly unknown[] {
  const packed = createRequire(require.resolve("@microsoft/jest-sarif/package.json"));
  const Ajv = packed("ajv");
  const ajv = new Ajv({ schemaId: "auto", validateSchema: false, allErrors: true, logger: false });
  ajv.addMetaSchema(packed("ajv/lib/refs/json-schema-draft-04.json"));
  ajv.validate(packed("./lib/schemas/sarif-2.1.0-rtm.5.json"), log);
  return ajv.errors ?? [];
}
