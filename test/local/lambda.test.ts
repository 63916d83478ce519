import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { expect } from "chai";
import type { InvocationError } from "../../saga/local/lambda/errors";
import { type DeployedFunction, deployFunction, type FunctionOptions } from "../../saga/local/lambda/function";

describe("the local Lambda runtime", () => {
  const open: DeployedFunction[] = [];
  let logs: string[];
  beforeEach(() => {
    logs = [];
  });
  afterEach(() => Promise.all(open.splice(0).map((deployed) => deployed.close())));

  /** Deploys a module with this body. */
  function deploy(body: string, options: Partial<FunctionOptions> = {}): DeployedFunction {
    const deployed = deployFunction({
      name: "shop-1a2b3c4",
      code: { "__index.js": body },
      handler: "__index.handler",
      environment: {},
      timeoutSeconds: 5,
      memory: 128,
      onLog: (line) => logs.push(line),
      ...options,
    });
    open.push(deployed);
    return deployed;
  }

  async function failure(invocation: Promise<unknown>) {
    const error = await invocation.then(
      (answer) => Promise.reject(new Error(`answered ${JSON.stringify(answer)}`)),
      (reason: unknown) => reason as InvocationError,
    );
    const cause = JSON.parse(error.cause) as { errorType: string; errorMessage: string; trace?: string[] };
    return { error: error.error, ...cause };
  }

  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const until = async (condition: () => boolean) => {
    while (!condition()) await pause(5);
  };
  const requestId = /^RequestId: [0-9a-f-]{36} Error: /;

  describe("an invocation", () => {
    it("takes JSON and returns JSON", async () => {
      const echo = deploy(`exports.handler = async (event) => event`);
      const payload = { text: "ä", list: [1, null], at: new Date(0), gone: undefined };
      expect(await echo.invoke(payload)).to.deep.equal({
        payload: { text: "ä", list: [1, null], at: "1970-01-01T00:00:00.000Z" },
      });
      expect(await echo.invoke(undefined)).to.deep.equal({ payload: null });
    });

    it("returns null if the handler returns nothing", async () => {
      expect(await deploy(`exports.handler = async () => {}`).invoke({})).to.deep.equal({ payload: null });
    });

    it("supports a handler with a callback", async () => {
      const handler = deploy(`exports.handler = (event, context, callback) =>
        event.fail ? callback(new RangeError("no")) : setTimeout(callback, 1, null, "yes")`);
      expect(await handler.invoke({})).to.deep.equal({ payload: "yes" });
      expect(await failure(handler.invoke({ fail: true }))).to.include({ error: "RangeError", errorMessage: "no" });
    });

    it("loads a module in a folder, by the path that the handler names", async () => {
      const code = {
        "src/main.js": `const { n } = require("./n"); exports.run = async () => n;`,
        "src/n.js": `exports.n = 5`,
      };
      expect(await deploy("", { code, handler: "src/main.run" }).invoke({})).to.deep.equal({ payload: 5 });
    });

    it("gets a context of its own", async () => {
      const handler = deploy(`exports.handler = async (event, context) => {
        const before = context.getRemainingTimeInMillis();
        await new Promise((resolve) => setTimeout(resolve, 20));
        return { ...context, before, after: context.getRemainingTimeInMillis() };
      }`);
      const contexts = [await handler.invoke({}), await handler.invoke({})].map(({ payload }) => payload as any);
      expect(contexts[0]).to.include({
        functionName: "shop-1a2b3c4",
        functionVersion: "$LATEST",
        memoryLimitInMB: "128",
        invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:shop-1a2b3c4",
      });
      expect(contexts[0].before).to.be.within(4000, 5000);
      expect(contexts[0].after).to.be.within(3000, contexts[0].before - 10);
      expect(contexts[0].awsRequestId)
        .to.match(/^[0-9a-f-]{36}$/)
        .and.to.not.equal(contexts[1].awsRequestId);
    });

    it("reports each logged line before the response", async () => {
      const handler = deploy(`console.log("cold"); exports.handler = async () => {
        console.log("two\\nlines", { a: 1 });
        process.stdout.write("in ");
        process.stdout.write(Buffer.from("parts"));
        console.error(" and errors");
        process.stdout.write("no end");
      }`);
      await handler.invoke({});
      expect(logs).to.deep.equal(["cold", "two", "lines { a: 1 }", "in parts and errors", "no end"]);
    });
  });

  describe("a failure", () => {
    it("is reported by the error's name, with its message and its trace", async () => {
      const handler = deploy(`exports.handler = async () => {
        throw Object.assign(new Error("total: expected a number"), { name: "InvalidOrder" });
      }`);
      const { trace = [], ...failed } = await failure(handler.invoke({}));
      expect(failed).to.deep.equal({
        error: "InvalidOrder",
        errorType: "InvalidOrder",
        errorMessage: "total: expected a number",
      });
      expect(trace[0]).to.include("total: expected a number");
      expect(trace[1]).to.match(/^ {4}at exports\.handler \(\/var\/task\/__index\.js:2:\d+\)$/);
      expect(trace.join()).to.not.include(tmpdir()).and.to.not.include(process.cwd());
    });

    it("with a value that is not an Error is reported by the value's type", async () => {
      const handler = deploy(`exports.handler = async (event) => { throw event; }`);
      expect(await failure(handler.invoke("text"))).to.include({ error: "string", errorMessage: "text" });
      expect(await failure(handler.invoke(null))).to.include({ error: "string", errorMessage: "handled" });
    });

    it("leaves the sandbox warm", async () => {
      const handler = deploy(
        `let n = 0; exports.handler = async () => { n++; if (n === 1) throw new Error(); return n; }`,
      );
      await failure(handler.invoke({}));
      expect(await handler.invoke({})).to.deep.equal({ payload: 2 });
    });

    it("is reported for a response that can't become JSON", async () => {
      const handler = deploy(`exports.handler = async () => 1n`);
      expect(await failure(handler.invoke({}))).to.include({
        error: "Error",
        errorMessage: "Unable to stringify response body",
      });
    });

    it("is reported for a payload above 6 MB, in either direction", async () => {
      const large = deploy(`exports.handler = async (event) => "x".repeat(6291455)`);
      expect((await failure(large.invoke({}))).error).to.equal("Function.ResponseSizeTooLarge");
      expect((await failure(large.invoke("x".repeat(6291455)))).error).to.equal("Lambda.RequestTooLargeException");
    });
  });

  describe("a function that does not load", () => {
    const cases = [
      ["throws", `throw new TypeError("at load")`, "TypeError", "at load"],
      [
        "has a syntax error",
        `exports.handler = async () => {`,
        "Runtime.UserCodeSyntaxError",
        "SyntaxError: Unexpected end of input",
      ],
      [
        "has no such export",
        `exports.other = 1`,
        "Runtime.HandlerNotFound",
        "__index.handler is undefined or not exported",
      ],
      ["misses a module", `require("mocha")`, "Runtime.ImportModuleError", "Error: Cannot find module 'mocha'"],
    ] as const;
    for (const [how, body, error, message] of cases) {
      it(`because it ${how} fails in each invocation`, async () => {
        const handler = deploy(body);
        for (let i = 0; i < 2; i++) {
          const failed = await failure(handler.invoke({}));
          expect(failed.error).to.equal(error);
          expect(failed.errorMessage).to.include(message).and.to.not.include(tmpdir());
        }
      });
    }
  });

  describe("a timeout", () => {
    const timeoutSeconds = 0.25;

    for (const [how, body] of [
      ["waits", `new Promise(() => setInterval(() => console.log("alive"), 10))`],
      ["loops", `(() => { for (;;); })()`],
    ] as const) {
      it(`stops a function that ${how}, as Lambda reports it`, async () => {
        const handler = deploy(`let n = 0; exports.handler = async (event) => event.stay ? ${body} : ++n`, {
          timeoutSeconds,
        });
        await handler.invoke({});
        const failed = await failure(handler.invoke({ stay: true }));
        expect(failed).to.include({ error: "Sandbox.Timedout", errorType: "Sandbox.Timedout" });
        expect(failed.errorMessage)
          .to.match(requestId)
          .and.to.match(/Error: Task timed out after 0\.25 seconds$/);

        const lines = logs.length;
        await pause(50);
        expect(logs).to.have.length(lines);
        expect(await handler.invoke({}), "a cold start").to.deep.equal({ payload: 1 });
      });
    }
  });

  describe("a crash", () => {
    const cases = [
      [
        "an exit with a status",
        `process.exit(3)`,
        "Lambda.Unknown",
        /Error: Runtime exited with error: exit status 3$/,
      ],
      ["an exit without one", `process.exit(0)`, "Lambda.Unknown", /Error: Runtime exited without providing a reason$/],
      [
        "too little memory",
        `for (const all = []; ; ) all.push(new Array(1e4).fill({}))`,
        "Lambda.Unknown",
        /Error: Runtime exited with error: signal: killed$/,
      ],
      [
        "an uncaught exception",
        `setImmediate(() => { throw new RangeError("late") }); await new Promise(() => {})`,
        "RangeError",
        /^late$/,
      ],
      [
        "an unhandled rejection",
        `Promise.reject(new Error("lost")); await new Promise(() => {})`,
        "Runtime.UnhandledPromiseRejection",
        /^Error: lost$/,
      ],
    ] as const;
    for (const [how, body, error, message] of cases) {
      it(`by ${how} is reported as ${error}, and the next invocation starts cold`, async () => {
        const handler = deploy(
          `let n = 0; exports.handler = async (event) => { n++; if (event.crash) { ${body} } return n; }`,
          { memory: 32 },
        );
        await handler.invoke({});
        const failed = await failure(handler.invoke({ crash: true }));
        expect(failed.error).to.equal(error);
        expect(failed.errorMessage).to.match(message);
        if (error === "Lambda.Unknown") expect(failed.errorMessage).to.match(requestId);
        expect(await handler.invoke({})).to.deep.equal({ payload: 1 });
      });
    }

    it("between two invocations affects neither of them", async () => {
      const handler = deploy(`exports.handler = async () =>
        void setTimeout(() => { console.log("exits"); process.exit(1); }, 5)`);
      await handler.invoke({});
      await until(() => logs.length > 0);
      await pause(50);
      expect(await handler.invoke({})).to.deep.equal({ payload: null });
    });
  });

  describe("isolation", () => {
    it("shows a function its own variables and those of Lambda, and none of this process", async () => {
      process.env["SECRET_OF_THIS_MACHINE"] = "1";
      const handler = deploy(`exports.handler = async () => process.env`, {
        environment: { TABLE_NAME: "saga", AWS_REGION: "eu-west-1" },
      });
      const { payload } = await handler.invoke({});
      delete process.env["SECRET_OF_THIS_MACHINE"];
      expect(payload).to.include({
        TABLE_NAME: "saga",
        AWS_REGION: "eu-west-1",
        AWS_LAMBDA_FUNCTION_NAME: "shop-1a2b3c4",
        AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "128",
        AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/shop-1a2b3c4",
      });
      const given = Object.keys(payload as object).filter((name) => !name.startsWith("AWS_"));
      expect(given.sort()).to.deep.equal(["NODE_PATH", "TABLE_NAME"]);
    });

    it("does not let a function change the environment of this process or of another sandbox", async () => {
      const handler = deploy(`exports.handler = async (event) => {
        const before = process.env.MARK; process.env.MARK = "set";
        await new Promise((resolve) => setTimeout(resolve, 400));
        return before ?? "unset";
      }`);
      const answers = await Promise.all([handler.invoke({}), handler.invoke({})]);
      expect(answers).to.deep.equal([{ payload: "unset" }, { payload: "unset" }]);
      expect(process.env["MARK"]).to.equal(undefined);
    });

    it("shows a function Node's modules, its own archive and the AWS SDK, and no other module of the project", async () => {
      const code = {
        "__index.js": `exports.handler = async (names) => names.map((name) => {
          try { return typeof require(name); } catch (error) { return error.code; }
        })`,
        "own.js": "exports.own = true",
      };
      const visible = [
        "node:crypto",
        "./own",
        "@aws-sdk/client-dynamodb",
        "@aws-sdk/lib-dynamodb",
        "@aws-sdk/util-dynamodb",
      ];
      const hidden = ["chai", "typescript", "@pulumi/pulumi", "@smithy/types"];
      const { payload } = await deploy("", { code }).invoke([...visible, ...hidden]);
      expect(payload).to.deep.equal([...visible.map(() => "object"), ...hidden.map(() => "MODULE_NOT_FOUND")]);
    });
  });

  describe("sandboxes", () => {
    const counting = `const { randomUUID } = require("node:crypto"); const id = randomUUID(); let n = 0;
      exports.handler = async (event) => {
        n++;
        await new Promise((resolve) => setTimeout(resolve, event.wait ?? 0));
        console.log("finished " + event.wait);
        return { id, n };
      }`;

    it("start cold once and are reused", async () => {
      const handler = deploy(counting);
      const first = (await handler.invoke({})).payload as { id: string };
      expect((await handler.invoke({})).payload).to.deep.equal({ id: first.id, n: 2 });
    });

    it("take one invocation at a time: concurrent ones get sandboxes of their own, all of which are reused", async () => {
      const handler = deploy(counting);
      const three = async () => {
        const answers = await Promise.all([1, 2, 3].map(() => handler.invoke({ wait: 600 })));
        return answers.map(({ payload }) => payload as { id: string; n: number });
      };
      const first = await three();
      expect(new Set(first.map(({ id }) => id)).size).to.equal(3);
      expect(first.map(({ n }) => n)).to.deep.equal([1, 1, 1]);
      const second = await three();
      expect(new Set([...first, ...second].map(({ id }) => id)).size).to.equal(3);
    });

    it("continue when the caller leaves, and serve others afterwards", async () => {
      const handler = deploy(counting);
      await handler.invoke({ wait: 0 });
      const caller = new AbortController();
      const abandoned = handler.invoke({ wait: 60 }, { signal: caller.signal }).catch((reason: unknown) => reason);
      caller.abort("the state timed out");
      expect(await abandoned).to.equal("the state timed out");
      expect(logs).to.deep.equal(["finished 0"]);
      await until(() => logs.includes("finished 60"));
      await pause(20);
      expect((await handler.invoke({ wait: 0 })).payload).to.include({ n: 3 });
    });

    it("start nothing for a caller that has already left", async () => {
      const handler = deploy(counting);
      const reason = await handler.invoke({}, { signal: AbortSignal.abort("gone") }).catch((gone: unknown) => gone);
      expect(reason).to.equal("gone");
      await handler.invoke({ wait: 0 });
      expect(logs).to.deep.equal(["finished 0"]);
    });
  });

  describe("closing", () => {
    it("stops running invocations, abandoned or not, removes the files, and accepts no more invocations", async () => {
      const handler = deploy(`exports.handler = async (event) => event.stay
        ? new Promise(() => setInterval(() => console.log("alive"), 5))
        : __dirname`);
      const { payload: directory } = await handler.invoke({});
      expect(existsSync(directory as string)).to.equal(true);
      const running = handler.invoke({ stay: true }).catch(String);
      const caller = new AbortController();
      const abandoned = handler.invoke({ stay: true }, { signal: caller.signal }).catch(() => "abandoned");
      await until(() => logs.length > 5);
      caller.abort();

      await handler.close();
      expect(await running).to.equal("Error: The function was closed while it ran");
      expect(await abandoned).to.equal("abandoned");
      expect(existsSync(directory as string)).to.equal(false);
      const lines = logs.length;
      await pause(30);
      expect(logs).to.have.length(lines);
      expect(await handler.invoke({}).catch(String)).to.match(/is closed$/);
    });
  });
});
