import { join } from "node:path";
import { expect } from "chai";
import * as ts from "typescript";

const ROOT = join(__dirname, "../..");
const FILE = join(__dirname, "refused.ts");

/** Parsed files, for all programs of a process. */
const parsed = new Map<string, ts.SourceFile | undefined>();

/**
 * The first line and the code of each of `tsc`'s messages, for snippets with a common beginning. They import the language
 * as `saga-aws-pulumi`.
 */
export function diagnose(shared: string, snippets: readonly string[]): readonly (readonly string[])[] {
  const parts = [shared, ...snippets];
  const config = ts.readConfigFile(join(ROOT, "tsconfig.json"), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, ROOT);
  options.paths = { "saga-aws-pulumi": ["./saga/language/index.ts"] };
  const host = ts.createCompilerHost(options);
  const getSourceFile = host.getSourceFile.bind(host);
  host.getSourceFile = (path, target) =>
    path === FILE
      ? ts.createSourceFile(path, parts.join("\n"), target)
      : known(path, () => getSourceFile(path, target));
  const program = ts.createProgram([FILE], options, host);
  const source = program.getSourceFile(FILE);
  const said: string[][] = parts.map(() => []);
  // The test of the project's types checks the language itself.
  const diagnostics = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
  for (const { start, code, messageText } of [...program.getOptionsDiagnostics(), ...diagnostics]) {
    const message = `error TS${code}: ${ts.flattenDiagnosticMessageText(messageText, "\n").split("\n")[0]}`;
    let end = 0;
    const part = parts.findIndex((text) => (start ?? 0) < (end += text.length + 1));
    said[part]?.push(message);
  }
  const [before, ...after] = said;
  expect(before).to.deep.equal([]);
  return after;
}

function known(path: string, parse: () => ts.SourceFile | undefined): ts.SourceFile | undefined {
  if (!parsed.has(path)) parsed.set(path, parse());
  return parsed.get(path);
}
