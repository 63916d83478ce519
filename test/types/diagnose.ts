import { join } from "node:path";
import { expect } from "chai";
import * as ts from "typescript";

const ROOT = join(__dirname, "../..");
const FILE = join(__dirname, "refused.ts");

/**
 * What `tsc` prints first of each mistake in some snippets that follow a common beginning: the first line of each message,
 * with its code. They import the language as `saga-aws-pulumi`.
 */
export function diagnose(shared: string, snippets: readonly string[]): readonly (readonly string[])[] {
  const parts = [shared, ...snippets];
  const config = ts.readConfigFile(join(ROOT, "tsconfig.json"), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, ROOT);
  options.paths = { "saga-aws-pulumi": ["./saga/language/index.ts"] };
  const host = ts.createCompilerHost(options);
  const getSourceFile = host.getSourceFile.bind(host);
  host.getSourceFile = (path, target) =>
    path === FILE ? ts.createSourceFile(path, parts.join("\n"), target) : getSourceFile(path, target);
  const said: string[][] = parts.map(() => []);
  for (const { file, start, code, messageText } of ts.getPreEmitDiagnostics(ts.createProgram([FILE], options, host))) {
    const message = `error TS${code}: ${ts.flattenDiagnosticMessageText(messageText, "\n").split("\n")[0]}`;
    expect(file?.fileName, message).to.equal(FILE);
    let end = 0;
    const part = parts.findIndex((text) => (start ?? 0) < (end += text.length + 1));
    said[part]?.push(message);
  }
  const [before, ...after] = said;
  expect(before).to.deep.equal([]);
  return after;
}
