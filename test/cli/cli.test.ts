import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { HELP, HELP_OF } from "../../saga/cli/help";
import { hideSecrets } from "../../saga/cli/print";
import { SLOW } from "../slow";
import { command, type Ended } from "./command";

const ROOT = join(__dirname, "../..");
const REFERENCE = "test/verify/fixtures/reference.asl.json";

interface Given {
  /** The piped input; null leaves the pipe open without data. */
  readonly input?: string | null;
  /** No standard input, instead of a pipe. */
  readonly stdin?: "ignore";
  /** A module that is loaded first. */
  readonly preload?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Closes its end of standard output at the first byte, as `head` does. */
  readonly leavesEarly?: boolean;
}

/** Runs the command line in a process of its own. */
function cli(args: readonly string[], given: Given = {}): Promise<Ended> {
  const { input = "", stdin = "pipe", preload, env, leavesEarly = false } = given;
  const hooks = ["ts-node/register/transpile-only", ...(preload === undefined ? [] : [preload])];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...hooks.flatMap((hook) => ["-r", hook]), "saga/cli/main.ts", ...args], {
      cwd: ROOT,
      env: { ...process.env, NO_COLOR: undefined, ...env },
      stdio: [stdin, "pipe", "pipe"],
    });
    let [out, err] = ["", ""];
    child.stdout?.on("data", (chunk: Buffer) => {
      out += chunk.toString();
      if (leavesEarly) child.stdout?.destroy();
    });
    child.stderr?.on("data", (chunk: Buffer) => (err += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => {
      child.stdin?.destroy();
      resolve({ code, out, err });
    });
    child.stdin?.on("error", () => {});
    if (input !== null) child.stdin?.end(input);
  });
}

function refused({ code, out, err }: Ended, exit: number, says: RegExp): void {
  expect(err).to.match(says);
  expect(err.trimEnd().split("\n"), err).to.have.length(1);
  expect(err).not.to.match(/\n\s+at /);
  expect(out).to.equal("");
  expect(code).to.equal(exit);
}

