// What a process runs that evaluates a program once. It loads ahead what every evaluation needs, and waits to be told.

import Module = require("node:module");
import { join } from "node:path";
import { placeOf } from "../error-place";
import { type AccountAnswers, evaluate } from "../program";
import { type ProjectOptions, readProject } from "../project";
import { loadPulumi } from "../pulumi";
import { loadTypeScript } from "../typescript";
import { type PlainProgram, plainProgram } from "./plain";

/** Which program is evaluated, and with what. */
export interface Source extends Pick<ProjectOptions, "config" | "stack"> {
  /** Its folder, or a module in the place of the program's own. */
  readonly path: string;
  readonly answers?: AccountAnswers;
}

/** What a process loads before it is told to evaluate. */
export interface Ahead {
  readonly source: Source;
  /** Modules that the evaluation before this one has loaded. */
  readonly modules: readonly string[];
}

/** What is wrong with a program, as its author reads it. */
export interface Problem {
  readonly message: string;
  /** File, line and column. */
  readonly place?: string;
}

/** How an evaluation has ended. */
export interface Evaluated {
  readonly program?: PlainProgram;
  readonly problem?: Problem;
  /** What whoever runs the program should know, and what is not to be printed. */
  readonly notes: readonly string[];
  readonly secretValues: readonly string[];
  /** The modules that were loaded. */
  readonly loaded: readonly string[];
}

/** Loads what takes long, and nothing of the program. */
function loadAhead({ source, modules }: Ahead): void {
  const project = readProject(source.path, source);
  process.chdir(project.workingFolder);
  loadPulumi(project.folder);
  loadTypeScript(project);
  const program = Module.createRequire(join(project.folder, "program.js"));
  for (const each of modules) program(each);
}

async function evaluateOnce(source: Source): Promise<Evaluated> {
  const loaded = (): readonly string[] => Object.keys(require.cache);
  let known: Pick<Evaluated, "notes" | "secretValues"> = { notes: [], secretValues: [] };
  try {
    const project = readProject(source.path, source);
    const { notes, secretValues } = project;
    known = { notes, secretValues };
    process.chdir(project.workingFolder);
    const program = await plainProgram(await evaluate(project, source.answers));
    return { program, ...known, loaded: loaded() };
  } catch (error) {
    return { problem: problemOf(error), ...known, loaded: loaded() };
  }
}

function problemOf(thrown: unknown): Problem {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { name, message } = error;
  // What is wrong with a saga, or with a file that can't be compiled, says itself where.
  const place = SAY_WHERE.test(name) || "verdicts" in error ? undefined : placeOf(error);
  const said = PLAIN.test(name) ? message : `${name}: ${message}`;
  return { message: said.trim(), ...(place !== undefined && { place }) };
}

const SAY_WHERE = /^(SagaDefinitionError|ProjectError|TSError)$/;
const PLAIN = /^(SagaDefinitionError|ProjectError|TSError|Error|RunError|ResourceError)$/;

if (require.main === module && process.send) {
  (Module as { readonly enableCompileCache?: () => unknown }).enableCompileCache?.();
  // It goes with whoever has started it.
  process.once("disconnect", () => process.exit());
  const tell = (message: object): Promise<void> =>
    new Promise((resolve) => {
      process.send?.(message, () => {
        resolve();
      });
    });
  process.once("message", (ahead: Ahead) => {
    try {
      loadAhead(ahead);
    } catch {
      // The evaluation fails on the same, and tells.
    }
    process.once("message", (source: Source) => {
      void evaluateOnce(source)
        .then(tell)
        .finally(() => process.exit());
    });
    void tell({ ready: true });
  });
}
