import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { expect } from "chai";
import { LocalCloud } from "../../saga/local/cloud";
import { Journal } from "../../saga/local/data/journal";
import { Store } from "../../saga/local/data/store";
import type { Program, Resource } from "../../saga/local/program";
import { clientOptions, machineArn, PLACE, program as fixture } from "./wire/fixture";

const ROLE = "arn:aws:iam::000000000000:role/all";
const LAMBDA = `arn:aws:lambda:${PLACE}:function`;

/** A function that a client calls, and no machine does. It publishes versions. */
const alone = (code: string, version = 5): Resource => ({
  type: "aws:lambda/function:Function",
  name: "alone",
  physicalName: "alone",
  arn: `${LAMBDA}:alone`,
  versionArn: `${LAMBDA}:alone:${version}`,
  inputs: {
    code: { assets: { "__index.js": { text: code } } },
    handler: "__index.handler",
    runtime: "nodejs20.x",
    role: ROLE,
    timeout: 60,
  },
});
const resource = (type: string, name: string, arn: string, inputs: Resource["inputs"]): Resource => ({
  type,
  name,
  physicalName: name,
  arn,
  inputs,
});
const withResources = (...more: readonly Resource[]): Program => ({
  ...fixture,
  resources: [...fixture.resources, ...more],
});

