import { join } from "node:path";
import { expect } from "chai";
import * as payment from "../../handlers/payment";
import { LocalCloud } from "../../saga/local/cloud";
import type { Execution } from "../../saga/interpreter";
import { evaluateProgram, type Program } from "../../saga/local/program";
import { task } from "../../saga/language";
import { differences, keyOf, snapshot, textsOf } from "./snapshot";
import { evaluated } from "../evaluated";
import { SLOW } from "../slow";

const ROOT = join(__dirname, "../..");
const MACHINE = "sfn.StateMachine OrderFulfilment";

/** All that the program registers, with the bytes of the code. */
async function raw({ resources }: Program): Promise<Readonly<Record<string, unknown>>> {
  const entries = resources.map(async (resource) => {
    const { code } = resource.inputs;
    const text = code === undefined ? {} : { code: await textsOf(code) };
    return [keyOf(resource), { ...resource, inputs: { ...resource.inputs, ...text } }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** The program with another handler for one task. */
async function withPayment(processPayment: unknown): Promise<Program> {
  const paths = ["handlers/payment", "orderFulfilment"].map((path) => require.resolve(join(ROOT, path)));
  const [handlers, saga] = paths as [string, string];
  const kept = paths.map((path) => [path, require.cache[path]] as const);
  const changed = { ...payment, processPayment };
  require.cache[handlers] = { ...(require.cache[handlers] as NodeJS.Module), exports: changed };
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
  delete require.cache[saga];
  try {
    return await evaluateProgram();
  } finally {
    for (const [path, module] of kept) require.cache[path] = module;
  }
}

describe("an upgrade", function () {
  this.timeout(60_000);
  let deployed: Program;
  before(async () => {
    deployed = await evaluated();
  });

  it("without a change changes no byte", async () => {
    expect(differences(await raw(deployed), await raw(await evaluateProgram()))).to.deep.equal({});
  });

  it("of one handler changes its function, and the definition, which names the new version", async () => {
    const { table, handler } = payment.processPayment;
    const after = await withPayment(
      task("processPayment", {
        table,
        handler: async () => {
          const run = await handler();
          return async (event: never) => run(event);
        },
      }),
    );
    const found = Object.keys(differences(await raw(deployed), await raw(after))).sort();
    expect(found).to.deep.equal([
      "lambda.Function OrderFulfilment-processPayment.inputs.code.__index.js",
      "lambda.Function OrderFulfilment-processPayment.versionArn",
      "sfn.Alias OrderFulfilment-STANDARD.inputs.routingConfigurations.0.stateMachineVersionArn",
      `${MACHINE}.inputs.definition`,
      `${MACHINE}.versionArn`,
    ]);
    // Except for the versions, the program is the same.
    const [was, is] = await Promise.all([snapshot(deployed), snapshot(after)]);
    expect(Object.keys(differences(was, is))).to.deep.equal([
      "lambda.Function OrderFulfilment-processPayment.code.__index.js",
    ]);

    const cloud = await LocalCloud.start(after);
    try {
      const { report } = await cloud.execute({ order_id: "1", total: 1, card_no: "123-1234", address: "x" });
      expect(report.outcome).to.equal("completed");
    } finally {
      await cloud.close();
    }
  });

  it("keeps the versions of functions that running executions call", async () => {
    const program = await evaluateProgram({}, join(__dirname, "retired.ts"));
    const registered = await snapshot(program);
    const role = registered["iam.RolePolicy Short"] as {
      policy: { Statement: { Action: string[]; Resource: string[] }[] };
    };
    const names = ["createOrder", "deleteOrder", "processPayment", "refundPayment"].map((task) => `Short-${task}`);
    expect(role.policy.Statement.at(-1)).to.deep.equal({
      Effect: "Allow",
      Action: ["lambda:InvokeFunction"],
      Resource: names.map((name) => `<arn of lambda.Function ${name}>:*`),
    });
    for (const name of names) expect(registered).to.have.property(`lambda.Function ${name}`);
    const { definition } = registered["sfn.StateMachine Short"] as { definition: unknown };
    expect(JSON.stringify(definition)).not.to.contain("Payment");
  });

  describe(`under load ${SLOW}`, () => {
    let cloud: LocalCloud;
    afterEach(async () => {
      await cloud.close();
    });

    /** An execution of the first release that waits while the second release is deployed. */
    async function overtaken(path: string): Promise<Execution> {
      const releaseOf = async (number: number): Promise<Program> => {
        process.env["RELEASE"] = String(number);
        try {
          return await evaluateProgram({}, join(__dirname, path));
        } finally {
          delete process.env["RELEASE"];
        }
      };
      const [first, second] = [await releaseOf(1), await releaseOf(2)];
      cloud = await LocalCloud.start(first);
      let waits: () => void;
      const waiting = new Promise<void>((resolve) => (waits = resolve));
      const old = cloud.startExecution({ order_id: "1", total: 1 }, ({ type }) => {
        if (type === "WaitStateEntered") waits();
      });
      await waiting;
      await cloud.deploy(second);
      return old;
    }

    it("lets a waiting execution end with the code and the definition with which it began", async () => {
      const old = await overtaken("release.ts");
      const { report: young } = await cloud.execute({ order_id: "2" });
      expect(young.path).to.deep.equal(["First", "Pause", "Second", "Third"]);
      expect(young.output).to.deep.equal({ saga: 2, first: 2, second: 2 });
      expect(await old.result).to.deep.include({ status: "SUCCEEDED", output: { saga: 1, first: 1, second: 1 } });
      expect(JSON.stringify(old.history)).not.to.contain("Third");
    });

    it("undoes a stopped execution with the code and the recovery machine of its own release (S12)", async () => {
      const old = await overtaken("release.ts");
      old.stop();
      await cloud.settled();
      const others = [...cloud.executions.values()].flatMap(({ execution }) => (execution === old ? [] : [execution]));
      expect(others).to.have.length(1);
      const [recovery] = others as [Execution];
      expect(await recovery.result).to.include({ status: "SUCCEEDED" });
      const calls = recovery.history.filter(({ type }) => type === "TaskSucceeded");
      expect(calls.map(({ state }) => state)).to.deep.equal(["UndoFirst"]);
      expect(calls[0]?.output).to.have.deep.property("Payload", { release: 1 });
      expect(cloud.deadLetters).to.deep.equal([]);
    });

    it("lets an execution be undone by a child's machine that only a retired saga names", async () => {
      const old = await overtaken("inlined.ts");
      expect(await old.result).to.include({ status: "FAILED", error: "SagaCompensated" });
      expect((await cloud.table.rows("1")).map(({ entity, status }) => [entity, status])).to.deep.equal([
        ["ORDER", "UNDONE"],
        ["PAYMENT", "UNDONE"],
      ]);
      const { report: young } = await cloud.execute({ order_id: "2", total: 1 });
      expect(young.path).to.deep.equal(["Order_CreateOrder"]);
    });
  });
});
