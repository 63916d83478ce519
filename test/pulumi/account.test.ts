import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { evaluateProgram } from "../../saga/local/program";
import { Account } from "./account";
import type { Inputs } from "./storage";

const ALIAS = "aws:sfn/alias:Alias";
const DASHBOARD = "aws:cloudwatch/dashboard:Dashboard";
const KEY = "aws:kms/key:Key";
const LOG = "aws:cloudwatch/logGroup:LogGroup";
const MACHINE = "aws:sfn/stateMachine:StateMachine";
const SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription";
const TABLE = "aws:dynamodb/table:Table";

describe("the stand-in for AWS", () => {
  let folder: string;
  let account: Account;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "saga-account-"));
    account = new Account(folder);
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const urn = (type: string) => `urn:pulumi:test::saga::saga-aws-pulumi:index:SagaStateMachine$${type}::Sale`;
  const create = async (type: string, inputs: Inputs) => {
    const { id, outs } = await account.create(urn(type), inputs);
    return { id, outs: outs as Readonly<Record<string, string>> };
  };
  const diff = (id: string, news: Inputs) => account.diff(id, "", {}, news);
  const update = async (id: string, news: Inputs) => (await account.update(id, "", {}, news)).outs as Inputs;
  /** What it says where it refuses. */
  const refusal = (done: Promise<unknown>) =>
    done.then(
      () => "",
      (error: unknown) => (error as Error).message,
    );

  describe("a change", () => {
    const machine = { type: "STANDARD", definition: "{}", publish: true };

    it("of a property that takes another resource replaces it", async () => {
      const { id } = await create(MACHINE, machine);
      expect(await diff(id, machine)).to.include({ changes: false });
      expect(await diff(id, { ...machine, definition: "{ }" })).to.deep.include({ changes: true, replaces: [] });
      expect(await diff(id, { ...machine, type: "EXPRESS" })).to.deep.equal({
        changes: true,
        replaces: ["type"],
        deleteBeforeReplace: false,
      });
    });

    it("of who gets the alarms, and how, takes another subscription", async () => {
      const subscription = { topic: "arn:topic", protocol: "email", endpoint: "you@example.com" };
      const { id } = await create(SUBSCRIPTION, subscription);
      for (const changed of ["topic", "protocol", "endpoint"]) {
        const { replaces } = await diff(id, { ...subscription, [changed]: "other" });
        expect(replaces).to.deep.equal([changed]);
      }
    });

    it("of a dashboard's name takes another one, and of its body does not", async () => {
      const { id, outs } = await create(DASHBOARD, { dashboardName: "Sale-1", dashboardBody: "{}" });
      expect(outs["arn"]).to.match(/:Sale-1$/);
      expect((await diff(id, { dashboardName: "Sale-2", dashboardBody: "{}" })).replaces).to.deep.equal([
        "dashboardName",
      ]);
      expect(await diff(id, { dashboardName: "Sale-1", dashboardBody: "{ }" })).to.include({ changes: true });
    });

    it("deletes first what the program itself has named", async () => {
      const { id } = await create(TABLE, { name: "orders", hashKey: "order_id" });
      expect(await diff(id, { name: "orders", hashKey: "id" })).to.deep.equal({
        changes: true,
        replaces: ["hashKey"],
        deleteBeforeReplace: true,
      });
    });

    it("that leaves a computed property out is none, and keeps it", async () => {
      const encrypted = { hashKey: "order_id", serverSideEncryption: { enabled: true, kmsKeyArn: "arn" } };
      const { id } = await create(TABLE, encrypted);
      expect(await diff(id, { hashKey: "order_id" })).to.include({ changes: false });
      expect(await update(id, { hashKey: "order_id", tags: {} })).to.deep.include({ ...encrypted, tags: {} });
      const plain = { hashKey: "order_id", serverSideEncryption: { enabled: false } };
      expect(await diff(id, plain)).to.deep.include({ changes: true, replaces: [] });
      expect(await update(id, plain)).to.deep.include(plain);
    });

    it("that leaves any other property out is one", async () => {
      const { id } = await create(LOG, { namePrefix: "/aws/lambda/", kmsKeyId: "arn" });
      expect(await diff(id, { namePrefix: "/aws/lambda/" })).to.include({ changes: true });
      expect(await update(id, { namePrefix: "/aws/lambda/" })).not.to.have.property("kmsKeyId");
    });
  });

  describe("an alias", () => {
    let machine: string;
    let other: string;
    beforeEach(async () => {
      const { id, outs } = await create(MACHINE, { publish: true });
      await update(id, { publish: true });
      machine = outs["arn"] as string;
      other = (await create(MACHINE, { publish: true })).outs["arn"] as string;
    });
    const routes = (...to: readonly (readonly [string, number])[]) => ({
      name: "live",
      routingConfigurations: to.map(([stateMachineVersionArn, weight]) => ({ stateMachineVersionArn, weight })),
    });

    it("leads to one or two versions of one machine, beneath which it is named", async () => {
      const { id, outs } = await create(ALIAS, routes([`${machine}:1`, 100]));
      expect(outs["arn"]).to.equal(`${machine}:live`);
      await update(id, routes([`${machine}:2`, 10], [`${machine}:1`, 90]));
      await create(ALIAS, routes([`${other}:1`, 100]));
    });

    it("leads nowhere else", async () => {
      const { id } = await create(ALIAS, routes([`${machine}:1`, 100]));
      const changed = (...to: readonly (readonly [string, number])[]) => refusal(update(id, routes(...to)));
      expect(await changed()).to.contain("0 routes");
      expect(await changed([`${machine}:1`, 20], [`${machine}:2`, 20], [`${machine}:3`, 60])).to.contain("3 routes");
      expect(await changed([`${other}:1`, 100])).to.contain("of another state machine");
      expect(await changed([`${machine}:1`, 50], [`${other}:1`, 50])).to.contain("of another state machine");
      for (const version of ["0", "3", "live"])
        expect(await changed([`${machine}:${version}`, 100])).to.contain("does not exist");
      expect(await changed([`${machine}:1`, 50], [`${machine}:1`, 50])).to.contain("two routes to one version");
      expect(await changed([`${machine}:1`, 110], [`${machine}:2`, -10])).to.contain("weight 110");
      expect(await changed([`${machine}:1`, 99])).to.contain("weight 99 in all");
      const [alias] = account.resources.filter(({ type }) => type === ALIAS);
      expect(alias?.inputs).to.deep.equal(routes([`${machine}:1`, 100]));
    });

    it("is one of its name", async () => {
      await create(ALIAS, routes([`${machine}:1`, 100]));
      expect(await refusal(create(ALIAS, routes([`${machine}:2`, 100])))).to.contain("exists already");
    });
  });

  describe("a table's maximum on demand", () => {
    const table = (units?: number) => ({
      hashKey: "order_id",
      billingMode: "PAY_PER_REQUEST",
      ...(units !== undefined && {
        onDemandThroughput: { maxReadRequestUnits: units, maxWriteRequestUnits: units },
      }),
    });
    const provisioned = { hashKey: "order_id", billingMode: "PROVISIONED", readCapacity: 1, writeCapacity: 1 };
    const held = () => account.resources.find(({ type }) => type === TABLE)?.inputs["onDemandThroughput"];

    it("is at least 1 in a new table, for reads and for writes, and there is none where none is given", async () => {
      for (const units of [-1, 0])
        expect(await refusal(create(TABLE, table(units))))
          .to.contain("MaxReadRequestUnits")
          .and.contain("valid range");
      const halves = { maxReadRequestUnits: 1, maxWriteRequestUnits: -1 };
      expect(await refusal(create(TABLE, { ...table(), onDemandThroughput: halves }))).to.contain("MaxWrite");
      expect(await refusal(create(TABLE, { ...provisioned, ...table(1), billingMode: "PROVISIONED" }))).to.contain(
        "BillingMode is PROVISIONED",
      );
      const { id } = await create(TABLE, table());
      expect(held()).to.equal(undefined);
      expect(await diff(id, table())).to.include({ changes: false });
    });

    it("is lifted by -1, and by nothing else", async () => {
      const { id } = await create(TABLE, table(100));
      expect(await diff(id, table())).to.include({ changes: true });
      expect(await refusal(update(id, table())), "an update that has nothing to say").to.contain("At least one of");
      await update(id, { ...table(), deletionProtectionEnabled: true });
      expect(held(), "an update that says something else").to.deep.equal(table(100).onDemandThroughput);
      expect(await refusal(update(id, table(0)))).to.contain("valid range");
      expect(await update(id, { ...table(-1), deletionProtectionEnabled: true })).not.to.have.property(
        "onDemandThroughput",
      );
      expect(held()).to.equal(undefined);
      // As it reads none, the provider would send it again and again.
      expect(await diff(id, { ...table(-1), deletionProtectionEnabled: true })).to.include({ changes: true });
      expect(await diff(id, { ...table(), deletionProtectionEnabled: true })).to.include({ changes: false });
    });

    it("is gone with the billing mode", async () => {
      const { id } = await create(TABLE, table(100));
      await update(id, provisioned);
      expect(held()).to.equal(undefined);
      await update(id, table());
      expect(held()).to.equal(undefined);
    });

    it("comes and goes as the program's key says", async () => {
      const inputsOf = async (config: Readonly<Record<string, string>>) => {
        const { resources } = await evaluateProgram(config);
        return resources.find(({ type }) => type === TABLE)?.inputs as Inputs;
      };
      const { id } = await create(TABLE, await inputsOf({}));
      expect(await diff(id, await inputsOf({}))).to.include({ changes: false });
      await update(id, await inputsOf({ tableMaxUnits: "100" }));
      expect(held()).to.deep.equal({ maxReadRequestUnits: 100, maxWriteRequestUnits: 100 });
      const lifting = await inputsOf({ tableMaxUnits: "-1" });
      expect(await diff(id, lifting)).to.include({ changes: true });
      await update(id, lifting);
      expect(held()).to.equal(undefined);
      expect(await diff(id, await inputsOf({}))).to.include({ changes: false });
    });
  });

  it("keeps a key as long as something names it", async () => {
    const { id, outs } = await create(KEY, {});
    const { id: log } = await create(LOG, { kmsKeyId: outs["arn"] });
    expect(await refusal(account.delete(id))).to.contain("still named by");
    await update(log, {});
    await account.delete(id);
    expect(account.resources.map(({ type }) => type)).to.deep.equal([LOG]);
  });

  it("tells what it has, whoever has changed it, and that something is gone", async () => {
    const archive = { "4dabf18193072939515e22adb298388d": "0def7320c3a5731c473e5ecbe6d01bc7", hash: "abc" };
    const { id, outs } = await create(MACHINE, { definition: "{}", publish: true, code: archive });
    expect(await account.read(id, "", outs)).to.deep.equal({ id, props: outs });
    await update(id, { definition: "{ }", publish: true, code: archive });
    const { props } = await account.read(id, "", outs);
    expect(props).to.deep.include({ definition: "{ }", code: archive, stateMachineVersionArn: `${outs["arn"]}:2` });
    await account.delete(id);
    expect(await account.read(id, "", outs)).to.deep.equal({ id: "", props: {} });
  });

  it("lists the versions of a state machine, the last one first", async () => {
    const versions = (statemachineArn: unknown) =>
      account.invoke("aws:sfn/getStateMachineVersions:getStateMachineVersions", { statemachineArn });
    const { id, outs } = await create(MACHINE, { publish: true });
    await update(id, { publish: true });
    const arn = outs["arn"] as string;
    expect(await versions(arn)).to.deep.equal({ outputs: { statemachineVersions: [`${arn}:2`, `${arn}:1`] } });
    expect(await refusal(versions("arn"))).to.contain("StateMachineDoesNotExist");
  });

  it("says whose account it is, and nothing that it is not asked", async () => {
    expect(await account.invoke("aws:index/getCallerIdentity:getCallerIdentity")).to.deep.equal({
      outputs: { accountId: "000000000000" },
    });
    expect(await refusal(account.invoke("aws:iam/getRole:getRole"))).to.contain("aws:iam/getRole:getRole");
  });
});
