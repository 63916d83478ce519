import type { IncomingMessage } from "node:http";
import { CreateStateMachineCommand, SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { expect } from "chai";
import type { ConsoleTarget } from "../../saga/console/server";
import { checkCaller } from "../../saga/console/server/guard";
import { endpointTarget } from "../../saga/control/target";
import { clientOptions, definition, machineArn, PLACE } from "../local/wire/fixture";
import { listen, localTarget, type Served, startConsole, until } from "./fixture";

const READS = ["", "app.js", "api/session", "api/sagas", "api/executions", "api/live", "api/faults"];
const WRITES: Readonly<Record<string, object>> = {
  "api/start": { machineArn: machineArn("wait"), name: "by-the-page", input: {} },
  "api/stop": { arn: "arn:aws:states:eu-west-1:000000000000:execution:wait:there" },
  "api/redrive": { arn: "arn:aws:states:eu-west-1:000000000000:execution:wait:there" },
  "api/answer": { taskToken: "x", output: {} },
  "api/faults": { machineArn: machineArn("echo"), state: "Call", kind: "throttle", times: "once" },
};

describe("the console's safety", () => {
  let served: Served;
  before(async () => {
    served = await startConsole();
    served.cloud.startExecution({}, undefined, "wait");
  });
  after(() => served.close());

  const nothingHappened = async (): Promise<void> => {
    expect([...served.cloud.executions.values()].map(({ ended, machineName }) => [machineName, ended])).to.deep.equal([
      ["wait", undefined],
    ]);
    expect(served.cloud.faults.list()).to.deep.equal([]);
  };

  it("answers only to names of this machine (DNS rebinding)", async () => {
    const { port } = new URL(served.url);
    for (const path of READS) {
      for (const Host of [
        "evil.example",
        `evil.example:${port}`,
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "",
      ]) {
        const { status, json } = await served.ask(path, { headers: { Host } });
        expect([status, json.error.name], `${path} as ${Host}`).to.deep.equal([403, "AccessDenied"]);
      }
      // The port answers to names of AWS, but the console does not.
      const { status } = await served.ask(path, { headers: { Host: "states.eu-west-1.amazonaws.com" } });
      expect(status, path).to.equal(403);
    }
    for (const Host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`, "LOCALHOST", "127.1.2.3"]) {
      expect((await served.ask("api/session", { headers: { Host } })).status, Host).to.equal(200);
    }
  });

  it("does not answer to other machines, whatever address the port is bound to", () => {
    const asked = (remoteAddress: string | undefined) =>
      ({ headers: { host: "localhost:4566" }, socket: { remoteAddress } }) as unknown as IncomingMessage;
    for (const address of ["127.0.0.1", "127.9.8.7", "::1", "::ffff:127.0.0.1"]) {
      expect(() => {
        checkCaller(asked(address), false);
      }, address).not.to.throw();
    }
    for (const address of ["10.0.0.7", "::ffff:10.0.0.7", "fe80::1", "1127.0.0.1", undefined]) {
      expect(() => {
        checkCaller(asked(address), true);
      }, String(address)).to.throw("only to this machine");
    }
  });

  it("does not answer to pages of other origins, also of this machine, and also on the live stream", async () => {
    const own = new URL(served.url).origin;
    const foreign = [
      { Origin: "https://evil.example" },
      { Origin: "null" },
      { Origin: "http://localhost:1" },
      { Origin: own.replace("http:", "https:") },
      { "Sec-Fetch-Site": "cross-site" },
      { "Sec-Fetch-Site": "same-site" },
      // A script from another site is not a visit of a page.
      { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script" },
    ];
    for (const headers of foreign) {
      for (const path of READS) {
        const { status, json } = await served.ask(path, { headers });
        expect([status, json.error.name], `${path} ${JSON.stringify(headers)}`).to.deep.equal([403, "AccessDenied"]);
      }
      for (const [path, body] of Object.entries(WRITES)) {
        expect((await served.ask(path, { body, headers })).status, path).to.equal(403);
      }
      expect((await served.ask("api/start", { method: "OPTIONS", headers })).status).to.equal(403);
    }
    const navigated = { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document" };
    expect((await served.ask("api/sagas", { headers: navigated })).status, "a link to the API").to.equal(403);
    const framed = { ...navigated, "Sec-Fetch-Dest": "iframe" };
    expect((await served.ask("nothing", { headers: framed })).status, "a frame").to.equal(403);
    expect((await served.ask("nothing", { headers: navigated })).status, "a link to the page").to.equal(404);
    expect(
      (await served.ask("api/sagas", { headers: { Origin: own, "Sec-Fetch-Site": "same-origin" } })).status,
    ).to.equal(200);
    await nothingHappened();
  });

  it("changes nothing without the page's token", async () => {
    const { token } = served;
    for (const [path, body] of Object.entries(WRITES)) {
      for (const given of [undefined, "", "x", token.slice(1), `${token}x`, token.toLowerCase()]) {
        const { status, json } = await served.ask(path, { body, headers: { "x-saga-console": given } });
        expect([status, json.error.name], path).to.deep.equal([403, "AccessDenied"]);
      }
    }
    const cleared = await served.ask("api/faults", { method: "DELETE", body: {}, headers: { "x-saga-console": "x" } });
    expect(cleared.status).to.equal(403);
    await nothingHappened();
  });

  it("has a new token of 256 bits at each start", async () => {
    const other = await startConsole();
    expect(other.token).not.to.equal(served.token);
    expect(Buffer.from(other.token, "base64url")).to.have.length(32);
    await other.close();
  });

  it("changes nothing if it is read-only", async () => {
    const reading = await startConsole({ writable: false });
    for (const [path, body] of Object.entries(WRITES)) {
      const { status, json } = await reading.ask(path, { body });
      expect([status, json.error.name], path).to.deep.equal([403, "ReadOnly"]);
    }
    expect([...reading.cloud.executions.values()]).to.deep.equal([]);
    expect(reading.cloud.faults.list()).to.deep.equal([]);
    await reading.close();
  });

  it("accepts each request only with its method, and names it", async () => {
    for (const [path, method, allowed] of [
      ["api/start", "GET", "POST"],
      ["api/sagas", "POST", "GET"],
      ["api/faults", "PUT", "GET, POST, DELETE"],
      ["api/live", "POST", "GET"],
      ["api/session", "TRACE", "GET"],
      ["", "POST", "GET, HEAD"],
    ] as const) {
      const { status, headers } = await served.ask(path, { method, ...(method === "POST" && { body: {} }) });
      expect([status, headers["allow"]], `${method} ${path}`).to.deep.equal([405, allowed]);
    }
    expect((await served.ask("api/constructor")).status).to.equal(404);
    expect((await served.ask("api/start", { method: "constructor" })).status).to.be.oneOf([400, 405]);
  });

  it("accepts only JSON, and only up to the size of an input", async () => {
    const [body] = [WRITES["api/start"]];
    for (const type of [
      undefined,
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data",
      "x/json",
    ]) {
      const { status, json } = await served.ask("api/start", { body, headers: { "Content-Type": type } });
      expect([status, json.error.name], String(type)).to.deep.equal([415, "UnsupportedMediaType"]);
    }
    for (const no of ["", "{", "[]", "7", "null", '"x"', "\u0000"]) {
      const { status, json } = await served.ask("api/start", { body: no });
      expect([status, json.error.name], no).to.deep.equal([400, "InvalidRequest"]);
    }
    for (const wrong of [
      {},
      { machineArn: 7, input: {} },
      { machineArn: machineArn("wait") },
      { machineArn: "", input: 1 },
    ]) {
      expect((await served.ask("api/start", { body: wrong })).status, JSON.stringify(wrong)).to.equal(400);
    }
    const huge = await served.ask("api/start", { body: { ...body, input: "x".repeat(2 * 1024 * 1024) } });
    expect([huge.status, huge.json.error.name]).to.deep.equal([413, "RequestTooLarge"]);
    const chunk = `${(65_536).toString(16)}\r\n${" ".repeat(65_536)}\r\n`;
    const chunked = await served.ask("api/start", {
      body: chunk.repeat(40),
      headers: { "Content-Length": undefined, "Transfer-Encoding": "chunked" },
    });
    expect([chunked.status, chunked.json.error.name]).to.deep.equal([413, "RequestTooLarge"]);
    await nothingHappened();
  });

  it("has a policy against other scripts, other servers and frames", async () => {
    const answers = [
      await served.ask("nothing"),
      await served.ask("api/session"),
      await served.ask("api/nothing"),
      await served.ask("api/start"),
      await served.ask("api/sagas", { headers: { Host: "evil.example" } }),
      await served.ask("/console"),
    ];
    const page = await fetch(`${served.url}api/live`);
    await page.body?.cancel();
    for (const headers of [...answers.map((answer) => answer.headers), Object.fromEntries(page.headers)]) {
      const policy = new Map(
        (headers["content-security-policy"] ?? "")
          .split("; ")
          .map((each) => [each.split(" ")[0], each.split(" ").slice(1)]),
      );
      expect(policy.get("default-src")).to.deep.equal(["'none'"]);
      for (const source of ["script-src", "style-src", "connect-src"])
        expect(policy.get(source)).to.deep.equal(["'self'"]);
      for (const none of ["frame-ancestors", "base-uri", "form-action", "trusted-types"]) {
        expect(policy.get(none), none).to.deep.equal(["'none'"]);
      }
      expect(policy.get("require-trusted-types-for")).to.deep.equal(["'script'"]);
      expect(headers).to.include({
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp",
      });
      expect(headers).not.to.have.property("access-control-allow-origin");
    }
  });

  it("serves its own three files, and no other file of this machine", async () => {
    for (const path of [
      "../package.json",
      "%2e%2e/package.json",
      "..%2fpackage.json",
      "....//package.json",
      "server/guard.ts",
      "server/guard.js",
      "build.ts",
      "/console/../../etc/passwd",
      "/console//etc/passwd",
      "api/../index.html",
      "index.html/../../build.ts",
      "app.js%00",
      "constructor",
      "__proto__",
    ]) {
      const { status, body } = await served.ask(path);
      expect(status, path).to.equal(404);
      expect(body).not.to.match(/"name": ?"saga-aws-pulumi"|root:/);
    }
  });

  it("answers only below its own path: other requests to the port are for AWS's services", async () => {
    for (const path of ["/consolex", "/Console/", "/x/console/", "/", "//console/"]) {
      const { status, json } = await served.ask(path);
      expect([status, json.__type], path).to.deep.equal([403, "MissingAuthenticationTokenException"]);
    }
    for (const path of ["/console", "/console?x"]) {
      const { status, headers } = await served.ask(path);
      expect([status, headers["location"]], path).to.deep.equal([308, "/console/"]);
    }
  });

  it("answers errors in JSON, without details of internal failures", async () => {
    const failing = await startConsole({
      known: () => {
        throw new Error("/home/somebody/secret.ts is broken");
      },
    });
    const { status, json, body } = await failing.ask("api/sagas");
    expect([status, json]).to.deep.equal([
      500,
      { error: { name: "InternalFailure", message: "The console failed on this request" } },
    ]);
    expect(body).not.to.contain("secret.ts");
    await failing.close();
    const arn = `arn:aws:states:${PLACE}:execution:wait:none`;
    for (const path of ["execution", "history", "rows", "logs", "live"]) {
      const missing = await served.ask(`api/${path}?arn=${arn}`);
      expect([missing.status, missing.json], path).to.deep.equal([
        404,
        { error: { name: "ExecutionDoesNotExist", message: `Execution Does Not Exist: '${arn}'` } },
      ]);
      expect((await served.ask(`api/${path}?arn=x`)).json.error.name, path).to.equal("InvalidArn");
      if (path !== "live") expect((await served.ask(`api/${path}`)).status, path).to.equal(400);
    }
    const gone = await startConsole({ target: endpointTarget("http://127.0.0.1:9", {}) });
    const unreached = await gone.ask("api/sagas");
    expect([unreached.status, unreached.json.error.name]).to.deep.equal([502, "NotReachable"]);
    await gone.close();
  });

  it("never sends its credentials to a page", async () => {
    const { hostname, port } = new URL(served.url);
    const target: ConsoleTarget = {
      ...localTarget(served.cloud),
      name: `http://ada:lovelace@${hostname}:${port}`,
      sfn: async () =>
        new SFNClient({
          ...clientOptions(served.cloud),
          credentials: {
            accessKeyId: "AKIALOVELACE",
            secretAccessKey: "lovelace-secret",
            sessionToken: "lovelace-token",
          },
        }),
    };
    const asking = await startConsole({ target });
    const { json } = await asking.ask("api/session");
    expect(Object.keys(json)).to.have.members(["target", "writable", "faults", "token"]);
    expect(json.target).to.deep.equal({ kind: "local", name: `http://${hostname}:${port}`, region: "eu-west-1" });
    for (const path of READS.filter((each) => each.startsWith("api/") && each !== "api/live")) {
      expect((await asking.ask(path)).body, path).not.to.match(/lovelace/i);
    }
    await asking.close();
  });

  it("shows no secret at any depth of nested JSON, in answers and on the live stream", async () => {
    const { hideSecrets, maskedJson } = await import("../../saga/cli/print");
    const secret = 'pass"word\\of-a-test';
    hideSecrets([secret]);
    const masking = await startConsole({ mask: maskedJson });
    const input = { id: "1", key: secret, inner: JSON.stringify({ key: secret, deeper: JSON.stringify([secret]) }) };
    const { arn } = (await masking.ask("api/start", { body: { machineArn: machineArn("echo"), input } })).json;
    const told = await listen(masking, `?arn=${arn}&from=1`, (all) =>
      all.some(({ data }) => data.events?.some(({ type }: { type: string }) => type === "ExecutionSucceeded")),
    );
    const read = [
      (await masking.ask(`api/execution?arn=${arn}`)).body,
      (await masking.ask(`api/history?arn=${arn}`)).body,
      (await masking.ask(`api/logs?arn=${arn}`)).body,
      JSON.stringify(told),
    ];
    for (const text of read) {
      expect(text).to.contain("[secret]");
      expect(text).not.to.contain("word").and.not.to.contain("of-a-test");
    }
    await masking.close();
  });

  it("shows no data of a machine whose log leaves it out, in answers and on the live stream", async () => {
    const sfn = new SFNClient(clientOptions(served.cloud));
    const hiding = async (name: string, includeExecutionData: boolean): Promise<string> => {
      const { stateMachineArn } = await sfn.send(
        new CreateStateMachineCommand({
          name,
          roleArn: "arn:aws:iam::000000000000:role/all",
          definition: definition({
            Keep: { Type: "Pass", Assign: { card: "{% $states.input.card %}" }, Next: "End" },
            End: { Type: "Pass", End: true },
          }),
          loggingConfiguration: {
            level: "ERROR",
            includeExecutionData,
            destinations: [{ cloudWatchLogsLogGroup: { logGroupArn: `arn:aws:logs:${PLACE}:log-group:x:*` } }],
          },
        }),
      );
      const started = await sfn.send(new StartExecutionCommand({ stateMachineArn, input: '{"card":"4242-4242"}' }));
      return started.executionArn as string;
    };
    const [hidden, shown] = [await hiding("hiding", false), await hiding("showing", true)];
    const everything = async (arn: string): Promise<readonly string[]> => {
      await until(async () => (await served.ask(`api/execution?arn=${arn}`)).json.description.status === "SUCCEEDED");
      const told = await listen(served, `?arn=${arn}&from=1`, (all) => all.some(({ event }) => event === "history"));
      const { body, json } = await served.ask(`api/history?arn=${arn}`);
      expect(json.events.map(({ type }: { type: string }) => type)).to.deep.equal([
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
      ]);
      const rows = await served.ask(`api/rows?arn=${arn}`);
      expect(rows.status).to.equal(arn === hidden ? 404 : 200);
      return [(await served.ask(`api/execution?arn=${arn}`)).body, body, JSON.stringify(told)];
    };
    for (const text of await everything(hidden)) {
      expect(text).not.to.match(/4242|assignedVariables|"(in|out)put/);
    }
    for (const text of await everything(shown)) expect(text).to.contain("4242-4242");
    sfn.destroy();
  });

  it("lets 50 pages listen, and asks the next one to come again later", async () => {
    const controller = new AbortController();
    const pages = await Promise.all(
      Array.from({ length: 50 }, () => fetch(`${served.url}api/live`, { signal: controller.signal })),
    );
    expect(pages.map(({ status }) => status)).to.deep.equal(pages.map(() => 200));
    const more = await served.ask("api/live");
    expect([more.status, more.json.error.name, more.headers["retry-after"]]).to.deep.equal([503, "TooManyPages", "10"]);
    controller.abort();
    await until(async () => {
      const again = await fetch(`${served.url}api/live`);
      await again.body?.cancel();
      return again.status === 200;
    });
  });
});
