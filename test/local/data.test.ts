import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateStateMachineCommand, ListStateMachinesCommand, SFNClient } from "@aws-sdk/client-sfn";
import { expect } from "chai";
import { type HistoryEvent, virtualClock } from "../../saga/interpreter";
import { type CloudOptions, LocalCloud } from "../../saga/local/cloud";
import type { DeadLetter } from "../../saga/local/asynchronous-calls";
import { Journal } from "../../saga/local/data/journal";
import { Store } from "../../saga/local/data/store";
import { DeadLetters } from "../../saga/local/dead-letters";
import { Outbox } from "../../saga/local/services/outbox";
import { evaluateProgram, type Program } from "../../saga/local/program";
import { ofType, TABLE } from "../../saga/local/resources";
import { StateMachines } from "../../saga/local/step-functions/machines";
import { chaos } from "./chaos";
import { SLOW } from "../slow";
import { clientOptions, definition, machineArn, program as wireProgram } from "./wire/fixture";

describe("a data folder", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "data-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const all = async <T>(entries: AsyncIterable<T>): Promise<T[]> => {
    const found: T[] = [];
    for await (const each of entries) found.push(each);
    return found;
  };
  const refusal = (at: string): Promise<Error> =>
    Store.open(at).then(
      () => expect.fail("it opens"),
      (error: unknown) => error as Error,
    );
  /** Every file in it, with its content, except LevelDB's own logs. */
  const contents = (): unknown =>
    readdirSync(folder, { recursive: true, encoding: "utf8", withFileTypes: true })
      .filter((entry) => entry.isFile() && !/^LOG|^LOCK/.test(entry.name))
      .map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name)).toString("base64")]);

  describe("the store", () => {
    it("has all values once they are durable, in the order of their keys, and none that was deleted", async () => {
      const store = await Store.open(join(folder, "new", "one"));
      for (const key of ["b!2", "a!1", "b!1", "c!1"]) store.put(key, { key });
      await store.durable();
      store.delete("b!2");
      store.put("b!3", "last");
      await store.close();
      const again = await Store.open(join(folder, "new", "one"));
      expect(await all(again.entries("b!"))).to.deep.equal([
        ["1", { key: "b!1" }],
        ["3", "last"],
      ]);
      await again.close();
    });

    it("writes the values of one turn in one batch, so that all of them are stored or none", async () => {
      const store = await Store.open(join(folder, "new", "two"));
      const { db } = store as any;
      const batch = db.batch.bind(db);
      const batches: (readonly string[])[] = [];
      db.batch = (operations: readonly { readonly key: string }[]) => {
        batches.push(operations.map(({ key }) => key));
        return batch(operations);
      };
      store.put("x!1", "an execution");
      store.put("e!1!1", "its first entry");
      await store.durable();
      store.put("e!1!2", "its end");
      store.put("p!1", true);
      await store.close();
      expect(batches).to.deep.equal([
        ["x!1", "e!1!1"],
        ["e!1!2", "p!1"],
      ]);
    });

    it("refuses a second process", async () => {
      const store = await Store.open(folder);
      expect(await refusal(folder))
        .to.have.property("message")
        .that.matches(/^the data in .* is in use by another process: stop that process, or use another folder$/);
      store.put("a", 1);
      await store.close();
      const next = await Store.open(folder);
      expect(await all(next.entries("a"))).to.deep.equal([["", 1]]);
      await next.close();
    });

    it("refuses a folder with other files or of another format, and does not change it", async () => {
      writeFileSync(join(folder, "letter.txt"), "dear");
      const before = contents();
      expect(await refusal(folder))
        .to.have.property("message")
        .that.matches(/contains other files \('letter.txt'\) and was not changed/);
      expect(contents()).to.deep.equal(before);
      expect(await refusal(join(folder, "letter.txt")))
        .to.have.property("message")
        .that.matches(/letter.txt is not a usable folder/);
      unlinkSync(join(folder, "letter.txt"));
      writeFileSync(join(folder, "format.json"), '{"kind":"saga-aws-pulumi local data","format":99}\n');
      expect(await refusal(folder))
        .to.have.property("message")
        .that.matches(/has another format \(.*99.*\) and was not changed: use another folder, or the release/);
    });

    it("refuses a damaged folder, and does not change it", async () => {
      const store = await Store.open(folder);
      store.put("a", 1);
      await store.close();
      unlinkSync(join(folder, "journal", "CURRENT"));
      for (const name of readdirSync(join(folder, "journal"))) {
        if (name.startsWith("MANIFEST")) writeFileSync(join(folder, "journal", "CURRENT"), "MANIFEST-000099\n");
      }
      const before = contents();
      expect(await refusal(folder))
        .to.have.property("message")
        .that.matches(/^the data in .* can't be read: .* It was not changed: repair it, move it away/);
      expect(contents()).to.deep.equal(before);
      rmSync(join(folder, "journal"), { recursive: true });
      mkdirSync(join(folder, "tables"));
      expect(await refusal(folder))
        .to.have.property("message")
        .that.matches(/has tables but no journal, and was not changed/);
    });
  });

  describe("a cloud", function () {
    this.timeout(60_000);
    const open: LocalCloud[] = [];
    const releases = new Map<number, Promise<Program>>();
    const release = (number: number): Promise<Program> => {
      const there = releases.get(number);
      if (there) return there;
      process.env["RELEASE"] = String(number);
      const evaluated = evaluateProgram({}, join(__dirname, "../deploy/release.ts")).finally(() => {
        delete process.env["RELEASE"];
      });
      releases.set(number, evaluated);
      return evaluated;
    };
    const start = async (program: Program, options: CloudOptions = {}): Promise<LocalCloud> => {
      const cloud = await LocalCloud.start(program, { data: folder, ...options });
      open.push(cloud);
      return cloud;
    };
    afterEach(() => Promise.all(open.splice(0).map((cloud) => cloud.close())));

    /** A waiting execution, which a process leaves behind. */
    async function left() {
      const cloud = await start(await release(1));
      const execution = await new Promise<ReturnType<typeof cloud.startExecution>>((resolve) => {
        const started = cloud.startExecution({ order_id: "1", total: 1 }, ({ type }: HistoryEvent) => {
          if (type === "WaitStateEntered") resolve(started);
        });
      });
      await cloud.durable();
      return { cloud, execution, history: [...execution.history] };
    }

    it(`continues an execution, on the code and the definition that it began with ${SLOW}`, async () => {
      const { cloud, execution, history } = await left();
      await cloud.close();
      const next = await start(await release(2));
      const known = next.executions.get(execution.arn);
      expect(known?.execution.startTime).to.equal(execution.startTime);
      expect(known?.execution.history.slice(0, history.length)).to.deep.equal(history);
      const output = { saga: 1, first: 1, second: 1 };
      expect(await known?.execution.result).to.deep.equal({ status: "SUCCEEDED", output });
      const { report: young } = await next.execute({ order_id: "2" });
      expect(young.output).to.deep.equal({ saga: 2, first: 2, second: 2 });

      await next.settled();
      await next.close();
      const last = await start(await release(2));
      expect(last.executions.get(execution.arn)?.ended?.result).to.deep.equal({ status: "SUCCEEDED", output });
      expect([...last.executions.values()]).to.have.length(2);
    });

    it("publishes an end that was not published: a stopped execution is undone, by its own release (S12)", async () => {
      const { cloud, execution } = await left();
      execution.stop();
      await execution.result;
      // The process ends before the recovery begins.
      await cloud.close();
      const next = await start(await release(2));
      await next.settled();
      expect(next.executions.get(execution.arn)?.ended?.result.status).to.equal("ABORTED");
      const others = [...next.executions.values()].filter(({ execution: { arn } }) => arn !== execution.arn);
      expect(others).to.have.length(1);
      const calls = others[0]?.execution.history.filter(({ type }) => type === "TaskSucceeded") ?? [];
      expect(calls.map(({ state, output }) => [state, (output as { Payload: unknown }).Payload])).to.deep.equal([
        ["UndoFirst", { release: 1 }],
      ]);
      expect(next.deadLetters).to.deep.equal([]);
    });

    /** The first release, without its saga: only its table is left. */
    const dropped = async (): Promise<Program> => {
      const program = await release(1);
      return { ...program, resources: ofType(program, TABLE) };
    };
    /** The undos of a stopped execution: their states, and their results. */
    const undosOf = (cloud: LocalCloud, stopped: string): unknown => {
      expect(cloud.executions.get(stopped)?.ended?.result.status).to.equal("ABORTED");
      expect(cloud.deadLetters).to.deep.equal([]);
      const others = [...cloud.executions.values()].filter(({ execution: { arn } }) => arn !== stopped);
      return others.map(({ execution: { history } }) =>
        history
          .filter(({ type }) => type === "TaskSucceeded")
          .map(({ state, output }) => [state, (output as { Payload: unknown }).Payload]),
      );
    };
    const UNDONE = [[["UndoFirst", { release: 1 }]]];

    it("undoes an execution that is stopped after the program has dropped its saga (S12)", async () => {
      const { cloud, execution } = await left();
      await cloud.deploy(await dropped());
      execution.stop();
      await cloud.settled();
      expect(undosOf(cloud, execution.arn)).to.deep.equal(UNDONE);
    });

    it("undoes a stopped execution, although the program drops its saga before the recovery begins (S12)", async () => {
      const { cloud, execution } = await left();
      execution.stop();
      await execution.result;
      await cloud.deploy(await dropped());
      await cloud.settled();
      expect(undosOf(cloud, execution.arn)).to.deep.equal(UNDONE);
    });

    it("undoes an execution that was stopped, although the program has dropped its saga since (S12)", async () => {
      const { cloud, execution } = await left();
      execution.stop();
      await execution.result;
      // The process ends before the recovery begins.
      await cloud.close();
      const next = await start(await dropped());
      await next.settled();
      expect(undosOf(next, execution.arn)).to.deep.equal(UNDONE);
    });

    it("undoes it after several processes, and then keeps nothing of the dropped saga but its executions", async () => {
      const { cloud, execution } = await left();
      await cloud.close();
      const next = await start(await dropped());
      await next.close();
      const last = await start(await dropped());
      last.executions.get(execution.arn)?.execution.stop();
      await last.settled();
      expect(undosOf(last, execution.arn)).to.deep.equal(UNDONE);
      await last.close();
      // The process after it has nothing to do for the saga, so it drops the rest.
      await (await start(await dropped())).close();
      const { journal, kept } = await Journal.open(folder);
      await journal.close();
      expect(kept.machines).to.deep.equal([]);
      expect(kept.standing).to.deep.equal([]);
      expect(kept.executions).to.have.length(2);
    });

    it("continues an execution that waits for a child, and does not start the child again", async () => {
      const program = await evaluateProgram({}, join(__dirname, "../deploy/children.ts"));
      const cloud = await start(program);
      const parent = cloud.startExecution({ order_id: "1", total: 1 }, undefined, "Parent");
      const calling = (): boolean =>
        [...cloud.executions.values()].some(
          ({ execution: { arn, history } }) => arn !== parent.arn && history.at(-1)?.type === "TaskStarted",
        );
      while (!calling()) await new Promise((resolve) => setTimeout(resolve, 1));
      await cloud.durable();
      await cloud.close();

      const next = await start(program);
      // The second child creates the same order as the first. So all is undone, as without a restart.
      const { status, error, cause } = (await next.executions.get(parent.arn)?.execution.result) ?? {};
      expect({ status, error }).to.deep.equal({ status: "FAILED", error: "SagaCompensated" });
      expect(JSON.parse(cause ?? "")).to.include({ step: "Second", error: "States.TaskFailed" });
      const firsts = [...next.executions.values()].filter(({ machineName }) => /^Parent-One-\w+$/.test(machineName));
      expect(firsts.map(({ ended }) => ended?.result.status)).to.deep.equal(["SUCCEEDED"]);
      const calls = firsts[0]?.execution.history.filter(({ type }) => /^Task(Scheduled|Succeeded)$/.test(type)) ?? [];
      expect(calls.map(({ type, state }) => [type, state])).to.deep.equal([
        ["TaskScheduled", "CreateOrder"],
        ["TaskSucceeded", "CreateOrder"],
      ]);
    });

    it("stops the child of an execution that was stopped just before the process ended", async () => {
      const program = await evaluateProgram({}, join(__dirname, "../deploy/children.ts"));
      const cloud = await start(program);
      const parent = cloud.startExecution({ order_id: "1", total: 1 }, undefined, "Parent");
      while ([...cloud.executions.values()].length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
      await cloud.durable();
      parent.stop();
      // The stop is in the journal, and its consequences are not.
      await cloud.close();

      const next = await start(program);
      expect(await next.executions.get(parent.arn)?.execution.result).to.deep.equal({ status: "ABORTED" });
      await next.settled();
      const child = [...next.executions.values()].find((known) => known.parent?.arn === parent.arn);
      expect(child?.ended?.result.status).to.equal("ABORTED");
      const rows = await next.table.rows("1");
      expect(rows.map(({ entity, status }) => [entity, status])).to.deep.equal([["ORDER", "UNDONE"]]);
    });

    it("continues an execution whose machine and role the program has dropped meanwhile", async () => {
      const inputsOf = (arn: string) => wireProgram.resources.find((each) => each.arn === arn)?.inputs ?? {};
      const role = {
        type: "aws:iam/role:Role",
        name: "own",
        physicalName: "own",
        inputs: inputsOf("arn:aws:iam::000000000000:role/all"),
      };
      const roleArn = "arn:aws:iam::000000000000:role/own";
      const { Call } = JSON.parse(inputsOf(machineArn("echo"))["definition"] as string).States;
      const states = { Wait: { Type: "Wait", Seconds: 1, Next: "Call" }, Call };
      const machine = { type: "aws:sfn/stateMachine:StateMachine", name: "own", physicalName: "own" };
      const inputs = { definition: definition(states), roleArn };
      const own = [
        { ...role, arn: roleArn },
        { ...machine, arn: machineArn("own"), inputs },
      ];
      const cloud = await start({ ...wireProgram, resources: [...wireProgram.resources, ...own] });
      const { arn } = cloud.startExecution({ n: 1 }, undefined, "own");
      await cloud.durable();
      await cloud.close();
      const next = await start(wireProgram);
      expect(await next.executions.get(arn)?.execution.result).to.deep.equal({ status: "SUCCEEDED", output: { n: 1 } });
    });

    it("does not bring back a machine that the program has dropped, but one that a client has created", async () => {
      const without = (name: string) => ({
        ...wireProgram,
        resources: wireProgram.resources.filter((each) => each.name !== name),
      });
      const machines = async (cloud: LocalCloud) => {
        const { stateMachines = [] } = await new SFNClient(clientOptions(cloud)).send(new ListStateMachinesCommand({}));
        return stateMachines.map(({ name }) => name).sort();
      };
      const cloud = await start(wireProgram);
      const mine = { name: "mine", definition: definition({ Pass: { Type: "Pass", End: true } }) };
      const roleArn = "arn:aws:iam::000000000000:role/all";
      await new SFNClient(clientOptions(cloud)).send(new CreateStateMachineCommand({ ...mine, roleArn }));
      await cloud.deploy(without("wait"));
      expect(await machines(cloud)).to.deep.equal(["approve", "echo", "mine", "quick"]);
      await cloud.close();
      const next = await start(without("wait"));
      expect(await machines(next)).to.deep.equal(["approve", "echo", "mine", "quick"]);
      await next.close();
      // This release drops another machine while no process runs.
      const last = await start(without("approve"));
      expect(await machines(last)).to.deep.equal(["echo", "mine", "quick", "wait"]);
    });

    it("keeps the executions that ended last, as many as configured, in memory and in the folder", async () => {
      const cloud = await start(await release(1), { keep: 2, time: "virtual" });
      for (const order_id of ["1", "2", "3", "4"]) await cloud.execute({ order_id });
      await cloud.settled();
      const orders = (of: LocalCloud): unknown[] =>
        [...of.executions.values()].map(({ execution: { input } }) => (input as { order_id: string }).order_id);
      expect(orders(cloud)).to.deep.equal(["3", "4"]);
      await cloud.close();
      expect(orders(await start(await release(1), { keep: 2 }))).to.deep.equal(["3", "4"]);
    });

    it("keeps a version of a function to the byte, as long as a definition names it", async () => {
      const bytes = Buffer.from([0, 255, 128, 10]);
      const binary = join(folder, "c.bin");
      writeFileSync(binary, bytes);
      const versionArn = "arn:aws:lambda:eu-west-1:000000000000:function:f:1";
      const form = { name: "f", handler: "i.handler", environment: { A: "1" }, timeoutSeconds: 3, memory: 128 };
      const inputs = { role: "arn:role" };
      const resource = { type: "Function", name: "f", physicalName: "f-1", arn: "arn:f", versionArn, inputs };
      const definition = JSON.stringify({
        QueryLanguage: "JSONata",
        StartAt: "A",
        States: { A: { Type: "Task", Resource: versionArn, End: true } },
      });
      const [at, reopen] = [join(folder, "own"), () => Journal.open(join(folder, "own"))];
      const { journal } = await reopen();
      journal.function({ resource, form: { ...form, code: { "i.js": "é" }, files: { "c.bin": binary } } });
      rmSync(binary);
      const machines = new StateMachines(virtualClock(0), Math.random, journal);
      machines.create({ arn: "arn:m", name: "m", definition, roleArn: "arn:role" });
      await journal.close();
      const { journal: again, kept } = await reopen();
      expect(kept.functions.get(versionArn)).to.deep.equal({
        resource,
        form: { ...form, code: {}, contents: { "i.js": Buffer.from("é"), "c.bin": bytes } },
      });
      expect(kept.machines.map(({ name, revision }) => [name, revision.definition])).to.deep.equal([["m", definition]]);
      again.machineDeleted("arn:m");
      await again.close();
      // What is no longer needed is deleted at the next opening.
      const { journal: third, kept: less } = await reopen();
      await third.close();
      expect([less.machines, [...less.functions]]).to.deep.equal([[], []]);
      const store = await Store.open(at);
      const left = await all(store.entries(""));
      await store.close();
      expect(left).to.deep.equal([]);
    });

    it("keeps dead letters until a client deletes them, even in a later process", async () => {
      const { journal } = await Journal.open(folder);
      const letters = new DeadLetters(journal);
      for (const n of [1, 2]) letters.add({ queueArn: "arn:queue", event: { n }, reason: new Error("no") });
      await journal.close();
      const next = await Journal.open(folder);
      const restored = new DeadLetters(next.journal, next.kept.deadLetters);
      expect(restored.letters.map(({ event }) => event)).to.deep.equal([{ n: 1 }, { n: 2 }]);
      restored.remove(restored.letters[0] as DeadLetter);
      await next.journal.close();
      const last = await Journal.open(folder);
      await last.journal.close();
      expect(new DeadLetters(last.journal, last.kept.deadLetters).letters.map(({ event }) => event)).to.deep.equal([
        { n: 2 },
      ]);
    });

    it("keeps messages, and calls that are not complete", async () => {
      const { journal } = await Journal.open(folder);
      journal.message({ from: "Announce", action: "sns:Publish", request: { Message: "hello" } });
      journal.deadLetter({
        queueArn: "arn:queue",
        event: { a: 1 },
        reason: Object.assign(new Error("no"), { name: "E" }),
      });
      const answered = journal.call({ functionArn: "arn:function", event: { b: 1 } });
      journal.call({ functionArn: "arn:function", event: { b: 2 } });
      answered();
      await journal.close();
      const { journal: again, kept } = await Journal.open(folder);
      const hello = { from: "Announce", action: "sns:Publish", request: { Message: "hello" } };
      expect(kept.messages.map(({ message }) => message)).to.deep.equal([hello]);
      const outbox = new Outbox({ most: 2, kept: kept.messages, onAdd: (message) => again.message(message) });
      const later = ["a", "b"].map((Message) => ({ ...hello, request: { Message } }));
      for (const message of later) outbox.add(message);
      expect(outbox.messages).to.deep.equal(later);
      await again.close();
      const { journal: last, kept: left } = await Journal.open(folder);
      await last.close();
      expect(left.messages.map(({ message }) => message)).to.deep.equal(later);
      expect(kept.deadLetters).to.have.length(1);
      expect(kept.deadLetters[0]?.letter).to.deep.include({ queueArn: "arn:queue", event: { a: 1 } });
      expect(kept.deadLetters[0]?.letter.reason).to.include({ name: "E", message: "no" });
      expect(kept.calls.map(({ event }) => event)).to.deep.equal([{ b: 2 }]);
    });
  });

  it(`completes or compensates every order once, even if the process is killed meanwhile ${SLOW}`, async function () {
    this.timeout(240_000);
    const { wrong, outcomes } = await chaos({ folder, orders: 10, kills: 3, seed: 3, longest: 1500 });
    expect(wrong).to.deep.equal([]);
    expect(Object.values(outcomes).reduce((sum, count) => sum + count, 0)).to.equal(10);
    expect(outcomes).to.have.all.keys("completed", "compensated");
  });
});
