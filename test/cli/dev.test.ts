import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { expect } from "chai";
import { devOptions } from "../../saga/cli/dev";
import { SLOW } from "../slow";

const ROOT = join(__dirname, "../..");

function command(...args: readonly string[]) {
  const child = spawn("node", ["-r", "ts-node/register/transpile-only", "saga/cli/main.ts", "dev", ...args], {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: "1" },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { child, next: async () => (await lines.next()).value as string };
}

describe("saga dev", function () {
  this.timeout(180_000);

  it("refuses an option that it can't read, or that is not confirmed", () => {
    const why = (values: Parameters<typeof devOptions>[0]) => {
      try {
        return devOptions(values);
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(why({})).to.deep.include({ port: 4566, host: "127.0.0.1", exposed: false, time: "real" });
    expect(why({ host: "0.0.0.0" })).to.match(/lets other machines connect.* confirm that with --expose/);
    expect(why({ expose: true })).to.match(/^--expose needs --host/);
    expect(why({ host: "0.0.0.0", expose: true })).to.deep.include({ host: "0.0.0.0", exposed: true });
    for (const port of ["x", "-1", "65536"]) expect(why({ port })).to.match(/^--port must be a port/);
    expect(why({ time: "60x" })).to.deep.include({ time: 60 });
    for (const time of ["0x", "fast", "60"]) expect(why({ time })).to.match(/^--time must be real, virtual/);
  });

  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    it(`serves AWS clients, prints how executions end, and leaves no files behind after ${signal}${signal === "SIGINT" ? "" : ` ${SLOW}`}`, async () => {
      const { child, next } = command("--port", "0", "--json");
      const { endpoint, region, machines } = JSON.parse(await next()) as {
        endpoint: string;
        region: string;
        machines: Record<string, string>;
      };
      const credentials = { accessKeyId: "local", secretAccessKey: "local" };
      const sfn = new SFNClient({ endpoint, region, credentials });
      const { executionArn } = await sfn.send(
        new StartExecutionCommand({
          stateMachineArn: machines["OrderFulfilment"],
          input: '{"order_id":"1","total":100}',
        }),
      );
      expect(JSON.parse(await next())).to.include({
        executionArn,
        outcome: "compensated",
        status: "FAILED",
        error: "SagaCompensated",
      });
      sfn.destroy();
      child.kill(signal);
      expect(await once(child, "exit")).to.deep.equal([code, null]);
      const left = readdirSync(tmpdir()).filter((name) => name.includes(`-${String(child.pid)}-`));
      expect(left).to.deep.equal([]);
    });
  }

  it("says what is wrong with a program at the start, and starts once it is mended", async () => {
    const folder = mkdtempSync(join(tmpdir(), "dev-"));
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"), "junction");
    writeFileSync(join(folder, "Pulumi.yaml"), "name: mended\nruntime: nodejs\n");
    writeFileSync(join(folder, "index.ts"), "export const a = {;\n");
    const { child, next } = command("--port", "0", "--program", folder);
    try {
      expect(await next()).to.equal("✘ not deployed Unable to compile TypeScript:");
      expect(await next()).to.match(/^ {2}index\.ts\(1,19\): error TS1136: /);
      expect(await next()).to.equal(
        "  Nothing listens yet: the program is evaluated again when one of its files changes.",
      );
      writeFileSync(join(folder, "index.ts"), "export const a = 1;\n");
      expect(await next()).to.match(/^Listening on http:/);
    } finally {
      child.kill("SIGTERM");
      await once(child, "exit");
      rmSync(folder, { recursive: true });
    }
  });

  it("says that its port is in use", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    const { child } = command("--port", String(port));
    let told = "";
    child.stderr.on("data", (chunk: Buffer) => (told += chunk.toString()));
    const [code] = (await once(child, "exit")) as [number];
    taken.close();
    expect(code).to.equal(2);
    expect(told).to.match(
      new RegExp(`^port ${port} is in use: stop the process that listens there, or choose another port with --port`),
    );
  });
});
