import { execFile } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { type Partners, PAYMENTS_KEY, startPartners } from "../../examples/marketplace/test/partners";
import { deployedForm } from "../../saga/local/cloud";
import type { FunctionOptions } from "../../saga/local/lambda/function";
import { evaluateProgram } from "../../saga/local/program";
import { stranger, type Stranger } from "./stranger";
import { SLOW } from "../slow";

/** The files of a function's archive, with their text. */
function archiveOf({ code, files = {} }: FunctionOptions): ReadonlyMap<string, string> {
  const found = new Map(Object.entries(code));
  const add = (name: string, source: string): void => {
    if (statSync(source).isDirectory())
      for (const each of readdirSync(source)) add(`${name}/${each}`, join(source, each));
    else found.set(name, readFileSync(source, "utf8"));
  };
  for (const [name, source] of Object.entries(files)) add(name, source);
  return found;
}

describe(`a marketplace, from an empty folder with the packed package alone ${SLOW}`, function () {
  this.timeout(240_000);
  let market: Stranger;
  let partners: Partners;

  before(async () => {
    market = stranger("examples/marketplace", [], ["big.js@7.0.1"]);
    partners = await startPartners();
  });
  beforeEach(() => {
    partners.forget();
  });
  after(async () => {
    await partners.close();
    market.remove();
  });

  const settings = () => [
    ...["--stack", "dev"],
    ...["--config", `paymentsUrl=${partners.paymentsUrl}`, "--config", `reviewsUrl=${partners.reviewsUrl}`],
  ];
  const saga = (...args: readonly string[]) => market.saga([...args, ...settings()], { env: { PAYMENTS_KEY } });
  const basket = JSON.stringify({
    order: "o-1",
    buyer: "Bo",
    card: "4242",
    total: 4990,
    things: [
      { seller: "Ada", thing: "lamp" },
      { seller: "Eve", thing: "chair" },
    ],
  });
  const application = JSON.stringify({ seller: "Ada", shop: "Lamps", offers: "lamps" });

  it("type-checks with its own settings, and passes its own tests", async () => {
    const { stdout } = await promisify(execFile)("npm", ["test"], { cwd: market.folder, env: market.env });
    // The summary of Node's test runner, in TAP or (from Node 24) in spec format.
    expect(stdout)
      .to.match(/^[#ℹ] fail 0$/m)
      .and.to.match(/^[#ℹ] pass 11$/m);
  });

  it("is proved", async () => {
    const { code, out, err } = await saga("verify", "--json");
    expect(err).to.equal("");
    expect(
      (JSON.parse(out) as { saga: string; sound: boolean }[]).map((each) => [each.saga, each.sound]),
    ).to.have.deep.members([
      ["Checkout", true],
      ["Onboarding", true],
    ]);
    expect(code).to.equal(0);
  });

  it("sells with the payment service, a table with its own keys, and a message", async () => {
    const { code, out, err } = await saga("start", "Checkout", basket);
    expect(err).to.equal("");
    expect(out).to.contain('output   {"order":"o-1","payment":"pay-1","fee":"4.24"}');
    expect(out).to.match(/^ {2}marketplace Ada {2}THING#lamp {3}order=o-1 status=LIVE$/m);
    expect(out).to.contain("sent     sns:Publish by Announce:").and.to.contain('"Message":"2 sold: no note"');
    expect([...partners.payments.values()]).to.deep.equal([{ payment: "pay-1", amount: 4990, refunded: false }]);
    expect(code).to.equal(0);
  });

  it("asks for an approval, says how to answer, and admits a seller", async () => {
    const asked = partners.applications.length;
    const waiting = await saga("start", "Onboarding", application);
    expect(waiting.out).to.contain("… waits   Approve");
    expect(waiting.out.replace(/\s+/g, " ")).to.contain(
      "--answer Approve='{…}' --stack dev --config paymentsUrl=… --config reviewsUrl=…",
    );
    expect(partners.applications[asked]).to.include({ shop: "Lamps" }).and.to.have.property("task_token");
    const agreed = await saga("start", "Onboarding", application, "--answer", 'Approve={"by":"Grace"}');
    expect(agreed.out).to.contain('output   {"shop":"Lamps","approvedBy":"Grace"}');
    expect([waiting.code, agreed.code]).to.deep.equal([5, 0]);
  });

  it("runs the examples of its folder, in which each saga completes and each is compensated", async () => {
    const { code, out } = await saga("run");
    expect(out).to.match(/4 of 4 examples came out as documented\n$/);
    expect(out)
      .to.contain("CardDeclined: the bank declines the card")
      .and.to.contain("Refused: these are counterfeits");
    expect([...partners.payments.values()].map(({ refunded }) => refunded)).to.have.members([false, true]);
    expect(code).to.equal(0);
  });

  it("shows its graph, as Mermaid and as SVG", async () => {
    const file = join(market.folder, "checkout.svg");
    const [mermaid, svg] = await Promise.all([saga("graph", "Checkout"), saga("graph", "Checkout", "-o", file)]);
    expect(mermaid.out)
      .to.contain('["PlaceOrder<br>pivot: no way back"]:::pivot')
      .and.to.contain('{{"Refund"}}:::undo');
    expect([mermaid.code, svg.code]).to.deep.equal([0, 0]);
    expect(readFileSync(file, "utf8")).to.match(/^<svg [^]*class="node task undo"[^]*<\/svg>\n$/);
  });

  it("has no code of this package in its archives, and its npm package in one archive alone", async () => {
    const here = process.cwd();
    process.chdir(market.folder);
    try {
      const { resources } = await evaluateProgram({ paymentsKey: PAYMENTS_KEY }, market.folder);
      const functions = await Promise.all(
        resources.filter(({ type }) => type === "aws:lambda/function:Function").map(deployedForm),
      );
      const archives = new Map(functions.map((each) => [each.name, archiveOf(each)]));
      expect([...archives.keys()]).to.include.members(["Checkout-quote", "Checkout-charge", "Onboarding-openShop"]);
      for (const [name, archive] of archives) {
        const packages = [...archive.keys()].filter((file) => file !== "__index.js");
        const own = name === "Checkout-quote" ? ["node_modules/big.js/"] : [];
        expect(
          packages.filter((file) => !own.some((folder) => file.startsWith(folder))),
          name,
        ).to.deep.equal([]);
        expect(packages.length > 0, name).to.equal(own.length > 0);
        const text = [...archive.values()].join("");
        expect(text, name).not.to.contain("saga-aws-pulumi").and.not.to.contain(market.folder);
        expect(text, name).not.to.contain(PAYMENTS_KEY);
      }
    } finally {
      process.chdir(here);
    }
  });
});
