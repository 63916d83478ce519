import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { loadMachine, realClock, startExecution } from "../../saga/interpreter";
import type { InvocationError } from "../../saga/local/lambda/errors";
import { type DeployedFunction, deployFunction, type FunctionOptions } from "../../saga/local/lambda/function";
import { WorkerPool } from "../../saga/local/lambda/pool";
import { invokeTask } from "../../saga/local/lambda/task";
import { SLOW } from "../slow";

describe("the workers of all functions", function () {
  this.timeout(30_000);
  const open: DeployedFunction[] = [];
  let pool: WorkerPool;
  afterEach(() => Promise.all(open.splice(0).map((each) => each.close())));

  function deploy(name: string, body: string, options: Partial<FunctionOptions> = {}): DeployedFunction {
    const code = { "__index.js": body };
    const deployed = deployFunction({
      ...{ name, code, handler: "__index.handler", environment: {}, timeoutSeconds: 10, memory: 128, pool },
      ...options,
    });
    open.push(deployed);
    return deployed;
  }
  const spinning = `exports.handler = async ({ ms, answer }) => {
    for (const end = Date.now() + ms; Date.now() < end; );
    return answer;
  }`;
  const waiting = `exports.handler = async ({ ms, answer }) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return answer;
  }`;
  /** Counts its calls, and returns the id of its sandbox. */
  const counting = `const id = require("node:crypto").randomUUID(); let n = 0;
    exports.handler = async ({ ms = 0 } = {}) => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      return { id, n: ++n };
    }`;
  const payloads = (calls: readonly Promise<{ payload: unknown }>[]) =>
    Promise.all(calls).then((answers) => answers.map(({ payload }) => payload));

  it("never exceed the maximum, and all calls are answered", async () => {
    pool = new WorkerPool({ cores: 1, size: 3, idleShare: () => 1 });
    const functions = ["a", "b"].map((name) => deploy(name, spinning));
    let most = 0;
    const looks = setInterval(() => (most = Math.max(most, pool.workers)), 1);
    const calls = Array.from({ length: 40 }, (_, answer) => functions[answer % 2]?.invoke({ ms: 20, answer }));
    const answers = await payloads(calls as Promise<{ payload: unknown }>[]);
    clearInterval(looks);
    expect(answers).to.deep.equal(Array.from({ length: 40 }, (_, answer) => answer));
    expect(most).to.equal(3);
  });

  // A call that spins costs the time that it takes, so there are few.
  for (const [what, body, { idle, ms, calls }, several] of [
    ["the machine has time left", spinning, { idle: 1, ms: 40, calls: 20 }, true],
    ["its workers only wait", waiting, { idle: 0, ms: 250, calls: 8 }, true],
    ["neither is so", spinning, { idle: 0, ms: 40, calls: 20 }, false],
  ] as const) {
    it(`are more than one for a function whose calls queue ${several ? "if" : "but not if"} ${what}`, async () => {
      pool = new WorkerPool({ cores: 2, size: 4, idleShare: () => idle });
      const run = deploy("busy", body);
      let most = 0;
      const looks = setInterval(() => (most = Math.max(most, pool.workers)), 5);
      await payloads(Array.from({ length: calls }, (_, answer) => run.invoke({ ms, answer })));
      clearInterval(looks);
      if (several) expect(most).to.be.greaterThan(1);
      else expect(most).to.equal(1);
    });
  }

  it(`serve a function with one call before the many earlier calls of another ${SLOW}`, async () => {
    pool = new WorkerPool({ size: 2 });
    const [busy, late] = [deploy("busy", waiting), deploy("late", waiting)];
    const order: string[] = [];
    const call = (run: DeployedFunction, name: string) =>
      run.invoke({ ms: 20, answer: name }).then(() => void order.push(name));
    const many = Array.from({ length: 100 }, () => call(busy, "busy"));
    await Promise.all([...many, call(late, "late")]);
    expect(order).to.have.length(101);
    // It has a cold start, which takes a while.
    expect(order.indexOf("late")).to.be.below(80);
  });

  it("let no function starve if there are more functions than workers, and one is called all the time", async () => {
    pool = new WorkerPool({ size: 1 });
    const [busy, ...others] = ["a", "b", "c"].map((name) => deploy(name, waiting)) as [
      DeployedFunction,
      DeployedFunction,
    ];
    let served = false;
    const always = Array.from({ length: 4 }, async () => {
      while (!served) await busy.invoke({ ms: 5 });
    });
    await Promise.all(others.flatMap((run) => Array.from({ length: 5 }, () => run.invoke({ ms: 5 }))));
    served = true;
    await Promise.all(always);
  });

  it("are reused, and share no state between functions", async () => {
    pool = new WorkerPool({ size: 1 });
    const module = `globalThis.mark = (globalThis.mark ?? "") + process.env.OWN; let n = 0;
      Array.prototype.stolen = process.env.OWN;
      exports.handler = async () => ({ mark: globalThis.mark, n: ++n, own: process.env.OWN, stolen: [].stolen })`;
    const [one, other] = ["one", "other"].map((name) => deploy(name, module, { environment: { OWN: name } })) as [
      DeployedFunction,
      DeployedFunction,
    ];
    const sees = (own: string, n: number) => ({ payload: { mark: own, n, own, stolen: own } });
    expect(await one.invoke({})).to.deep.equal(sees("one", 1));
    expect(await one.invoke({})).to.deep.equal(sees("one", 2));
    expect(await other.invoke({})).to.deep.equal(sees("other", 1));
    expect(await one.invoke({}), "its worker had gone to the other").to.deep.equal(sees("one", 1));
  });

  for (const [how, body, seconds, error] of [
    ["out of time", "for (;;);", 1, "Sandbox.Timedout"],
    ["an exit", "process.exit(1)", 60, "Lambda.Unknown"],
    ["out of memory", "for (const all = []; ; ) all.push(new Array(1e4).fill({}))", 60, "Lambda.Unknown"],
  ] as const) {
    it(`lose only one call by ${how}`, async () => {
      pool = new WorkerPool({ size: 3 });
      const [dying, living] = [
        deploy("dying", `exports.handler = async () => { ${body} }`, { timeoutSeconds: seconds, memory: 32 }),
        deploy("living", waiting),
      ];
      const others = [1, 2, 3, 4].map((answer) => living.invoke({ ms: 400, answer }));
      const failed = await dying.invoke({}).catch((reason: unknown) => (reason as InvocationError).error);
      expect(failed).to.equal(error);
      expect(await payloads(others)).to.deep.equal([1, 2, 3, 4]);
    });
  }

  it("do not begin a queued call whose caller has left", async () => {
    pool = new WorkerPool({ size: 1 });
    const run = deploy("counting", counting);
    const first = run.invoke({ ms: 50 });
    const caller = new AbortController();
    const gone = run.invoke({}, { signal: caller.signal }).catch((reason: unknown) => reason);
    caller.abort("gone");
    expect(await gone).to.equal("gone");
    expect((await first).payload).to.include({ n: 1 });
    expect((await run.invoke({})).payload).to.include({ n: 2 });
  });

  it("that can't be started fail only their own calls", async () => {
    pool = new WorkerPool({ size: 1 });
    const broken = pool.line(() => {
      throw new Error("no space left");
    });
    const failed = broken.run(() => Promise.resolve()).catch(String);
    const run = deploy("waiting", waiting);
    expect(await failed).to.equal("Error: no space left");
    expect(await payloads([run.invoke({ ms: 1, answer: "done" })])).to.deep.equal(["done"]);
  });

  it("end together with the queued calls", async () => {
    pool = new WorkerPool({ size: 1 });
    const run = deploy("waiting", waiting);
    const calls = [run.invoke({ ms: 5_000 }), run.invoke({ ms: 0 })].map((call) => call.catch(String));
    await run.close();
    expect(await Promise.all(calls)).to.deep.equal(Array(2).fill("Error: The function was closed while it ran"));
    expect(pool.workers).to.equal(0);
  });

  describe("held by calls that wait for other calls", () => {
    let server: Server;
    let child: DeployedFunction;
    before(async () => {
      server = createServer((_, outgoing) => {
        void child.invoke({ ms: 0, answer: "from the child" }).then(({ payload }) => outgoing.end(payload));
      });
      await once(server.listen(0, "127.0.0.1"), "listening");
    });
    after(() => {
      server.close();
      server.closeAllConnections();
    });

    it("get additional workers, so that the awaited call runs; these end again", async () => {
      pool = new WorkerPool({ size: 2 });
      const parent = deploy(
        "parent",
        `exports.handler = async () =>
          (await fetch("http://127.0.0.1:${(server.address() as AddressInfo).port}")).text()`,
      );
      child = deploy("child", waiting);
      const answers = await payloads(Array.from({ length: 12 }, () => parent.invoke({})));
      expect(answers).to.deep.equal(Array(12).fill("from the child"));
      expect(pool.workers).to.be.at.most(2);
    });
  });

  it(`get no additional workers if they use up the machine ${SLOW}`, async () => {
    pool = new WorkerPool({ cores: 1, size: 1 });
    const run = deploy("spinning", spinning);
    let most = 0;
    const looks = setInterval(() => (most = Math.max(most, pool.workers)), 5);
    await Promise.all(Array.from({ length: 4 }, () => run.invoke({ ms: 400 })));
    clearInterval(looks);
    expect(most).to.equal(1);
  });

  describe("and timeouts", () => {
    /** A machine with one state that calls the function. */
    const machine = (timeouts: { state?: number; execution?: number }) =>
      loadMachine({
        QueryLanguage: "JSONata",
        StartAt: "Call",
        ...(timeouts.execution !== undefined && { TimeoutSeconds: timeouts.execution }),
        States: {
          Call: {
            Type: "Task",
            Resource: "arn:aws:states:::lambda:invoke",
            ...(timeouts.state !== undefined && { TimeoutSeconds: timeouts.state }),
            End: true,
          },
        },
      });
    const start = (run: DeployedFunction, ms: number, timeouts: Parameters<typeof machine>[0]) =>
      startExecution(machine(timeouts), {
        input: { ms },
        invoke: (call) => invokeTask(run, call.arguments, call),
        clock: realClock,
        random: Math.random,
      }).result;
    const statuses = (results: readonly Promise<{ status: string }>[]) =>
      Promise.all(results).then((all) => all.map(({ status }) => status));

    it("begin when the call begins: the time in the queue counts neither for the state nor for the execution", async () => {
      pool = new WorkerPool({ cores: 1, size: 1 });
      const run = deploy("spinning", spinning);
      const began = performance.now();
      const results = Array.from({ length: 5 }, () => start(run, 500, { state: 1, execution: 2 }));
      expect(await statuses(results)).to.deep.equal(Array(5).fill("SUCCEEDED"));
      expect(performance.now() - began, "all of them, one after the other").to.be.above(2_000);
    });

    it(`of a parent do not count the time that a child's call is queued ${SLOW}`, async () => {
      pool = new WorkerPool({ cores: 1, size: 1 });
      const run = deploy("spinning", spinning);
      const parents = Array.from({ length: 5 }, () =>
        startExecution(machine({ state: 1 }), {
          input: { ms: 500 },
          invoke: async (call) => {
            const child = startExecution(machine({ execution: 1 }), {
              input: call.arguments,
              invoke: (inner) => invokeTask(run, inner.arguments, inner),
              clock: realClock,
              random: Math.random,
              onHold: call.hold,
            });
            return (await child.result).status;
          },
          clock: realClock,
          random: Math.random,
        }),
      );
      const results = await Promise.all(parents.map(({ result }) => result));
      expect(results.map(({ output }) => output)).to.deep.equal(Array(5).fill("SUCCEEDED"));
    });

    it("end only the call that runs too long", async () => {
      pool = new WorkerPool({ size: 1 });
      const run = deploy("waiting", waiting);
      const [slow, queued] = await Promise.all([start(run, 1_500, { state: 1 }), start(run, 10, { state: 1 })]);
      expect(slow).to.include({ status: "FAILED", error: "States.Timeout" });
      expect(queued).to.include({ status: "SUCCEEDED" });
    });

    it("of an execution end it during a call", async () => {
      pool = new WorkerPool({ size: 1 });
      const result = await start(deploy("waiting", waiting), 3_000, { state: 10, execution: 1 });
      expect(result.status).to.equal("TIMED_OUT");
    });
  });
});

