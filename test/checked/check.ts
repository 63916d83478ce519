import { dirname, join } from "node:path";
import * as ts from "typescript";

const ROOT = join(__dirname, "../..");

/**
 * What the type checker says of a project, as `tsc` prints it, by file. Modules that exist only in the test are checked with
 * it, because most of the time goes into the declarations of packages.
 * @param project The path of its `tsconfig.json`.
 * @param more The texts of further modules, by path.
 */
export function check(
  project: string,
  more: ReadonlyMap<string, string> = new Map(),
): ReadonlyMap<string, readonly string[]> {
  const file = join(ROOT, project);
  const config = ts.readConfigFile(file, (path) => ts.sys.readFile(path));
  const { options, fileNames, errors } = ts.parseJsonConfigFileContent(config.config, ts.sys, dirname(file), {}, file);
  const host = ts.createCompilerHost(options);
  // As `tsc` does: comments contain no types.
  host.jsDocParsingMode = ts.JSDocParsingMode.ParseForTypeErrors;
  const getSourceFile = host.getSourceFile.bind(host);
  host.getSourceFile = (path, target, ...rest) => {
    const text = more.get(path);
    return text === undefined ? getSourceFile(path, target, ...rest) : ts.createSourceFile(path, text, target);
  };
  const program = ts.createProgram([...fileNames, ...more.keys()], options, host);
  const said = new Map<string, string[]>();
  for (const diagnostic of [...errors, ...ts.getPreEmitDiagnostics(program)]) {
    const path = diagnostic.file?.fileName ?? file;
    said.set(path, [...(said.get(path) ?? []), ts.formatDiagnostic(diagnostic, host).trimEnd()]);
  }
  return said;
}
