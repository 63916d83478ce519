import { deflateRawSync } from "node:zlib";
import { expect } from "chai";
import { archives } from "./deployed";

describe("what ships", () => {
  it("a function requires the AWS SDK by its own name, Node's crypto, and nothing else", async () => {
    for (const [name, files] of await archives()) {
      const required = Object.values(files).flatMap((text) => [...text.matchAll(/\brequire\(([^)]*)\)/g)]);
      const modules = new Set(required.map(([, module]) => module));
      modules.delete('"crypto"');
      const sdk: Readonly<Record<string, readonly string[]>> = {
        _recover: ['"@aws-sdk/client-sfn"'],
        _sweep: ['"@aws-sdk/client-lambda"', '"@aws-sdk/client-sfn"'],
      };
      const [kind = ""] = /_\w+$/.exec(name) ?? [];
      expect([...modules].sort()).to.deep.equal(
        sdk[kind] ?? ['"@aws-sdk/client-dynamodb"', '"@aws-sdk/util-dynamodb"'],
      );
    }
  });

  it("a function says nothing of the machine that built it and weighs a few kilobytes", async () => {
    for (const files of (await archives()).values()) {
      const text = Object.values(files).join("");
      expect(text).to.not.include(process.cwd()).and.to.not.include("node_modules");
      expect(deflateRawSync(text).length).to.be.lessThan(6_000);
    }
  });
});
