import { join } from "node:path";
import { type AccountAnswers, evaluate, type Program } from "../saga/local/program";
import { type Project, readProject } from "../saga/local/project";

const ROOT = join(__dirname, "..");
const programs = new Map<string, Promise<Program>>();

/**
 * A program of the project, evaluated once for all tests of a process. Tests must not change its resources. A test that does,
 * or that tests the evaluation, evaluates the program itself.
 */
export const evaluated = (path = "."): Promise<Program> => evaluateOnce(readProject(join(ROOT, path)));

/** As `evaluate`, but once for each of the repository's programs and its settings. A test may write other programs anew. */
export function evaluateOnce(project: Project, answers: AccountAnswers = {}): Promise<Program> {
  if (project.folder !== ROOT) return original(project, answers);
  const key = JSON.stringify([project, answers]);
  const program = programs.get(key) ?? original(project, answers);
  programs.set(key, program);
  return program;
}

/** A command that a test runs in its own process calls `evaluateOnce` in the place of this. */
const original = evaluate;
