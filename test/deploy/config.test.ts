import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import * as fc from "fast-check";
import { createOrder } from "../../handlers/order";
import { readConfig, saga, SagaStateMachine, sagaTable } from "../../saga";
import { complete, DEFAULTS, type Key, SCHEMA } from "../../saga/deploy/config";
import { evaluateProgram } from "../../saga/local/program";
import { VARIANTS } from "./variants";

const PROJECT = "saga-aws-pulumi";

function read(given: Readonly<Record<string, string>>) {
  const full = Object.entries(given).map(([key, value]) => [key.includes(":") ? key : `${PROJECT}:${key}`, value]);
  pulumi.runtime.setAllConfig(Object.fromEntries(full) as Record<string, string>);
  return readConfig();
}

/** The mistakes, a line each. */
function faults(given: Readonly<Record<string, string>>): readonly string[] {
  try {
    read(given);
  } catch (error) {
    expect(pulumi.RunError.isInstance(error)).to.equal(true);
    const [first, ...lines] = (error as Error).message.split("\n");
    expect(first).to.equal("the stack's config can't be used");
    return lines.map((line) => line.trim());
  }
  return [];
}

describe("the config", () => {
  before(async () => {
    const mocks = { newResource: () => ({ id: undefined, state: {} }), call: () => ({}) };
    await pulumi.runtime.setMocks(mocks, PROJECT, "local", false);
  });

  it("has valid defaults for everything that a stack does not set", () => {
    expect(read({})).to.deep.equal(DEFAULTS);
    expect(Object.isFrozen(read({}))).to.equal(true);
    for (const [name, key] of Object.entries<Key<unknown>>(SCHEMA)) {
      expect(key.read(String(key.default)), name).to.equal(key.default);
    }
  });

  it("ignores the program's own keys, and no others", () => {
    const given = { stripeKey: "sk", "regions[0]": "eu", [`${PROJECT}:strypeKey`]: "sk" };
    const full = Object.entries(given).map(([key, value]) => [key.includes(":") ? key : `${PROJECT}:${key}`, value]);
    pulumi.runtime.setAllConfig(Object.fromEntries(full) as Record<string, string>);
    expect(() => readConfig({ own: ["stripeKey", "regions"] })).to.throw(
      /^the stack's config can't be used\n {2}saga-aws-pulumi:strypeKey: there is no such key; [^\n]*$/,
    );
    expect(() => readConfig({ own: ["stripeKey", "strypeKey", "regions"] })).not.to.throw();
  });

  it("reads each key in its type", () => {
    const given = { deletionProtection: "false", logRetentionDays: "7", kmsKey: "create", "aws:region": "eu-west-1" };
    expect(read(given)).to.deep.equal({
      ...DEFAULTS,
      deletionProtection: false,
      logRetentionDays: 7,
      kmsKey: "create",
    });
  });

  const wrong: readonly (readonly [key: string, value: string, allowed: string])[] = [
    ["deletionProtection", "yes", "true or false"],
    ["logRetentionDays", "8", "one of 1, 3, 5, 7, 14,"],
    ["logRetentionDays", "07", "one of 1, 3, 5, 7, 14,"],
    ["logLevel", "OFF", "one of ALL, ERROR, FATAL"],
    ["logExecutionData", "", "true or false"],
    ["alarmEmail", "nobody", "none, or an e-mail address"],
    ["alarms", "few", "one of essential, all, none"],
    ["slowExecutionMinutes", "0", "a whole number from 1 to 525600"],
    ["workflowType", "express", "one of STANDARD, EXPRESS"],
    ["onAbort", "undo", "one of recover, ignore"],
    ["trafficPercent", "101", "a whole number from 0 to 100"],
    ["previousVersion", "-1", "a whole number from 0 to 999999999"],
    ["functionMemory", "1e3", "a whole number from 128 to 10240"],
    ["functionArchitecture", "arm", "one of arm64, x86_64"],
    ["reservedConcurrency", "1.5", "a whole number from 0 to 10000"],
    ["tableBilling", "ondemand", "one of on-demand, provisioned"],
    ["tableMinUnits", " 1", "a whole number from 0 to 40000"],
    ["tableMaxUnits", "many", "a whole number from -1 to 40000"],
    ["tableMaxUnits", "-2", "a whole number from -1 to 40000"],
    ["tableMaxUnits", "-0", "a whole number from -1 to 40000"],
    ["kmsKey", "alias/orders", "aws-owned, create, or the ARN of a KMS key"],
  ];
  for (const [key, value, allowed] of wrong) {
    it(`refuses ${key} ${JSON.stringify(value)}: it names the key, the value and what is allowed`, () => {
      const [line, ...others] = faults({ [key]: value });
      expect(others).to.deep.equal([]);
      expect(line?.startsWith(`${PROJECT}:${key} is ${JSON.stringify(value)}: use ${allowed}`), line).to.equal(true);
    });
  }

  it("is tested with a wrong value of every key, and in the program with another right one", () => {
    const keys = Object.keys(SCHEMA);
    expect(wrong.map(([key]) => key)).to.include.members(keys);
    // The order saga can't be EXPRESS: see below.
    expect([...VARIANTS.flatMap(({ config }) => Object.keys(config)), "workflowType"]).to.include.members(keys);
  });

  it("refuses an unknown key with a list of the known ones, and ignores other packages' keys", () => {
    const [line] = faults({ logRetentionDay: "7", "aws:profile": "shop", "other:logRetentionDay": "7" });
    expect(line).to.equal(
      `${PROJECT}:logRetentionDay: there is no such key; there are ${Object.keys(SCHEMA).join(", ")}`,
    );
  });

  it("reports all mistakes together", () => {
    expect(faults({ logLevel: "NONE", kmsKey: "", colour: "red" }).map((line) => line.split(/[: ]/)[1])).to.deep.equal([
      "logLevel",
      "kmsKey",
      "colour",
    ]);
  });

  it("refuses combinations of keys that contradict each other", () => {
    expect(faults({ tableMinUnits: "1" })[0]).to.contain("a table on demand has no minimum");
    expect(faults({ tableBilling: "provisioned" })[0]).to.contain("a provisioned table wants a minimum");
    expect(faults({ tableBilling: "provisioned", tableMinUnits: "1", tableMaxUnits: "-1" })[0]).to.contain(
      "a maximum not below it",
    );
    expect(faults({ tableBilling: "provisioned", tableMinUnits: "9", tableMaxUnits: "8" })[0]).to.contain(
      "a maximum not below it",
    );
    expect(faults({ trafficPercent: "10" })[0]).to.contain("set both to shift executions gradually, or neither");
    expect(faults({ previousVersion: "3" })[0]).to.contain("set both to shift executions gradually, or neither");
    expect(faults({ tableBilling: "provisioned", tableMinUnits: "8", tableMaxUnits: "8" })).to.deep.equal([]);
    const kmsKey = "arn:aws:kms:us-east-1:000000000000:key/1";
    expect(faults({ kmsKey, "aws:region": "us-east-1" })).to.deep.equal([]);
    expect(faults({ kmsKey, "aws:region": "eu-west-1" })[0]).to.contain("use a key of the stack's region");
  });

  it("either is refused or has every value in its range, for any input", () => {
    const keys = fc.constantFrom(...Object.keys(SCHEMA));
    const values = fc.oneof(
      fc.string(),
      fc.integer().map(String),
      fc.constantFrom("true", "ALL", "create", "5", "100"),
    );
    fc.assert(
      fc.property(fc.dictionary(keys, values), (given) => {
        if (faults(given).length > 0) return;
        const config: Readonly<Record<string, unknown>> = read(given);
        for (const [name, value] of Object.entries(given)) expect(String(config[name]), name).to.equal(value);
      }),
    );
  });

  it("refuses the same mistakes in a program's arguments", () => {
    const refused = (settings: object): string => {
      try {
        complete("orders", settings);
      } catch (error) {
        return (error as Error).message;
      }
      return "";
    };
    expect(refused({ tableMinUnits: 1 })).to.match(
      /^'orders' can't be deployed\n {2}tableMinUnits is 1, and a table on demand/,
    );
    expect(refused({ functionMemory: 5, onAbort: "recovr" })).to.equal(
      [
        "'orders' can't be deployed",
        "  functionMemory is 5: use a whole number from 128 to 10240",
        '  onAbort is "recovr": use one of recover, ignore',
      ].join("\n"),
    );
    expect(refused({ logRetentionDays: "7" }), "a text in place of a number").to.contain(
      'logRetentionDays is "7": use',
    );
    expect(refused({ onabort: "ignore" })).to.contain("onabort: there is no such key; there are ");
    expect(complete("orders", { alarmEmail: undefined } as object)).to.deep.equal(DEFAULTS);
    expect(() => sagaTable("orders", { hashKey: "order_id", rangeKey: "entity", tableMinUnits: 1 })).to.throw(
      "'orders' can't be deployed",
    );
  });

  it("refuses names that AWS would refuse in the middle of a deploy", () => {
    const table = sagaTable("orders", { hashKey: "order_id", rangeKey: "entity" });
    const named = (task: string) =>
      saga<{ order_id: string }>("Sale")
        .query("Look", {
          task: { ...createOrder, name: task },
          input: ({ input }) => ({ order_id: input.order_id, total: 1 }),
        })
        .returns(() => ({}));
    const deploy = (name: string, task: string) => () => new SagaStateMachine(name, { saga: named(task), table });
    expect(deploy("Sale", "pay order!")).to.throw("'Sale': 'Sale-pay order!' can't name a role: use letters, digits");
    expect(deploy("Sale", "x".repeat(52))).to.throw("56 characters at most in all");
    expect(deploy("S".repeat(49), "look")).to.throw(`'${"S".repeat(49)}_recover' can't name a role`);
  });

  it("stops the program", async () => {
    const error = await evaluateProgram({ logLevel: "NONE" }).catch((thrown: unknown) => thrown as Error);
    expect((error as Error).message).to.contain('saga-aws-pulumi:logLevel is "NONE": use one of ALL, ERROR, FATAL');
  });

  it("refuses EXPRESS for the order saga, with the reason", async () => {
    const error = await evaluateProgram({ workflowType: "EXPRESS" }).catch((thrown: unknown) => thrown as Error);
    expect((error as Error).name).to.equal("SagaDefinitionError");
    expect((error as Error).message).to.equal(
      "saga 'OrderFulfilment', step 'CreateOrder': 'DeleteOrder' may use up its retries, and an EXPRESS execution can't be redriven: it would be stuck for good. Set workflowType to STANDARD: EXPRESS is for sagas of queries alone.",
    );
  });
});
