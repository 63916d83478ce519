// The main module of a process that evaluates a program once. It preloads what every evaluation needs, then waits for a
// message.

import Module = require("node:module");
import { join } from "node:path";
import { placeOf } from "../error-place";
import { type AccountAnswers, evaluate } from "../program";
import { type ProjectOptions, readProject } from "../project";
import { loadPulumi } from "../pulumi";
import { loadTypeScript } from "../typescript";
import { type PlainProgram, plainProgram } from "./plain";

/** A program to evaluate, with its settings. */
export interface Source extends Pick<ProjectOptions, "config" | "stack"> {
  /** Its folder, or a module that replaces the program's own. */
  readonly path: string;
  readonly answers?: AccountAnswers;
}

/** What a process loads before the request to evaluate. */
export interface Ahead {
  readonly source: Source;
  /** The modules that the last evaluation loaded. */
  readonly modules: readonly string[];
}

/** An error in a program, for its author. */
export interface Problem {
  readonly message: string;
  /** The file, line and column. */
  readonly place?: string;
}

/** The result of an evaluation. */
export interface Evaluated {
  readonly program?: PlainProgram;
  readonly problem?: Problem;
  /** Notes for the user. */
  readonly notes: readonly string[];
  /** The values of secrets, which must not be printed. */
  readonly secretValues: readonly string[];
  readonly loaded: readonly string[];
}

/** Preloads what takes long. Nothing of the program itself is loaded. */
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
  // The messages of these errors already name the place.
  const place = SAY_WHERE.test(name) || "verdicts" in error ? undefined : placeOf(error);
  const said = PLAIN.test(name) ? message : `${name}: ${message}`;
  // ts-node begins its messages with a mark of its own.
  return { message: said.replace(/^⨯ /, "").trim(), ...(place !== undefined && { place }) };
}

const SAY_WHERE = /^(SagaDefinitionError|ProjectError|TSError)$/;
const PLAIN = /^(SagaDefinitionError|ProjectError|TSError|Error|RunError|ResourceError)$/;

if (require.main === module && process.send) {
  (Module as { readonly enableCompileCache?: () => unknown }).enableCompileCache?.();
  // This process ends with its parent.
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
      // The evaluation will fail for the same reason, and report it.
    }
    process.once("message", (source: Source) => {
      void evaluateOnce(source)
        .then(tell)
        .finally(() => process.exit());
    });
    void tell({ ready: true });
  });
}
