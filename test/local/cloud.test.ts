import { join } from "node:path";
import { expect } from "chai";
import { type CloudOptions, LocalCloud } from "../../saga/local/cloud";
import { evaluateProgram, type Program } from "../../saga/local/program";
import { SLOW } from "../slow";

describe("a program without a saga, on this machine", function () {
  this.timeout(120_000);
  let program: Program;
  const open: LocalCloud[] = [];
  before(async () => {
    program = await evaluateProgram({}, join(__dirname, "odds.ts"));
  });
  afterEach(() => Promise.all(open.splice(0).map((cloud) => cloud.close())));

  async function start(options: CloudOptions = {}): Promise<LocalCloud> {
    const cloud = await LocalCloud.start(program, { time: "virtual", ...options });
    open.push(cloud);
    return cloud;
  }

  it("closes its ports if it can't be deployed", async () => {
    const servers = () => process.getActiveResourcesInfo().filter((kind) => kind === "TCPServerWrap").length;
    const before = servers();
    const resources = program.resources.map((each) =>
      each.name === "publish" && each.type.endsWith(":StateMachine")
        ? { ...each, inputs: { ...each.inputs, definition: '{"StartAt":"A","States":{}}' } }
        : each,
    );
    const failed = await LocalCloud.start({ ...program, resources }).catch((error: unknown) => error);
    expect(failed).to.be.an("error");
    // A server leaves the list a moment after it has closed.
    for (let turn = 0; turn < 100 && servers() > before; turn++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(servers()).to.equal(before);
  });

  it("has all tables; a captured secret, one in the environment, and one that the function reads", async () => {
    const notes: string[] = [];
    const invoke = async (env: NodeJS.ProcessEnv) => {
      const cloud = await start({ env, onNote: (note) => notes.push(note) });
      expect([...cloud.tables.keys()]).to.have.members(["rows", "others"]);
      expect(() => cloud.table).to.throw("the program has 2 tables, not one");
      return (await cloud.functions.get("teller")?.invoke({}))?.payload;
    };
    const known = { captured: "hush-hush", environment: "hush-hush" };
    expect(await invoke({ STRIPE_KEY: "sk_1" })).to.deep.equal({ ...known, secret: "sk_1" });
    expect(notes).to.deep.equal([]);
    expect(await invoke({})).to.deep.equal({ ...known, secret: "placeholder-STRIPE_KEY" });
    expect(notes).to.deep.equal([
      "the secret 'prod/stripe-key' has no value here, and a placeholder replaces it: set STRIPE_KEY",
    ]);
  });

  it(`runs a service's action on the table, with the service's errors and the machine's permissions ${SLOW}`, async () => {
    const cloud = await start();
    const { report: put } = await cloud.execute({ id: "1" }, "put");
    expect(put.output).to.have.all.keys("SdkHttpMetadata", "SdkResponseMetadata");
    expect(put.tables).to.deep.equal({ rows: [{ id: "1", owner: "me" }] });
    const { report: again } = await cloud.execute({ id: "1" }, "put");
    expect(again.error).to.equal("DynamoDB.ConditionalCheckFailedException");
    expect(again.cause).to.match(
      /^The conditional request failed \(Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ConditionalCheckFailed/,
    );
    const { report: denied } = await cloud.execute({}, "delete");
    expect(denied.error).to.equal("DynamoDb.DynamoDbException");
    expect(denied.cause).to.match(/is not authorized to perform: dynamodb:DeleteItem on resource: arn:aws:dynamodb:/);
  });

  it(`records messages, and answers as the service does ${SLOW}`, async () => {
    const { report } = await (await start()).execute({ text: "hello" }, "publish");
    expect(report.output)
      .to.have.property("MessageId")
      .that.matches(/^[0-9a-f-]{36}$/);
    expect(report.outbox).to.have.length(1);
    expect(report.outbox[0]).to.deep.include({ from: "Call", action: "sns:Publish" });
    expect(report.outbox[0]?.request).to.have.deep.property("Message", { text: "hello" });
  });

  it(`names what is not on this machine and the stub that can answer, and uses that stub ${SLOW}`, async () => {
    const cloud = await start();
    const refusal = (machine: string) => cloud.execute({}, machine).catch((error: unknown) => error as Error);
    expect(await refusal("translate"))
      .to.have.property("message")
      .that.matches(/^'Call' calls aws-sdk:translate:translateText, which is not on this machine: give .* --stubs/);
    expect(await refusal("charge"))
      .to.have.property("message")
      .that.matches(
        /^'Call' invokes arn:aws:lambda:.*:charge, which the program does not create: give its answer with/,
      );
    const stubbed = await start({
      stubs: {
        "translate:TranslateText": { output: { TranslatedText: "y" } },
        "arn:aws:lambda:eu-west-1:123456789012:function:charge": { error: "Declined", cause: "no" },
      },
    });
    expect((await stubbed.execute({}, "translate")).report.output).to.deep.equal({ TranslatedText: "y" });
    expect((await stubbed.execute({}, "charge")).report).to.include({ error: "Declined", cause: "no" });
    const python = stubbed.functions.get("python")?.invoke({});
    expect(await python?.catch((error: unknown) => (error as Error).message)).to.match(/^'python' can't run on this/);
  });
});