describe("the command line", function () {
  this.timeout(120_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "orders-"));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it("prints the assumption of a proof in the order of the rules (S3)", async () => {
    const { out } = await command(["verify"]);
    const rules = [...out.matchAll(/^ {2}(S\d+) +(\w+)/gm)].map(([, rule, mark]) => `${rule} ${mark}`);
    expect(rules.slice(0, 4)).to.deep.equal(["S1 proved", "S2 proved", "S3 assumed", "S4 proved"]);
    expect(out.replace(/\s+/g, " ")).to.contain("S3 assumed an undo undoes what its action did: check it with");
  });

  it("says what to change in the program if a permission is missing, or if a key has another name", async () => {
    const program = ["--program", "test/cli/denied.ts"];
    const advice = async (name: string) => {
      const { out } = await command(["start", name, '{"account":"ada"}', ...program], { terminal: { columns: 1_000 } });
      return /^ +→ (.*)$/m.exec(out)?.[1];
    };
    expect(await advice("Booking")).to.equal(`add "UpdateItem" to 'table' of the task 'book'`);
    expect(await advice("Chargeing")).to.equal(`add "UpdateItem" to 'tables.cardWallets' of the task 'charge'`);
    expect(await advice("Refilling")).to.equal("the table 'wallets' has the hashKey 'acount'");
    const { out } = await command(["start", "Refilling", '{"account":"ada"}', ...program], {
      terminal: { columns: 1_000 },
    });
    expect(out).to.match(/does not match the schema of the table 'wallets-\w+': the store's key gives account\n/);
  });

  it("runs the four orders, in 80 columns and without colours, if nothing is piped in", async () => {
    const { code, out, err } = await cli(["run"], { input: null });
    expect(err).to.equal("");
    expect(out).to.match(/4 of 4 examples came out as documented\n$/);
    for (const line of out.split("\n")) expect(line.length, line).to.be.at.most(80);
    expect(out).not.to.contain("\u001b");
    expect(code).to.equal(0);
  });

  it(`runs to its end, without a message, if its reader closes the pipe early ${SLOW}`, async () => {
    const { code, out, err } = await cli(["run"], { leavesEarly: true });
    expect(out).to.contain("Successful order").and.not.to.contain("4 of 4");
    expect(err).to.equal("");
    expect(code).to.equal(0);
  });

  it(`says in one line what is wrong with a program, and ends, even with a pipe open ${SLOW}`, async () => {
    const program = JSON.stringify(join(ROOT, "orderFulfilment.ts"));
    const broken = (name: string, body: string): string => {
      const file = join(folder, `${name}.js`);
      const exported = `{ get orderFulfilment() { ${body} } }`;
      writeFileSync(file, `require.cache[${program}] = { id: ${program}, loaded: true, exports: ${exported} };`);
      return file;
    };
    const saga = JSON.stringify(join(ROOT, "saga"));
    const [noSteps, mistake] = await Promise.all([
      cli(["run"], { preload: broken("saga", `return require(${saga}).saga("S").returns(() => ({}));`), input: null }),
      cli(["definition"], { preload: broken("mistake", "return undefined.name;") }),
    ]);
    refused(noSteps, 1, /^SagaDefinitionError: saga 'S': the saga has no steps\. [^()]*\(…\)\.$/m);
    refused(mistake, 1, /^TypeError: Cannot read .*mistake\.js:1:\d+\)$/m);
  });

  it(`prints one array and nothing else with --json ${SLOW}`, async () => {
    const { code, out, err } = await cli(["run", "--json"], { stdin: "ignore" });
    const reports = JSON.parse(out) as Record<string, unknown>[];
    expect(reports).to.have.length(4);
    expect(reports[0]).to.have.all.keys("input", "status", "outcome", "path", "output", "tables", "outbox");
    for (const report of reports.slice(1)) {
      expect(report).to.have.all.keys("input", "status", "outcome", "path", "error", "cause", "tables", "outbox");
    }
    expect(err).to.equal("");
    expect(code).to.equal(0);
  });

  it("starts an execution by its name, which its calls carry", async () => {
    const order = '{"order_id":"1","total":100,"card_no":"123-1234","address":"123 st"}';
    const { out, code } = await command(["start", order, "--name", "n-1", "--json"]);
    const [{ tables }] = JSON.parse(out) as [{ tables: Record<string, { saga_id: string }[]> }];
    const owners = Object.values(tables).flatMap((rows) => rows.map(({ saga_id }) => saga_id.replace(/^.*:/, "")));
    expect([code, [...new Set(owners)]]).to.deep.equal([0, ["n-1"]]);
  });

  it("runs one order: given, from a file, or piped in; the exit code says how it ended", async () => {
    const terminal = { isTTY: true };
    const order = '{"order_id":"9","total":1,"card_no":"123-1234","address":"x"}';
    const file = join(folder, "order.json");
    writeFileSync(file, '{"order_id":"9","total":1}');
    const [given, fromFile, piped, plain, wrongType] = await Promise.all([
      command(["run", order, "--json"]),
      command(["run", `@${file}`], { terminal }),
      cli(["run"], { input: order }),
      command(["run", '{"order_id":"\\u009b31m"}'], { terminal, env: { NO_COLOR: "1" } }),
      command(["run", '{"order_id":9}', "--json"]),
    ]);
    expect(given.code).to.equal(0);
    expect(JSON.parse(given.out)).to.have.length(1);
    expect(fromFile.out, "in colour on a terminal").to.contain("\u001b[31m✘ failed\u001b[39m  ProcessPayment");
    expect(fromFile.code).to.equal(3);
    expect(piped.out).to.match(/completed {2}SUCCEEDED/);
    expect(piped.code).to.equal(0);
    expect(plain.code).to.equal(3);
    expect(plain.out, "NO_COLOR is set, and what an order says moves no cursor").not.to.match(/\p{Cc}\[|\u009b/u);
    expect(wrongType.code).to.equal(3);
    expect(JSON.parse(wrongType.out)[0]).to.deep.include({ outcome: "compensated", tables: {} });
    expect(JSON.parse(JSON.parse(wrongType.out)[0].cause).cause).to.contain("order_id: expected a string");
  });

  it("refuses bad usage in one line, with exit code 2", async () => {
    const big = join(folder, "big.json");
    writeFileSync(big, JSON.stringify({ order_id: "1", address: "x".repeat(300 * 1024) }));
    const deep = join(folder, "deep.json");
    writeFileSync(deep, `${"[".repeat(5000)}${"]".repeat(5000)}`);
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [["run", "{order"], /^"\{order" is not JSON: /],
      [["run", "package.json"], /^'package\.json' is not JSON; to read the file of that name, write '@package\.json'/],
      [["run", "@none.json"], /^can't read the file 'none\.json': it does not exist/],
      [["run", `@${folder}`], /^can't read the file '.*': .*EISDIR/],
      [["run", `@${big}`], /^the input has 307,\d{3} bytes, but Step Functions accepts at most 262,144/],
      [["run", "{}", "{}"], /^'run' does not take a further argument: "\{\}"/],
      [["run", "--colour"], /^Unknown option '--colour'; see npx saga --help$/m],
      [["walk"], /^no command 'walk'; the commands are start, /],
      [["strat"], /^no command 'strat', did you mean 'start'\? See npx saga --help$/m],
      [["lst"], /^no command 'lst', did you mean 'list'\? See/],
      [
        ["start", "{}", "--anwser", "A={}"],
        /^Unknown option '--anwser', did you mean '--answer'\? See npx saga --help$/m,
      ],
      [
        ["start", "[1]"],
        /^the input of the saga 'OrderFulfilment' is a list: give it an object, such as \{"id":"7"\}; see/,
      ],
      [["start", "OrderFulfilment", '"x"'], /^the input of the saga 'OrderFulfilment' is a string: give it/],
      [["run", "null"], /^the input of the saga 'OrderFulfilment' is null: give it/],
      [
        ["start", "{}", "--name", "a b"],
        /^--name must have 1 to 80 characters that Step Functions accepts, .* not 'a b'/,
      ],
      [["start", "{}", "--name", "x".repeat(81)], /^--name must have 1 to 80 characters/],
      [["invoke"], /^'invoke' needs the name of a function/],
      [["invoke", "createOrder"], /^'invoke' needs a payload: -d/],
      [["invoke", "createOrder", "-d", "{"], /^"\{" is not JSON: /],
      [
        ["invoke", "createOrders", "-d", "{}"],
        /^no function 'createOrders'; the functions are OrderFulfilment_recover, OrderFulfilment_sweep, cancelShipment, createOrder, /,
      ],
      [["definition", "x"], /^no saga 'x'; there is OrderFulfilment$/m],
      [["definition", "x", "y"], /^'definition' does not take a further argument: "y"/],
      [["definition", "--json"], /^--json works only with 'start', 'run', 'dev', .*'verify', .* and '\w+';/],
      [["verify", "Sale"], /^no saga 'Sale'; there is OrderFulfilment$/m],
      [["verify", "none.json"], /^can't read the file 'none\.json': it does not exist/],
      [["start"], /^'start' needs a saga's name and an input/],
      [["start", "OrderFulfilment"], /^'start' needs an input: start OrderFulfilment '\{…\}', @file\.json, or -/],
      [["start", "{}", "--answer", "Approve"], /^--answer must be NAME=VALUE, not 'Approve'/],
      [
        ["start", "{}", "--answer", "Aprove={}"],
        /^--answer and --fail: 'Aprove' is no state that waits for an answer; no state does; see/,
      ],
      [["start", `@${deep}`], /^.*deep\.json is nested deeper than 1000 levels/],
      [["start", '{"total":1e400}'], /^"\{\\"total\\":1e400\}" has a number that is too large/],
      [["start", "{}", "--stack", "prod"], /^no file Pulumi\.prod\.yaml in .*, for the stack 'prod'$/m],
      [["graph", "--format", "png"], /^no format 'png'; the formats are mermaid, svg, dot, json/],
      [
        ["verify", "package.json"],
        /^'package\.json' is not a state machine: it has no StartAt that names one of its States/,
      ],
      [
        ["verify", "test/order/order-fulfilment.asl.json"],
        /^no declaration says which task in .*asl\.json' undoes which, of its 6 tasks CreateOrder, /,
      ],
      [["verify", REFERENCE, "-d", '{"saga": "A"}'], /^-d: 'calls' is no object/],
      [["verify", "-d", "{}"], /^-d works only with a file to verify/],
    ];
    for (const [args, says] of cases) refused(await command(args), 2, says);
  });

  it(`refuses what is piped in if it is not JSON, and answers if nothing is piped in ${SLOW}`, async () => {
    const [nothing, empty, unheard] = await Promise.all([
      cli(["run", "-"], { input: "nothing" }),
      cli(["verify", "-"]),
      cli(["run", "--answer", "Approve={}"], { stdin: "ignore" }),
    ]);
    refused(unheard, 2, /^--answer and --fail of 'run' work only with an input: an example has its own 'answers'; see/);
    refused(nothing, 2, /^standard input is not JSON: /);
    refused(empty, 2, /^standard input is not JSON: /);
  });

  it("reads files from the caller's folder, not from npm's working folder", async () => {
    writeFileSync(join(folder, "in.json"), '{"order_id":"8"}');
    const byNpm = { INIT_CWD: folder, npm_package_json: join(ROOT, "package.json") };
    const [there, elsewhere] = await Promise.all([
      command(["start", "@in.json", "--json"], { env: byNpm }),
      // npm has started another program, in another folder, which has started this one.
      command(["start", "@in.json"], { env: { ...byNpm, npm_package_json: join(folder, "package.json") } }),
    ]);
    expect(JSON.parse(there.out)[0].input).to.deep.equal({ order_id: "8" });
    refused(elsewhere, 2, /^can't read the file 'in\.json': it does not exist/);
  });

  it("prints no character that changes the direction of text, in text or in JSON", async () => {
    const order = '{"order_id":"\\u202Ecod.exe"}';
    const [text, json] = await Promise.all([command(["start", order]), command(["start", order, "--json"])]);
    expect(text.out + json.out).not.to.match(/[\u202a-\u202e]/);
    expect(json.out).to.contain('"\\u202ecod.exe"');
    expect(JSON.parse(json.out)[0].input.order_id).to.equal("\u202ecod.exe");
  });

  it(`faults: prints no secret, and no character that changes the direction of text ${SLOW}`, async () => {
    hideSecrets(["sk_left_behind"]);
    const left = [
      "faults",
      "--input",
      '{"account":"\\u202Efor sk_left_behind"}',
      "--single",
      "--program",
      "test/cli/left.ts",
    ];
    const [text, json] = await Promise.all([command(left), command([...left, "--json"])]);
    expect(text.out.replace(/\s+/g, " ")).to.contain("for [secret]").and.to.contain("is still there, and not undone");
    const { findings } = JSON.parse(json.out) as { findings: readonly { violations: readonly string[] }[] };
    expect(findings.flatMap(({ violations }) => violations).join("\n")).to.contain("\u202efor [secret]");
    expect(text.out + json.out)
      .not.to.match(/[\u202a-\u202e]/)
      .and.not.to.contain("sk_left_behind");
    expect([text.code, json.code]).to.deep.equal([1, 1]);
  });

  it("is as wide as its terminal", async () => {
    const { out } = await command(["start", '{"order_id":"3","total":100}'], { terminal: { columns: 200 } });
    expect(out).to.contain("digits, which spaces and dashes may separate, got nothing\n");
  });

  it(`leaves no files behind if a signal stops it ${SLOW}`, async () => {
    const tmp = mkdtempSync(join(tmpdir(), "stopped-"));
    const hook = join(folder, "stop.js");
    // Wait until the functions have their folder.
    const watch = `const { readdirSync } = require("fs");
      const timer = setInterval(() => {
        if (!readdirSync(${JSON.stringify(tmp)}).some((name) => name.startsWith("saga-lambda-"))) return;
        clearInterval(timer);
        process.kill(process.pid, "SIGTERM");
      }, 5);`;
    writeFileSync(hook, `if (require("worker_threads").isMainThread) { ${watch} }`);
    const { code, err } = await cli(["run"], { preload: hook, env: { TMPDIR: tmp }, stdin: "ignore" });
    expect([code, err]).to.deep.equal([143, ""]);
    expect(readdirSync(tmp).filter((name) => name.startsWith("saga-lambda-"))).to.deep.equal([]);
    rmSync(tmp, { recursive: true });
  });

  it("draws the saga: the forward path apart from the path of the undos", async () => {
    const [mermaid, svg, dot] = await Promise.all([
      command(["graph"]),
      command(["graph", "--format", "svg"]),
      command(["graph", "--format", "dot"]),
    ]);
    expect(mermaid.out).to.match(/^%% OrderFulfilment\nflowchart TB\n/);
    expect(mermaid.out).to.contain('{{"RefundPayment"}}:::undo').and.to.contain('["ProcessPayment"]:::forward');
    expect(svg.out).to.match(/^<svg .*aria-label="OrderFulfilment"/);
    expect(svg.out === readFileSync(join(ROOT, "docs/images/order-saga.svg"), "utf8"), "run npm run docs").to.be.true;
    expect(svg.out.match(/class="node task forward"/g)).to.have.length(3);
    expect(svg.out.match(/class="node task undo"/g)).to.have.length(3);
    expect(dot.out).to.match(/^digraph "OrderFulfilment" \{\n/);
    expect(dot.out).to.match(/"RefundPayment" \[.*shape="octagon"/);
  });

  it("prints the definition that is deployed", async () => {
    const { code, out } = await command(["definition"]);
    expect(JSON.parse(out)).to.include({ StartAt: "CreateOrder", QueryLanguage: "JSONata" });
    expect(code).to.equal(0);
  });

  it("runs one function alone, its log on standard error, and a refusal as one line", async () => {
    const [done, not] = await Promise.all([
      command(["invoke", "createOrder", "-d", '{"order_id":"1","total":100}']),
      command(["invoke", "createOrder", "-d", '{"order_id":"1"}']),
    ]);
    expect(JSON.parse(done.out)).to.deep.equal({ order_id: "1", total: 100 });
    expect(JSON.parse(done.err)).to.include({ task: "createOrder", outcome: "done" });
    expect(done.code).to.equal(0);
    const [log, said] = not.err.trimEnd().split("\n");
    expect(JSON.parse(log as string)).to.include({ outcome: "refused", error: "InvalidOrder" });
    expect(said).to.equal("InvalidOrder: total: expected a positive number, 0.001 to 1000000000000, got nothing");
    expect(not.out).to.equal("");
    expect(not.code).to.equal(1);
  });

  it("proves the saga of the program, in 80 columns, with its budgets", async () => {
    const { code, out, err } = await command(["verify"]);
    expect(out).to.match(/^OrderFulfilment {2}sound {2}\(9 states searched\)\n/);
    expect(out.match(/ proved /g)).to.have.length(12);
    expect(out).to.match(/completed +3 +21 +0\.525 +16 min 36 s +71\n/);
    expect(out).to.match(/compensated .* 2 h 2 min +195\n/);
    for (const line of out.split("\n")) expect(line.length, line).to.be.at.most(80);
    expect(err).to.equal("");
    expect(code).to.equal(0);
  });

  it(`shows how the program's own saga goes wrong, although the program refuses to deploy it ${SLOW}`, async () => {
    const preload = join(__dirname, "unsound.ts");
    const [told, json] = await Promise.all([cli(["verify"], { preload }), cli(["verify", "--json"], { preload })]);
    expect([told.code, told.err]).to.deep.equal([1, ""]);
    expect(told.out).to.contain("S4          broken").and.to.contain("S4: ProcessPayment retries any error, refusals");
    const [{ sound }] = JSON.parse(json.out) as [{ sound: boolean }];
    expect([json.code, sound]).to.deep.equal([1, false]);
  });

  it("reads a definition that begins with a byte order mark", async () => {
    const file = join(folder, "marked.json");
    const declaration = join(ROOT, REFERENCE.replace(".asl.json", ".saga.json"));
    writeFileSync(file, `\uFEFF${readFileSync(join(ROOT, REFERENCE), "utf8")}`);
    const { code, out, err } = await command(["verify", file, "-d", `@${declaration}`]);
    expect(out).to.match(/^orderFulfilmentSaga {2}not sound/);
    expect(err).to.equal("");
    expect(code).to.equal(1);
  });

  it(`reads a definition from a pipe as it reads it from a file ${SLOW}`, async () => {
    const declared = ["-d", `@${join(ROOT, REFERENCE.replace(".asl.json", ".saga.json"))}`];
    const piped = await cli(["verify", "-", ...declared], { input: readFileSync(join(ROOT, REFERENCE), "utf8") });
    expect([piped.code, piped.err]).to.deep.equal([1, ""]);
    const { out } = await command(["verify", REFERENCE, ...declared]);
    expect(piped.out).to.equal(out);
  });

  it("refuses a file that is not a state machine, and says where", async () => {
    const file = join(folder, "none.json");
    writeFileSync(file, JSON.stringify({ StartAt: "A", States: { A: { Type: "Job" } } }));
    refused(
      await command(["verify", file, "-d", '{"saga": "S", "calls": {}}']),
      2,
      /is not a state machine: A\/Type is "Job"/,
    );
  });

  it("has a help of 80 columns, which 'help' prints too", async () => {
    for (const line of HELP.split("\n")) expect(line.length, line).to.be.at.most(80);
    expect(await command(["help"])).to.deep.include({ code: 0, out: HELP });
    expect(await command(["verify", "--help", "--nothing"])).to.include({ code: 2 });
    expect(await command(["help", "list"])).to.deep.include({ code: 0, out: HELP_OF["list"] });
  });

  it("prints its version", async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
    expect(await command(["--version"])).to.deep.equal({ code: 0, out: `${version}\n`, err: "" });
  });

  it("shows how somebody else's definition goes wrong, and fails", async () => {
    const [told, json] = await Promise.all([command(["verify", REFERENCE]), command(["verify", REFERENCE, "--json"])]);
    expect(told.out).to.match(/^orderFulfilmentSaga {2}not sound: 16 violations/);
    expect(told.out).to.contain("open: S11: values in JSONPath mode are unknown");
    expect(told.out).to.contain("assignment: in JSONPath mode the fields of the input");
    expect(told.out.match(/→ Write the machine in JSONata mode/g)).to.have.length(1);
    expect(told.out).to.contain("      DeleteOrder undoes CreateOrder\n      the execution ends SUCCEEDED\n");
    // Its tasks have no timeout.
    expect(told.out).to.match(/completed .* no bound +[\d,]+ \*\n/);
    expect(told.out).to.contain("  * beyond 25,000 history events, or a year, an execution ends in the middle,\n");
    for (const line of told.out.split("\n")) expect(line.length, line).to.be.at.most(80);
    // JSON has no infinity.
    expect(json.out).to.match(/"outcome": "completed",[^}]*"seconds": null,[^}]*"exceeds": \[\s*"year"\s*\]/);
    const [verdict] = JSON.parse(json.out) as { sound: boolean; violations: { rule: string }[] }[];
    expect(verdict?.sound).to.equal(false);
    expect(new Set(verdict?.violations.map(({ rule }) => rule))).to.deep.equal(new Set(["S4", "S6", "S7"]));
    expect([told.err, json.err]).to.deep.equal(["", ""]);
    expect([told.code, json.code]).to.deep.equal([1, 1]);
  });
});
