import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { expect } from "chai";
import { HELP_OF } from "../../saga/cli/help";
import { VERBS } from "../../saga/cli/verbs";
import { LocalCloud } from "../../saga/local/cloud";
import { mainMachine } from "../../saga/local/resources";
import type { Stub } from "../../saga/local/stubs";
import { HISTORIES } from "../control/record";
import { fakePulumi } from "../control/pulumi";
import { evaluated } from "../evaluated";
import { clientOptions } from "../local/wire/fixture";
import { command, type Ended } from "./command";

const ORDER = { order_id: "1", total: 100, card_no: "123-1234", address: "123 st" };
const EMPTY: Stub = { error: "StripeError", cause: "no answer" };

describe("the verbs on executions", function () {
  this.timeout(120_000);
  const stubs: Record<string, Stub> = {};
  let cloud: LocalCloud;
  let machineArn: string;

  before(async () => {
    const program = await evaluated();
    cloud = await LocalCloud.start(program, { time: "virtual", stubs });
    machineArn = cloud.aliasOf(mainMachine(program, undefined).arn as string) as string;
    await begin("done", ORDER);
    await begin("undone", { ...ORDER, order_id: "2", card_no: undefined });
    stubs["RefundPayment"] = EMPTY;
    await begin("stuck", { ...ORDER, order_id: "3", address: undefined });
  });
  after(() => cloud.close());

  async function begin(name: string, input: object): Promise<void> {
    const sfn = new SFNClient(clientOptions(cloud));
    const request = { stateMachineArn: machineArn, name, input: JSON.stringify(input) };
    const { executionArn = "" } = await sfn.send(new StartExecutionCommand(request));
    await cloud.executions.get(executionArn)?.over;
  }

  const saga = (...args: readonly string[]): Promise<Ended> => command([...args, "--endpoint", cloud.endpoint]);
  const json = async (...args: readonly string[]): Promise<any> => {
    const { code, out, err } = await saga(...args, "--json");
    expect(err).to.equal("");
    expect(code).to.equal(0);
    return JSON.parse(out) as unknown;
  };

  it("list: the latest first, by outcome, of one saga or of all", async () => {
    const names = async (...args: readonly string[]) =>
      ((await json("list", ...args)) as { name: string }[]).map(({ name }) => name);
    expect(await names()).to.have.members(["stuck", "undone", "done"]);
    expect(await names("--status", "stuck")).to.deep.equal(["stuck"]);
    expect(await names("--status", "compensated")).to.deep.equal(["undone"]);
    expect(await names("--status", "timed-out")).to.deep.equal([]);
    expect(await names("OrderFulfilment", "--most", "2"))
      .to.have.length(2)
      .and.include("stuck");
    const [stuck] = (await json("list", "--most", "1")) as Record<string, unknown>[];
    expect(stuck).to.include({ outcome: "stuck", status: "FAILED", saga: "OrderFulfilment" });
    expect((await saga("list", "--status", "running")).out).to.match(
      /^no executions that are running of OrderFulfilment at/,
    );
  });

  it("show and explain: by a name, by an ARN, or the latest one", async () => {
    const latest = (await json("show")) as Record<string, any>;
    expect(latest).to.include({ outcome: "stuck", saga: "OrderFulfilment", error: "StripeError" });
    expect(latest["arn"]).to.match(/:stuck$/);
    expect(await json("explain", latest["arn"] as string)).to.deep.equal(await json("explain", "stuck"));
    expect(latest["ledger"].map(({ status }: { status: string }) => status)).to.deep.equal([
      "live",
      "live",
      "tombstoned",
    ]);
    expect(latest["advice"]).to.include({ do: "mend" });
    expect(latest["advice"].command).to.contain(`redrive ${latest["arn"]} --endpoint ${cloud.endpoint}`);
    expect(latest["path"].at(-1)).to.deep.include({ state: "RefundPayment", retries: 12 });
    expect(latest["variables"]).to.include.keys("CreateOrder", "failure");
  });

  it("show --events: every event", async () => {
    const { out } = await saga("show", "done", "--events");
    expect(out).to.match(/^ {6}\d+ +\+\d+ ms {2}TaskSucceeded$/m);
    expect(out).to.match(/ExecutionSucceeded\n$/);
  });

  it("print within the terminal's columns, and without colours if there is no terminal", async () => {
    for (const [columns, most] of [
      [undefined, 80],
      [60, 60],
    ] as const) {
      const { out } = await command(["explain", "undone", "--endpoint", cloud.endpoint], {
        terminal: { ...(columns !== undefined && { columns }) },
      });
      for (const line of out.split("\n")) expect(line.length, line).to.be.at.most(most);
      expect(out).not.to.contain("\u001b");
    }
    const coloured = await command(["explain", "undone", "--endpoint", cloud.endpoint], { terminal: { isTTY: true } });
    expect(coloured.out).to.contain("\u001b");
  });

  it("redrive: says what runs again, does nothing with --dry-run, and continues the execution", async () => {
    const plan = { again: ["RefundPayment"], afterwards: ["CreateOrder"], goesForward: false };
    expect(await json("redrive", "stuck", "--dry-run")).to.deep.include(plan);
    expect((await json("show", "stuck"))["redrives"]).to.equal(0);
    delete stubs["RefundPayment"];
    expect(await json("redrive", "stuck"))
      .to.deep.include(plan)
      .and.to.have.property("redriven");
    await cloud.settled();
    expect(await json("show", "stuck")).to.include({ outcome: "compensated", redrives: 1 });
  });

  it("refuse in one line what can't be done", async () => {
    const refusals: readonly (readonly [args: readonly string[], code: number, says: RegExp])[] = [
      [["show", "nobody"], 2, /^no execution 'nobody' of OrderFulfilment: 'list' shows/],
      [["list", "Nothing"], 2, /^no saga 'Nothing'; there is OrderFulfilment$/m],
      [
        ["list", "--status", "odd"],
        2,
        /^no status 'odd'; the statuses are running, completed, compensated, stuck, aborted, timed-out/,
      ],
      [["list", "--most", "0"], 2, /^--most must be a whole number from 1 on, not '0'/],
      [["redrive", "done"], 1, /^OrderFulfilment done is completed: there is nothing to redrive$/m],
      [
        ["redrive", "undone"],
        1,
        /^OrderFulfilment has compensated: a redrive would only end in SagaCompensated again; --force/,
      ],
      [["redrive"], 2, /^'redrive' needs the ARN or the name of an execution/],
      [["stop", "done"], 1, /^OrderFulfilment done has ended already: completed$/m],
      [["approve", "done"], 1, /^done does not wait for an answer$/m],
      [["approve"], 1, /^no execution waits for an answer$/m],
      [["reject", "Refused:why"], 1, /^no execution waits for an answer$/m],
      [["reject", "done", ":why"], 2, /^'reject' needs the name of the error/],
      [["list", "--port", "4566"], 2, /^--port and --endpoint exclude each other/],
      [["explain", "done", "--definition", "x.json"], 2, /^--definition works only with the file of a saved history/],
    ];
    for (const [args, code, says] of refusals) {
      const ended = await saga(...args);
      expect(ended.err, args.join(" ")).to.match(says);
      expect(ended.err.trimEnd().split("\n")).to.have.length(1);
      expect([ended.code, ended.out], args.join(" ")).to.deep.equal([code, ""]);
    }
    const nobody = await command(["list", "--port", "1"]);
    expect(nobody.err).to.match(/^nobody listens on http:\/\/127\.0\.0\.1:1: start 'npx saga dev' first/);
    expect(nobody.code).to.equal(1);
    expect((await command(["list", "--endpoint", "here"])).err).to.match(/^--endpoint must be a URL/);
    expect((await command(["list", "--port", "x"])).err).to.match(/^--port must be a port .*, not 'x'/);
  });

  it("look at a deployed stack, by its outputs", async () => {
    const pulumi = fakePulumi(`console.log(JSON.stringify({ stateMachineArn: ${JSON.stringify(machineArn)} }))`);
    try {
      const env = {
        PATH: `${pulumi.PATH}:${process.env["PATH"] ?? ""}`,
        AWS_ENDPOINT_URL: cloud.endpoint,
        AWS_ACCESS_KEY_ID: "deployed",
        AWS_SECRET_ACCESS_KEY: "deployed",
      };
      const listed = await command(["list", "--stack", "dev", "--json"], { env });
      expect(listed.err).to.equal("");
      expect((JSON.parse(listed.out) as unknown[]).length).to.be.at.least(3);
      const explained = await command(["explain", "done", "--stack", "dev", "--json"], { env });
      expect(JSON.parse(explained.out)).to.deep.include({ outcome: "completed" });
      const started = await command(["start", JSON.stringify({ ...ORDER, order_id: "8" }), "--deployed", "-s", "dev"], {
        env,
      });
      expect(started.out).to.match(/^arn:.*\n(.*\n)*.*completed {2}SUCCEEDED/);
      expect(started.code).to.equal(0);
      for (const answer of [["approve"], ["approve", "{}"], ["reject", "Refused:why"]]) {
        const unnamed = await command([...answer, "--stack", "dev"], { env });
        expect(unnamed).to.include({ code: 2, out: "" });
        expect(unnamed.err).to.match(
          /^'(approve|reject)' with --stack needs the ARN or the name of an execution: 'list/,
        );
      }
    } finally {
      pulumi.remove();
    }
  });

  it("start: in a service that is running, and the exit code says how it ended", async () => {
    const started = await saga("start", JSON.stringify({ ...ORDER, order_id: "9", card_no: undefined }));
    expect(started.code).to.equal(3);
    expect(started.out).to.contain("tombstoned   ProcessPayment");
    expect((await saga("start", "{}", "--answer", "A={}")).err).to.match(
      /^--answer and --fail work only for a run of its own/,
    );
    expect((await command(["start", "{}", "--deployed"])).err).to.match(/^--deployed needs --stack NAME/);
  });

  it("start: only once for a name, and a repeated start shows the first execution", async () => {
    const input = JSON.stringify({ ...ORDER, order_id: "10" });
    const first = await saga("start", input, "--name", "once");
    expect(first.out).to.match(/^arn:\S+:once\n/);
    const calls = await json("list");
    const again = await saga("start", input, "--name", "once");
    expect(again.err).to.equal(
      "note: the execution 'once' has already been started with this input: nothing is started\n",
    );
    expect([again.code, again.out]).to.deep.equal([0, first.out]);
    expect(await json("list")).to.deep.equal(calls);
    const other = await saga("start", '{"order_id":"11"}', "--name", "once");
    expect(other.err).to.match(
      /^there is an execution 'once' with another input: choose another name, or see it with npx saga explain once --endpoint http/,
    );
    expect(other.code).to.equal(1);
    expect((await saga("start", "[1]")).err).to.match(/^the input of the saga 'OrderFulfilment' is a list: give it/);
  });

  describe("explain, of a file", () => {
    let folder: string;
    before(() => {
      folder = mkdtempSync(join(tmpdir(), "histories-"));
    });
    const file = (name: string, content: unknown): string => {
      const path = join(folder, name);
      writeFileSync(path, JSON.stringify(content));
      return path;
    };
    after(() => {
      rmSync(folder, { recursive: true });
    });
    const stuck = join(HISTORIES, "order-stuck.json");
    const explain = async (...args: readonly string[]): Promise<any> => {
      const { out, err } = await command(["explain", ...args, "--json"]);
      expect(err).to.equal("");
      return JSON.parse(out) as unknown;
    };

    it("finds its definition in the program, or reads it from a file", async () => {
      const ofProgram = await explain(stuck);
      expect(ofProgram).to.include({ outcome: "stuck", saga: "OrderFulfilment" });
      expect(await explain(stuck, "--definition", join(HISTORIES, "order.asl.json"))).to.deep.equal(ofProgram);
    });

    it("reads a declaration, for a machine of another tool", async () => {
      const definition = JSON.parse(readFileSync(join(HISTORIES, "order.asl.json"), "utf8")) as object;
      const machine = file("other.asl.json", { ...definition, Comment: "orders" });
      const undeclared = await command(["explain", stuck, "--definition", machine]);
      expect(undeclared.err).to.match(
        /^note: no declaration says which task undoes which: there is no '.*other\.saga\.json', and no -d$/m,
      );
      expect(undeclared.out).to.contain("effects  not known: no declaration says which task undoes");
      const calls = { ProcessPayment: { role: "compensable", undo: "RefundPayment" } };
      const said = await explain(stuck, "--definition", machine, "-d", JSON.stringify({ saga: "Other", calls }));
      expect(said.ledger).to.have.length(1);
      expect(said.ledger[0]).to.include({ instance: "ProcessPayment", status: "live" });
      file("other.saga.json", { saga: "Other", calls });
      expect((await explain(stuck, "--definition", machine)).ledger).to.deep.equal(said.ledger);
    });

    it("prints the beginning of a long cause and of a long input; --json has all of it", async () => {
      const history = readFileSync(stuck, "utf8");
      const [cause, address] = ["no answer ".repeat(3000), "far ".repeat(5000)];
      const long = history.replaceAll("no answer from stripe.com", cause).replaceAll("123-1234", address);
      const saved = file("long.json", JSON.parse(long) as object);
      const { out } = await command(["explain", saved]);
      expect(out.length).to.be.below(6000);
      expect(out.replace(/\s+/g, " "))
        .to.match(/StripeError: (no answer )+[^…]{0,9}… \(--json has all of it\)/)
        .and.match(/input .* far [^…]{0,3}… \(--json has all of it\)/)
        .and.match(
          /Repair what makes RefundPayment fail \(StripeError: (no answer ){10,20}[^…]{0,9}…\)\. Then redrive/,
        );
      const { input, path } = await explain(saved);
      expect(input.card_no).to.equal(address);
      expect(JSON.stringify(path)).to.contain(cause);
    });

    it("says what is wrong with the file", async () => {
      const { events } = JSON.parse(readFileSync(stuck, "utf8")) as { events: unknown[] };
      const part = file("part.json", { events: events.slice(3) });
      expect((await command(["explain", part])).err).to.match(/part\.json begins with event 4: events are missing/);
      const odd = file("odd.json", { hello: 1 });
      expect((await command(["explain", odd])).err).to.match(
        /odd\.json has no 'events': save the output of 'aws stepfunctions/,
      );
      const trip = join(HISTORIES, "trip-stuck.json");
      expect((await command(["explain", trip])).err).to.match(
        /^no machine of the program has all the states that .*trip-stuck\.json enters, such as 'Expensive'/,
      );
      expect((await command(["explain", join(folder, "none.json")])).err).to.match(/^can't read the file/);
    });
  });

  it("have help of their own, in 80 columns", async () => {
    expect(HELP_OF).to.have.all.keys(Object.keys(VERBS));
    for (const [verb, help] of Object.entries(HELP_OF)) {
      expect(VERBS, verb).to.have.property(verb);
      expect((await command([verb, "--help"])).out, verb).to.equal(help);
      for (const line of help.split("\n")) expect(line.length, line).to.be.at.most(80);
      for (const [, example = ""] of help.matchAll(/^ {2}saga (\S+)/gm)) expect(VERBS).to.have.property(example);
      const options = (VERBS[verb]?.options ?? []) as readonly string[];
      for (const option of options) {
        const shown = { data: "(?:-d|--data)", output: "-o" }[option] ?? `--${option}`;
        expect(help, `${verb} ${shown}`).to.match(new RegExp(`[ ,|]${shown}\\b`));
      }
    }
  });

  it("completion: a shell completes verbs and their options", async function () {
    const { out } = await command(["completion", "bash"]);
    const words = (...line: readonly string[]): string => {
      const script = `${out}\nCOMP_WORDS=(${line.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${line.length - 1}; _saga; echo "\${COMPREPLY[@]}"`;
      return spawnSync("bash", ["-c", script], { encoding: "utf8" }).stdout.trim();
    };
    expect(words("saga", "re")).to.equal("redrive reject");
    expect(words("saga", "redrive", "--d")).to.equal("--dry-run");
    for (const shell of ["zsh", "fish"]) {
      const script = (await command(["completion", shell])).out;
      for (const verb of Object.keys(VERBS)) expect(script, `${shell} ${verb}`).to.contain(verb);
    }
    expect((await command(["completion", "tcsh"])).err).to.match(/^'completion' needs a shell: bash, zsh, fish/);
  });
});
