/** Prints the time to define, compile and verify a saga of one size, or to check its types. Runs in its own process. */
import { join } from "node:path";
import * as ts from "typescript";
import { compile } from "../../saga/compile";
import { declarationOf } from "../../saga/compile/declaration";
import { type RawStates, verify } from "../../saga/verify";
import { type Kind, sagaOf, sourceOf } from "./sagas";

export type Growth = Readonly<Record<string, number>>;

/** Processor milliseconds. */
function used<T>(work: () => T): readonly [result: T, milliseconds: number] {
  const before = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(before);
  return [result, (user + system) / 1000];
}

function compiledAndVerified(kind: Kind, steps: number): Growth {
  const [built, define] = used(() => sagaOf(kind, steps));
  const [definition, compiled] = used(() =>
    compile(built, ({ name }) => `arn:aws:lambda:eu-west-1:000000000000:function:${name}`),
  );
  const text = JSON.stringify(definition);
  const [{ sound }, verified] = used(() => verify(JSON.parse(text) as RawStates, declarationOf(built)));
  if (!sound) throw new Error(`the saga of ${steps} ${kind} is not sound`);
  return { "define ms": define, "compile ms": compiled, "verify ms": verified, bytes: Buffer.byteLength(text) };
}

function checked(kind: Kind, steps: number): Growth {
  const root = join(__dirname, "../..");
  const file = join(root, "bench/generated.ts");
  const config = ts.readConfigFile(join(root, "tsconfig.json"), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
  const host = ts.createCompilerHost(options);
  const read = host.readFile.bind(host);
  host.readFile = (path) => (path === file ? sourceOf(kind, steps) : read(path));
  host.getSourceFile = (path, target) => {
    const text = host.readFile(path);
    return text === undefined ? undefined : ts.createSourceFile(path, text, target);
  };
  const [program, milliseconds] = used(() => {
    const made = ts.createProgram([file], options, host);
    const errors = ts.getPreEmitDiagnostics(made);
    if (errors.length > 0) throw new Error(ts.formatDiagnostics(errors, { ...host, getNewLine: () => "\n" }));
    return made;
  });
  return { "type-check ms": milliseconds, instantiations: program.getInstantiationCount() };
}

const [what, kind, steps] = process.argv.slice(2);
process.stdout.write(JSON.stringify((what === "types" ? checked : compiledAndVerified)(kind as Kind, Number(steps))));
