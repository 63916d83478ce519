import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "chai";
import { command } from "../cli/command";
import { machineArn } from "../local/wire/fixture";
import { type Served, startConsole, until } from "./fixture";

const ROOT = join(__dirname, "../..");

describe("saga open", function () {
  this.timeout(60_000);
  let served: Served;
  let folder: string;
  const started: ChildProcess[] = [];
  before(async () => {
    served = await startConsole();
    folder = mkdtempSync(join(tmpdir(), "open-"));
    writeFileSync(join(folder, "Pulumi.yaml"), "name: shop\nruntime: nodejs\n");
    // Stand-ins for the browser and for the Pulumi CLI.
    script("xdg-open", `printf '%s|' "$@" > "${folder}/opened"`);
    script(
      "pulumi",
      `[ "$*" = "stack output --json --non-interactive --stack prod" ] || { echo "error: $*" >&2; exit 1; }
       echo '{"arn":"${machineArn("echo")}:live"}'`,
    );
  });
  after(async () => {
    for (const each of started) each.kill();
    await served.close();
    rmSync(folder, { recursive: true });
  });
  afterEach(() => {
    rmSync(join(folder, "opened"), { force: true });
  });

  function script(name: string, text: string): void {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  const PATH = () => `${folder}${delimiter}${process.env["PATH"] ?? ""}`;
  const portOf = ({ url }: Served) => new URL(url).port;

  it("opens the local console in the browser without a shell, and prints its address", async () => {
    const env = { PATH: PATH(), DISPLAY: ":0", BROWSER: undefined, AWS_ENDPOINT_URL: undefined };
    const port = portOf(served);
    const { code, out } = await command(["open", "--port", port], { env, terminal: { isTTY: true } });
    expect([code, out]).to.deep.equal([0, `The console is at http://127.0.0.1:${port}/console/\n`]);
    const opened = await until(
      async () => existsSync(join(folder, "opened")) && readFileSync(join(folder, "opened"), "utf8"),
    );
    expect(opened).to.equal(`http://127.0.0.1:${port}/console/|`);
  });

  it("only prints the address without a terminal, a display or a browser", async () => {
    const port = portOf(served);
    const address = `The console is at http://127.0.0.1:${port}/console/\n`;
    const open = (terminal: object, env: Record<string, string | undefined>, ...more: string[]) =>
      command(["open", "--port", port, ...more], { env: { PATH: PATH(), DISPLAY: ":0", ...env }, terminal });
    expect(await open({ isTTY: false }, {})).to.deep.equal({ code: 0, out: address, err: "" });
    expect(await open({ isTTY: true }, { DISPLAY: undefined, WAYLAND_DISPLAY: undefined })).to.include({
      out: address,
    });
    expect(await open({ isTTY: true }, { BROWSER: "none" })).to.include({ out: address });
    const printed = await open({ isTTY: true }, {}, "--json");
    expect(JSON.parse(printed.out)).to.deep.equal({ url: `http://127.0.0.1:${port}/console/` });
    // No browser is installed.
    expect(await open({ isTTY: true }, { PATH: "/nowhere" })).to.include({ code: 0, out: address });
    await new Promise((next) => setTimeout(next, 200));
    expect(existsSync(join(folder, "opened"))).to.equal(false);
  });

  it("says what to start if nothing or another server listens", async () => {
    const none = await command(["open", "--port", "9"]);
    expect(none).to.deep.equal({
      code: 1,
      out: "",
      err:
        "nobody listens on http://127.0.0.1:9: start 'npx saga dev' first, or choose what to open with --stack NAME or " +
        "--endpoint URL\n",
    });
    const bare = await startConsole();
    const AWS_ENDPOINT_URL = new URL(bare.url).origin;
    expect((await command(["open"], { env: { AWS_ENDPOINT_URL } })).out).to.equal(
      `The console is at ${AWS_ENDPOINT_URL}/console/\n`,
    );
    await bare.close();
    const wrong = await command(["open", "--allow-writes"]);
    expect([wrong.code, wrong.err]).to.deep.equal([
      2,
      "--allow-writes works only with --stack or --endpoint: the console of saga dev always allows writes; see npx saga --help\n",
    ]);
  });

  /** Starts the command, which serves a console. */
  async function serve(
    ...args: string[]
  ): Promise<{ url: string; end: () => Promise<number | null>; child: ChildProcess }> {
    const child = spawn(
      process.execPath,
      ["-r", "ts-node/register/transpile-only", "saga/cli/main.ts", "open", "--json", ...args],
      {
        cwd: ROOT,
        env: {
          ...process.env,
          PATH: PATH(),
          AWS_ENDPOINT_URL: new URL(served.url).origin,
          AWS_ACCESS_KEY_ID: "AKIALOVELACE",
          AWS_SECRET_ACCESS_KEY: "lovelace-secret",
        },
        stdio: ["ignore", "pipe", "ignore"],
      },
    );
    started.push(child);
    let text = "";
    for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
      text += line;
      if (line === "}") break;
    }
    const { url } = JSON.parse(text) as { url: string };
    const end = async (): Promise<number | null> => {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      return ((await ended) as [number | null])[0];
    };
    return { url, end, child };
  }
  const session = async (url: string): Promise<any> => (await fetch(`${url}api/session`)).json();
  const start = async (url: string, token: string): Promise<Response> =>
    fetch(`${url}api/start`, {
      method: "POST",
      headers: { "x-saga-console": token, "Content-Type": "application/json" },
      body: JSON.stringify({ machineArn: machineArn("echo"), input: {} }),
    });

  it("serves a read-only console of a stack on a free port, with the stack's machines alone", async () => {
    const { url, end } = await serve("--stack", "prod", "--program", folder);
    expect(url)
      .to.match(/^http:\/\/127\.0\.0\.1:\d+\/console\/$/)
      .and.not.to.contain(portOf(served));
    const { token, ...told } = await session(url);
    expect(told).to.deep.equal({
      target: { kind: "stack", name: "prod", region: "eu-west-1" },
      writable: false,
      faults: false,
    });
    const sagas = (await (await fetch(`${url}api/sagas`)).json()) as any[];
    expect(sagas.map(({ name, startArn }: any) => [name, startArn])).to.deep.equal([
      ["echo", `${machineArn("echo")}:live`],
    ]);
    expect((await start(url, token)).status).to.equal(403);
    expect((await fetch(`${url}api/rows?arn=x`)).status).to.equal(404);
    expect((await fetch(`${url}api/faults`)).status).to.equal(404);
    for (const path of ["session", "sagas", "executions"]) {
      expect(await (await fetch(`${url}api/${path}`)).text(), path).not.to.match(/lovelace/i);
    }
    expect(await end()).to.equal(143);
  });

  it("serves a console of an endpoint with the program's declarations, and may write with --allow-writes", async () => {
    const { url, end } = await serve("--endpoint", new URL(served.url).origin, "--allow-writes");
    const { token, writable, target } = await session(url);
    expect([writable, target.kind]).to.deep.equal([true, "endpoint"]);
    expect((await start(url, token)).status).to.equal(200);
    await until(async () => {
      const listed = (await (await fetch(`${url}api/executions`)).json()) as any;
      return listed.executions.length > 0;
    });
    expect((await fetch(url.replace("/console/", "/"), { redirect: "manual" })).headers.get("location")).to.equal(
      "/console/",
    );
    expect((await fetch(url.replace("/console/", "/other"))).status).to.equal(404);
    await end();
  });
});
