import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetExecutionHistoryCommand, SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { expect } from "chai";
import { LocalCloud } from "../../saga/local/cloud";
import { mainMachine } from "../../saga/local/resources";
import { evaluated } from "../evaluated";
import { clientOptions } from "../local/wire/fixture";
import { command } from "./command";

const SAVED = join(__dirname, "../fixtures/histories/order-stuck.json");

describe("saga graph --execution", function () {
  this.timeout(60_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "saga-graph-"));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it("draws the program's machine in the colours of a saved history, in each format", async () => {
    const file = join(folder, "order.dot");
    const mermaid = await command(["graph", "OrderFulfilment", "--execution", SAVED]);
    const svg = await command(["graph", "--execution", SAVED, "--format", "svg"]);
    const dot = await command(["graph", "--execution", SAVED, "-o", file]);
    expect([mermaid.err, svg.err, dot.err, dot.out]).to.deep.equal(["", "", "", ""]);
    expect([mermaid.code, svg.code, dot.code]).to.deep.equal([0, 0, 0]);
    expect(mermaid.out).to.contain('{{"■ RefundPayment"}}:::stuck').and.to.contain('{{"DeleteOrder"}}:::idle');
    expect(svg.out).to.match(/class="node task undo is-stuck"/);
    expect(readFileSync(file, "utf8")).to.contain('label="■ ↩ RefundPayment"');
  });

  it("prints JSON, too: each node with its status, each edge with whether it was taken", async () => {
    const { out, err } = await command(["graph", "--execution", SAVED, "--json"]);
    expect(err).to.equal("");
    const { title, nodes, edges } = JSON.parse(out);
    expect(title).to.equal("OrderFulfilment");
    expect(nodes.find(({ id }: any) => id === "RefundPayment")).to.include({ status: "stuck", side: "undo" });
    expect(edges.filter(({ taken, caught }: any) => taken && caught)).to.deep.equal([
      { from: "ProcessShipment", to: "CancelShipment", caught: true, side: "undo", taken: true },
    ]);
  });

  it("draws an execution by its ARN, on any endpoint, as it draws its saved history", async () => {
    const program = await evaluated(".");
    const cloud = await LocalCloud.start(program, { time: "virtual" });
    try {
      const options = clientOptions(cloud);
      const sfn = new SFNClient(options);
      const stateMachineArn = mainMachine(program, undefined).arn as string;
      const input = JSON.stringify({ order_id: "3", total: 100 });
      const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, input }));
      await cloud.executions.get(executionArn as string)?.over;
      const history = await sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }));
      const saved = join(folder, "saved.json");
      writeFileSync(saved, JSON.stringify(history));
      const there = ["--endpoint", options.endpoint];
      const running = await command(["graph", "--execution", executionArn as string, ...there]);
      expect([running.err, running.code]).to.deep.equal(["", 0]);
      expect(running.out).to.contain('["✘ ProcessPayment"]:::failed').and.to.contain('{{"↩ RefundPayment"}}:::undone');
      expect((await command(["graph", "--execution", saved])).out).to.equal(running.out);
    } finally {
      await cloud.close();
    }
  });

  it("says what is wrong with its arguments", async () => {
    const empty = join(folder, "empty.json");
    writeFileSync(empty, "{}");
    const cases: readonly (readonly [args: readonly string[], said: RegExp])[] = [
      [["--execution", empty], /empty\.json has no 'events': save the output of 'aws stepfunctions/],
      [["Trip", "--execution", SAVED], /order-stuck\.json' belongs to OrderFulfilment, not to Trip/],
      [["--json", "--format", "svg"], /^--json and --format svg exclude each other/],
      [
        ["-o", join(folder, "none", "order.svg")],
        /^can't write the file '.*order\.svg': its folder does not exist; see/,
      ],
      [
        ["-o", "order.png"],
        /^no format has the extension of 'order\.png': use \.mmd, \.svg, \.dot or \.json, or choose/,
      ],
      [["--endpoint", "http://127.0.0.1:9"], /^--endpoint of 'graph' works only with --execution/],
      [["--execution", "nobody", "--endpoint", "http://127.0.0.1:9"], /^nobody listens on http:\/\/127\.0\.0\.1:9/],
    ];
    for (const [args, said] of cases) {
      const { code, err, out } = await command(["graph", ...args]);
      expect(err).to.match(said);
      expect([out, code]).to.deep.equal(["", /^nobody listens/.test(err) ? 1 : 2]);
    }
  });
});