describe("the folder of the functions' code", function () {
  this.timeout(60_000);
  let temporary: string;
  beforeEach(() => {
    temporary = mkdtempSync(join(tmpdir(), "folders-"));
  });
  afterEach(() => {
    rmSync(temporary, { recursive: true });
  });

  /** A process that has called two functions, and continues with `then`. */
  async function openingProcess(then: string): Promise<ChildProcess> {
    const script = `
      const { deployFunction } = require("./saga/local/lambda/function");
      const deploy = (name) => deployFunction({ name, code: { "index.js": "exports.handler = async () => __dirname" },
        handler: "index.handler", environment: {}, timeoutSeconds: 5, memory: 128 });
      const functions = ["a", "b"].map(deploy);
      setInterval(() => {}, 1000);
      Promise.all(functions.map((each) => each.invoke({}))).then(async () => {
        console.log("called");
        ${then}
      });`;
    const child = spawn(process.execPath, ["-r", "ts-node/register/transpile-only", "-e", script], {
      cwd: join(__dirname, "../.."),
      env: { ...process.env, TMPDIR: temporary, TEMP: temporary },
      stdio: ["ignore", "pipe", "ignore"],
    });
    await once(child.stdout as NodeJS.ReadableStream, "data");
    return child;
  }
  const folders = () => readdirSync(temporary).filter((name) => name.includes("lambda-"));

  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    it(`is only one, and is removed after ${signal}, which ends the process${signal === "SIGTERM" ? "" : ` ${SLOW}`}`, async () => {
      const child = await openingProcess("");
      expect(folders()).to.have.length(1);
      child.kill(signal);
      expect(await once(child, "exit")).to.deep.equal([null, signal]);
      expect(folders()).to.deep.equal([]);
    });
  }

  for (const [how, then] of [
    [
      "all are closed",
      `await Promise.all(functions.map((each) => each.close())); process.kill(process.pid, "SIGKILL");`,
    ],
    ["the process exits", "process.exit(0);"],
    ["the process crashes", `setImmediate(() => { throw new Error("crash"); });`],
  ] as const) {
    it(`is removed after ${how} ${SLOW}`, async () => {
      await once(await openingProcess(then), "exit");
      expect(folders()).to.deep.equal([]);
    });
  }

  it(`of a killed process is removed by the next process ${SLOW}`, async () => {
    const killed = await openingProcess("");
    killed.kill("SIGKILL");
    await once(killed, "exit");
    const [left] = folders();
    expect(left).to.include(`-${killed.pid}-`);
    const next = await openingProcess("");
    expect(folders()).to.have.length(1).and.to.not.include(left);
    next.kill();
    await once(next, "exit");
    expect(folders()).to.deep.equal([]);
  });
});