describe("a restart with another program or a damaged folder", function () {
  this.timeout(60_000);
  let root: string;
  let folder: string;
  const open: LocalCloud[] = [];
  const notes: string[] = [];
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "restarts-"));
    folder = join(root, "data");
    notes.length = 0;
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((cloud) => cloud.close()));
    rmSync(root, { recursive: true, force: true });
  });

  const start = async (program: Program): Promise<LocalCloud> => {
    const cloud = await LocalCloud.start(program, { data: folder, onNote: (note) => notes.push(note) });
    open.push(cloud);
    return cloud;
  };
  const refusal = (program: Program): Promise<Error> =>
    start(program).then(
      () => expect.fail("it starts"),
      (error: unknown) => error as Error,
    );
  const send = async (cloud: LocalCloud, payload: object): Promise<void> => {
    const event = { FunctionName: "alone", InvocationType: "Event", Payload: JSON.stringify(payload) } as const;
    await new LambdaClient(clientOptions(cloud)).send(new InvokeCommand(event));
  };
  /** Appends the event to a file, once the file `go` exists. */
  const noting = (word: string): string => `exports.handler = async (event) => {
    const fs = require("fs");
    while (!fs.existsSync(${JSON.stringify(join(root, "go"))})) await new Promise((resolve) => setTimeout(resolve, 10));
    fs.appendFileSync(${JSON.stringify(join(root, "calls"))}, "${word} " + JSON.stringify(event) + "\\n");
  };`;
  const go = (): void => {
    writeFileSync(join(root, "go"), "");
  };
  const calls = (): string => readFileSync(join(root, "calls"), "utf8");

  it("makes a pending call of a function that the program has dropped, on the code that accepted it", async () => {
    const cloud = await start(withResources(alone(noting("one"))));
    await send(cloud, { n: 1 });
    await cloud.close();
    // Twice: the second process ends before the call does, too.
    await (await start(fixture)).close();
    const last = await start(fixture);
    go();
    await last.settled();
    expect(calls()).to.equal('one {"n":1}\n');
    expect(notes).to.deep.equal([]);
    await last.close();
    const { kept, journal } = await Journal.open(folder);
    await journal.close();
    expect(kept.calls).to.deep.equal([]);
  });

  it("makes a pending call on the present code of its function, as on AWS", async () => {
    const cloud = await start(withResources(alone(noting("one"))));
    await send(cloud, { n: 1 });
    await cloud.close();
    go();
    const next = await start(withResources(alone(noting("two"), 6)));
    await next.settled();
    expect(calls()).to.equal('two {"n":1}\n');
  });

  it("keeps a pending call of a function that is nowhere, and says so, until the program has it again", async () => {
    const { journal } = await Journal.open(folder);
    journal.call({ functionArn: `${LAMBDA}:alone`, event: { n: 1 } });
    await journal.close();
    await (await start(fixture)).close();
    expect(notes).to.have.length(1);
    expect(notes[0]).to.match(/^an earlier process did not complete a call of arn:\S+:alone, which is neither in the/);
    go();
    const next = await start(withResources(alone(noting("two"))));
    await next.settled();
    expect(calls()).to.equal('two {"n":1}\n');
  });

  it("goes on with executions although the program has dropped a rule of its own with what the rule calls", async () => {
    const rule = { rule: "nightly" };
    const own = [
      resource("aws:cloudwatch/eventRule:EventRule", "nightly", `arn:aws:events:${PLACE}:rule/nightly`, {
        eventPattern: JSON.stringify({ source: ["aws.states"] }),
      }),
      ...["topic", "python"].map((name) =>
        resource("aws:cloudwatch/eventTarget:EventTarget", name, "", {
          ...rule,
          arn: name === "topic" ? `arn:aws:sns:${PLACE}:topic` : `${LAMBDA}:python`,
        }),
      ),
      resource("aws:sns/topic:Topic", "topic", `arn:aws:sns:${PLACE}:topic`, {}),
      resource("aws:lambda/function:Function", "python", `${LAMBDA}:python`, { runtime: "python3.13", role: ROLE }),
    ];
    const cloud = await start(withResources(...own));
    const waits = cloud.startExecution({}, undefined, "wait");
    await cloud.durable();
    await cloud.close();
    const next = await start(fixture);
    const known = next.executions.get(waits.arn);
    known?.execution.stop();
    await next.settled();
    expect(known?.ended?.result.status).to.equal("ABORTED");
  });

  it("refuses other keys or indexes of a table that has rows, at a start and while it runs, and keeps its rows", async () => {
    const table = (inputs: object): Program => ({
      ...fixture,
      resources: fixture.resources.map((each) =>
        each.name === "orders" ? { ...each, inputs: { ...each.inputs, ...inputs } } : each,
      ),
    });
    const other = table({ attributes: [{ name: "customer", type: "N" }], hashKey: "customer" });
    const cloud = await start(fixture);
    const running = await cloud.deploy(other).then(
      () => expect.fail("it deploys"),
      (error: unknown) => error as Error,
    );
    const message =
      "the table orders has the key id (S), and the program now gives it the key customer (N). AWS would replace it by one " +
      "without rows; this machine can't. To keep its rows, restore its keys. To begin without rows, give it another name, or " +
      "start again, with another folder if --data names one";
    expect(running).to.include({ name: "DataError", message });
    // The release before it stays in place.
    expect((await cloud.execute({ n: 1 }, "echo")).report.output).to.deep.equal({ n: 1 });
    await cloud.close();
    expect(await refusal(other)).to.include({ name: "DataError", message });
    const index = { name: "byCustomer", hashKey: "customer", projectionType: "ALL" };
    const attributes = [
      { name: "id", type: "S" },
      { name: "customer", type: "S" },
    ];
    expect((await refusal(table({ attributes, globalSecondaryIndexes: [index] }))).message).to.match(
      /^the table orders has no index, and the program now gives it byCustomer on customer \(S\) with ALL\. AWS would change/,
    );
    expect(await (await start(fixture)).table.rows()).to.deep.equal([]);
  });

  it("refuses damaged tables before anything runs, and does not change them", async () => {
    await (await start(fixture)).close();
    const current = join(folder, "tables", "CURRENT");
    writeFileSync(current, "garbage\n");
    const error = await refusal(fixture);
    expect(error).to.have.property("name", "DataError");
    expect(error.message).to.match(
      /^the data in .*data can't be read: .*\. It was not changed: repair it, move it away, or use/,
    );
    expect(readFileSync(current, "utf8")).to.equal("garbage\n");
  });

  it("refuses the target of a rule that the program does not register, and keeps the release before it", async () => {
    const cloud = await start(fixture);
    const rule = resource("aws:cloudwatch/eventTarget:EventTarget", "gone", "", { rule: "r", arn: `${LAMBDA}:gone` });
    const without = fixture.resources.filter(({ name }) => name !== "wait");
    const refused = cloud.deploy({ ...fixture, resources: [...without, rule] });
    expect(await refused.catch((error: unknown) => (error as Error).message)).to.match(
      /^the rule r calls .*:gone, which/,
    );
    expect(cloud.startExecution({}, undefined, "wait").arn).to.contain(":wait:");
  });

  describe("of an execution's journal", () => {
    /** A folder with an execution that waits, and its copy, whose journal the test damages. */
    async function damaged(damage: (store: Store, keys: readonly string[]) => void): Promise<Error> {
      const cloud = await start(fixture);
      cloud.startExecution({}, undefined, "wait");
      await cloud.durable();
      await cloud.close();
      const store = await Store.open(folder);
      const keys: string[] = [];
      for await (const [key] of store.entries("")) keys.push(key);
      damage(store, keys);
      await store.close();
      return refusal(fixture);
    }
    const entriesIn = (keys: readonly string[]): readonly string[] => keys.filter((key) => key.startsWith("e!"));

    it("without its end goes on from there", async () => {
      const cloud = await start(fixture);
      const { arn } = cloud.startExecution({}, undefined, "wait");
      await cloud.durable();
      await cloud.close();
      // The last write, as after a power failure.
      const log = readdirSync(join(folder, "journal")).find((name) => name.endsWith(".log")) as string;
      const path = join(folder, "journal", log);
      cpSync(folder, join(root, "copy"), { recursive: true });
      truncateSync(path, readFileSync(path).length - 3);
      const next = await start(fixture);
      const there = next.executions.get(arn);
      expect(there === undefined || there.ended === undefined).to.equal(true);
    });

    it("with a gap is refused", async () => {
      const error = await damaged((store, keys) => {
        store.delete(entriesIn(keys)[0] as string);
      });
      expect(error).to.have.property("name", "DataError");
      expect(error.message).to.match(
        /^the data in .*data is damaged: 'e!\S+!00000' is missing\. Move it away, or use another/,
      );
    });

    it("without its beginning is refused", async () => {
      const error = await damaged((store, keys) => {
        for (const key of keys) if (key.startsWith("x!")) store.delete(key);
      });
      expect(error.message).to.match(/^the data in .*data is damaged: 'x!\S+' is missing/);
    });

    it("that no execution of its machine can have is refused, before anything runs", async () => {
      const error = await damaged((store, keys) => {
        store.put(entriesIn(keys)[1] as string, { id: 2, type: "PassStateEntered", timestamp: 1, state: "Nowhere" });
      });
      const arn = machineArn("wait").replace(":stateMachine:", ":execution:");
      expect(error.message).to.match(
        new RegExp(
          `^the journal of ${arn}:\\S+ in .*data can't be used by this release: .*\\. The folder was not changed: use`,
        ),
      );
    });

    it("with a definition that this release can't read is refused", async () => {
      const error = await damaged((store, keys) => {
        const key = keys.find((each) => each.startsWith("r!")) as string;
        store.put(key, {
          definition: '{"StartAt":"A","States":{"A":{"Type":"Tomorrow"}}}',
          roleArn: ROLE,
          configuration: {},
        });
      });
      expect(error.message).to.match(/^the definition of a state machine in .*data can't be used by this release: /);
    });
  });
});
