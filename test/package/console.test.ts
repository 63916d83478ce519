import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "chai";
import { stranger, type Stranger } from "./stranger";
import { until } from "../console/fixture";
import { SLOW } from "../slow";

describe(`the console in another program ${SLOW}`, function () {
  this.timeout(180_000);
  let market: Stranger;
  let running: ChildProcess | undefined;
  before(() => {
    market = stranger("test/package/market");
  });
  after(() => {
    running?.kill();
    market.remove();
  });

  it("is in the package, without its build", () => {
    const files = readdirSync(join(market.installed, "dist/console"), { recursive: true, encoding: "utf8" });
    expect(files).to.include.members(["index.html", "app.js", "app.css", join("server", "index.js")]);
    expect(files.filter((file) => /^build\.|^page|\.tsx?$/.test(file.replace(/\.d\.ts$/, "")))).to.deep.equal([]);
    const { dependencies } = JSON.parse(readFileSync(join(market.installed, "package.json"), "utf8")) as {
      readonly dependencies: object;
    };
    expect(dependencies).not.to.have.any.keys("preact", "@preact/signals", "esbuild", "playwright-core", "axe-core");
  });

  it("is served by saga dev: its page, the sagas with their proofs, and executions that it starts", async () => {
    running = spawn(process.execPath, [join(market.installed, "dist/cli/main.js"), "dev", "--port", "0", "--json"], {
      cwd: market.folder,
      env: { ...market.env, NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines = createInterface({ input: running.stdout as NodeJS.ReadableStream });
    const first = await new Promise<string>((resolve) => {
      lines.once("line", resolve);
    });
    const { endpoint } = JSON.parse(first) as { endpoint: string };
    const get = (path: string): Promise<Response> => fetch(`${endpoint}/console/${path}`);
    for (const [path, file] of [
      ["", "index.html"],
      ["app.js", "app.js"],
      ["app.css", "app.css"],
    ] as const) {
      const response = await get(path);
      expect(response.status).to.equal(200);
      expect(await response.text()).to.equal(readFileSync(join(market.installed, "dist/console", file), "utf8"));
    }
    const sagas = await until(async () => {
      const all = (await (await get("api/sagas")).json()) as any[];
      return all.every(({ verdict }) => verdict.pending !== true) && all;
    }, 60_000);
    const startable = sagas.filter((each) => each.startable);
    expect(startable.map(({ name, verdict }) => [name, verdict.status])).to.deep.equal([
      ["Rating", "sound"],
      ["Shop", "sound"],
      ["Signup", "sound"],
    ]);
    const shop = startable[1];
    expect(shop.examples).to.have.length.of.at.least(1);
    const { token } = (await (await get("api/session")).json()) as { token: string };
    const started = await fetch(`${endpoint}/console/api/start`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "x-saga-console": token },
      body: JSON.stringify({ machineArn: shop.machineArn, input: shop.examples[0].input }),
    });
    expect(started.status).to.equal(200);
    const { arn } = (await started.json()) as { arn: string };
    const { status } = await until(async () => {
      const { description } = (await (await get(`api/execution?arn=${arn}`)).json()) as any;
      return description.status !== "RUNNING" && description;
    }, 60_000);
    expect(status).to.be.oneOf(["SUCCEEDED", "FAILED"]);
    expect(await (await get(`api/rows?arn=${arn}`)).json()).to.have.length.of.at.least(1);
  });
});
