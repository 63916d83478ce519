import * as assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as ts from "typescript";
import * as face from "../../saga";
import * as testing from "../../saga/testing";

const ROOT = join(__dirname, "../..");

/** Registers the tests of docs/testing.md with this runner, unchanged. */
function registerTests(): void {
  const page = readFileSync(join(ROOT, "docs/testing.md"), "utf8");
  const source = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block]) => block).join("\n");
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS },
  });
  const modules: Readonly<Record<string, unknown>> = {
    "node:assert/strict": assert,
    "node:test": { describe, it },
    "saga-aws-pulumi": face,
    "saga-aws-pulumi/testing": testing,
  };
  const load = (name: string): unknown => modules[name];
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  new Function("require", "exports", outputText)(load, {});
}

describe("the page on testing", function () {
  this.timeout(60_000);
  registerTests();
});
