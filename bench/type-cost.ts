/**
 * What a saga costs the type checker: `npm run bench:types`. Prints the type instantiations and the seconds of `tsc` for
 * sagas of 1, 50 and 100 steps; each step reads the input, and its undo reads its own result.
 */
import { join } from "node:path";
import * as ts from "typescript";

const ROOT = join(__dirname, "..");
const FILE = join(ROOT, "bench", "generated.ts");

function source(steps: number): string {
  const step = (n: number): string => `
  .step("S${n}", {
    task: act,
    input: ({ input }) => ({ order: input.order, total: input.total }),
    undo: { name: "U${n}", task: undo, input: ({ input, S${n} }) => ({ order: input.order, token: S${n}.token }) },
  })`;
  return `
import { saga, type Task } from "../saga/language";
interface Order { order: string; total: number }
interface Done { token: string; count: number }
interface Undo { order: string; token?: string }
declare const act: Task<Order, Done>;
declare const undo: Task<Undo, { undone: boolean }>;
export const long = saga<Order>("Long")${Array.from({ length: steps }, (_, n) => step(n + 1)).join("")}
  .returns(({ S${steps} }) => ({ token: S${steps}.token }));`;
}

function check(steps: number): { instantiations: number; seconds: number } {
  const config = ts.readConfigFile(join(ROOT, "tsconfig.json"), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, ROOT);
  const started = performance.now();
  const host = ts.createCompilerHost(options);
  const read = host.readFile.bind(host);
  host.readFile = (path) => (path === FILE ? source(steps) : read(path));
  host.getSourceFile = (path, target) => {
    const text = host.readFile(path);
    return text === undefined ? undefined : ts.createSourceFile(path, text, target);
  };
  const program = ts.createProgram([FILE], options, host);
  const errors = ts.getPreEmitDiagnostics(program);
  if (errors.length > 0) throw new Error(ts.formatDiagnostics(errors, { ...host, getNewLine: () => "\n" }));
  return { instantiations: program.getInstantiationCount(), seconds: (performance.now() - started) / 1000 };
}

const base = check(1);
console.log("steps  instantiations  more than 1 step  a step  seconds");
for (const steps of [1, 50, 100]) {
  const { instantiations, seconds } = check(steps);
  const more = instantiations - base.instantiations;
  const each = steps > 1 ? (more / (steps - 1)).toFixed(0) : "";
  const columns = [String(steps).padStart(5), String(instantiations).padStart(14), String(more).padStart(16)];
  console.log([...columns, each.padStart(6), seconds.toFixed(2).padStart(7)].join("  "));
}
