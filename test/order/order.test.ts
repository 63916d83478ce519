import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { orderFulfilment } from "../../orderFulfilment";
import { compile, compileMachine, type Recovery, recoveryOf } from "../../saga/compile";

import aslValidator = require("asl-validator");

const arnOf = ({ name }: { readonly name: string }) => `arn:aws:lambda:eu-west-1:000000000000:function:${name}`;
const definition = compile(orderFulfilment, arnOf);
const recovery = compileMachine((recoveryOf(orderFulfilment) as Recovery).machine, arnOf);

describe("the order saga, compiled", () => {
  for (const [file, machine] of [
    ["order-fulfilment.asl.json", definition],
    ["order-fulfilment-undo.asl.json", recovery],
  ] as const) {
    it(`has not changed: review the difference to ${file}, and renew it with UPDATE_GOLDEN=1 if it is intended`, () => {
      const golden = join(__dirname, file);
      const text = `${JSON.stringify(machine, null, 2)}\n`;
      if (process.env["UPDATE_GOLDEN"]) writeFileSync(golden, text);
      expect(text).to.equal(readFileSync(golden, "utf8"));
    });

    it(`is valid Amazon States Language: ${file}`, () => {
      const { isValid, errorsText } = aslValidator(JSON.parse(JSON.stringify(machine)) as object);
      expect(errorsText("\n")).to.equal("");
      expect(isValid).to.equal(true);
    });
  }

  it("enters exactly three states if nothing fails (S13)", () => {
    const entered: string[] = [];
    for (let name: string | undefined = definition.StartAt; name !== undefined;) {
      entered.push(name);
      name = (definition.States[name] as { Next?: string }).Next;
    }
    expect(entered).to.deep.equal(["CreateOrder", "ProcessPayment", "ProcessShipment"]);
  });

  it("has less than 8 KB", () => {
    expect(Buffer.byteLength(JSON.stringify(definition))).to.be.below(8 * 1024);
  });
});
