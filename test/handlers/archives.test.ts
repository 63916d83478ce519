import { deflateRawSync } from "node:zlib";
import { expect } from "chai";
import { archives } from "./deployed";

describe("the archives of the functions", () => {
  it("require the AWS SDK by its own name, Node's crypto, and nothing else", async () => {
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

  it("contain no path of the build machine and have a few kilobytes", async () => {
    for (const files of (await archives()).values()) {
      const text = Object.values(files).join("");
      expect(text).to.not.include(process.cwd()).and.to.not.include("node_modules");
      expect(deflateRawSync(text).length).to.be.lessThan(6_000);
    }
  });
});
