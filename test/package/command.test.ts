import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { stranger, type Stranger } from "./stranger";
import { SLOW } from "../slow";

describe(`the command in another program ${SLOW}`, function () {
  this.timeout(180_000);
  let market: Stranger;
  before(() => {
    market = stranger("test/package/market");
  });
  after(() => {
    market.remove();
  });

  const APPROVED = ["--answer", 'Approve={"by":"Ada"}'];

  it("starts one of two sagas on its own table, and prints what it sent", async () => {
    const { code, out, err } = await market.saga(["start", "Signup", '{"id":"1","note":"x"}', ...APPROVED]);
    expect(err).to.equal("");
    expect(out).to.contain("✔ done    CreateAccount\n").and.to.contain("completed  SUCCEEDED");
    expect(out).to.contain('output   {"id":"1","by":"Ada"}');
    expect(out).to.match(/^ {2}accounts 1 {2}ACCOUNT {2}currency=EUR note=x status=LIVE$/m);
    expect(out).to.contain("sent     sns:Publish by Announce:");
    expect(code).to.equal(0);
  });

  it("says how to answer a saga that waits for an answer, and accepts a rejection", async () => {
    const input = '{"id":"1","note":"it\'s"}';
    const [waiting, refused] = await Promise.all([
      market.saga(["start", "Signup", input]),
      market.saga(["start", "Signup", input, "--fail", "Approve=Refused: too expensive", "--json"]),
    ]);
    expect(waiting.out).to.contain("… waits   Approve\n  waiting  RUNNING\n");
    expect(waiting.out.replace(/\s+/g, " ")).to.contain(
      `npx saga start Signup '{"id":"1","note":"it'\\''s"}' --answer Approve='{…}'`,
    );
    expect(waiting.code).to.equal(5);
    const [report] = JSON.parse(refused.out) as { outcome: string; cause: string }[];
    expect(report?.outcome).to.equal("compensated");
    expect(JSON.parse(report?.cause as string)).to.include({ error: "Refused", cause: "too expensive" });
    expect(refused.code).to.equal(3);
  });

  it("shows the items of a list, without the states in between", async () => {
    const goods = [{ id: "a" }, { id: "b", note: "broken" }];
    const { code, out } = await market.saga(["start", "Shop", JSON.stringify({ id: "1", goods })]);
    const marked = [...out.matchAll(/^ {2}(\S \w+) +(\S+)$/gm)].map(
      ([, did, state]) => `${did as string} ${state as string}`,
    );
    expect(marked).to.have.members([
      "✔ done Reserve[0]",
      "✘ failed Reserve[1]",
      "↩ undone Release[0]",
      "↩ undone Release[1]",
    ]);
    expect(code).to.equal(3);
  });

  it("runs the examples of the folder, and reports a different outcome", async () => {
    const { code, out } = await market.saga(["run"]);
    expect(out).to.match(/2 of 2 examples came out as documented\n$/);
    expect(code).to.equal(0);
  });

  it("refuses a missing or unknown saga in one sentence, with the known ones", async () => {
    const [several, none, unread] = await Promise.all([
      market.saga(["start", "{}"]),
      market.saga(["start", "Signin", "{}"]),
      market.saga(["definition"], { cwd: "/" }),
    ]);
    expect(several.err).to.equal("the program has several sagas: name one of Rating, Shop, Signup\n");
    expect(none.err).to.equal("no saga 'Signin'; there are Rating, Shop, Signup\n");
    expect(unread.err).to.match(/^no Pulumi\.yaml in \/ or above it: .*--program DIR\n$/);
    expect([several.code, none.code, unread.code]).to.deep.equal([2, 2, 2]);
  });

  it("reads a stack's config, and its secrets from the environment; never prints a secret or a placeholder", async () => {
    const start = ["start", "Signup", '{"id":"1","note":"known-key"}', ...APPROVED, "--stack", "dev"];
    const [known, unknown, overruled] = await Promise.all([
      market.saga(start, { env: { PAYMENT_KEY: "known-key" } }),
      market.saga(start),
      market.saga([...start, "--config", "currency=SEK", "--config", "paymentKey=x"]),
    ]);
    expect(known.err).to.equal("");
    expect(known.out).to.contain("currency=CHF").and.to.contain("[secret]").and.not.to.contain("known-key");
    expect(unknown.err).to.equal(
      "note: the secret 'market:paymentKey' has no value here, and a placeholder replaces it: set PAYMENT_KEY\n",
    );
    expect(unknown.code).to.equal(0);
    expect(overruled.out).to.contain("currency=SEK");
    expect(overruled.err).to.equal("");
  });

  it("gives functions their config and secrets, and reads the answers of external functions from a file", async () => {
    const stubs = join(market.folder, "stubs.json");
    writeFileSync(stubs, '{"score": {"output": {"points": 7}}}');
    const env = { PAYMENT_KEY: "known-key", API_KEY: "api" };
    const start = ["start", "Rating", '{"id":"1"}', "--stack", "dev", "--json"];
    const [answered, not] = await Promise.all([
      market.saga([...start, "--stubs", stubs], { env }),
      market.saga(start, { env }),
    ]);
    expect(answered.err).to.equal("");
    const [{ output }] = JSON.parse(answered.out) as [{ output: unknown }];
    expect(output).to.deep.equal({ points: 7, config: "[secret]", secret: "api" });
    expect(not.err).to.match(
      /^'Score' invokes arn:aws:lambda:.*:score:live, which the program does not create: give its/,
    );
    expect([not.out, not.code]).to.deep.equal(["", 2]);
  });

  it("verifies each saga, or one, and draws it", async () => {
    const svg = join(market.folder, "signup.svg");
    const [all, one, mermaid, drawn] = await Promise.all([
      market.saga(["verify", "--json"]),
      market.saga(["verify", "Shop"]),
      market.saga(["graph", "Signup"]),
      market.saga(["graph", "Signup", "-o", svg]),
    ]);
    const verdicts = JSON.parse(all.out) as { saga: string; sound: boolean }[];
    expect(verdicts.map(({ saga, sound }) => [saga, sound])).to.have.deep.members([
      ["Signup", true],
      ["Checkout", true],
      ["Rating", true],
    ]);
    expect(one.out).to.match(/^Checkout {2}sound/);
    expect(mermaid.out).to.contain('["CreateAccount"]:::forward').and.to.contain('{{"DeleteAccount"}}:::undo');
    expect(mermaid.out).to.contain('["Announce<br>pivot: no way back"]:::pivot');
    expect(drawn.err).to.equal("");
    expect(readFileSync(svg, "utf8")).to.match(
      /^<svg [^]*class="node task forward pivot"[^]*class="node task undo"[^]*<\/svg>\n$/,
    );
  });
});
