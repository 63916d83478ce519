import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { orderFulfilment } from "../../orderFulfilment";
import { compile } from "../../saga";

import aslValidator = require("asl-validator");

const GOLDEN = join(__dirname, "order-fulfilment.asl.json");
const definition = compile(orderFulfilment, ({ name }) => `arn:aws:lambda:eu-west-1:000000000000:function:${name}`);

describe("the order saga, compiled", () => {
  it("is what it was: see the difference, and renew the file with UPDATE_GOLDEN=1 if it is meant", () => {
    const text = `${JSON.stringify(definition, null, 2)}\n`;
    if (process.env["UPDATE_GOLDEN"]) writeFileSync(GOLDEN, text);
    expect(text).to.equal(readFileSync(GOLDEN, "utf8"));
  });

  it("is valid Amazon States Language", () => {
    const { isValid, errorsText } = aslValidator(JSON.parse(JSON.stringify(definition)) as object);
    expect(errorsText("\n")).to.equal("");
    expect(isValid).to.equal(true);
  });

  it("enters exactly three states where nothing fails (S13)", () => {
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
