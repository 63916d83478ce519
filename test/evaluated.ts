import { join } from "node:path";
import { evaluateProgram, type Program } from "../saga/local/program";

const programs = new Map<string, Promise<Program>>();

/**
 * A program of the project, evaluated once for all tests of a process. Tests must not change its resources. A test that does,
 * or that tests the evaluation, evaluates the program itself.
 */
export function evaluated(path = "."): Promise<Program> {
  const program = programs.get(path) ?? evaluateProgram({}, join(__dirname, "..", path));
  programs.set(path, program);
  return program;
}
