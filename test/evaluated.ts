import { join } from "node:path";
import { evaluateProgram, type Program } from "../saga/local/program";

const programs = new Map<string, Promise<Program>>();

/**
 * This program, or another of the project, evaluated once for all the tests of a process: none changes what it
 * registers. One that does, or that looks at evaluation itself, evaluates its own.
 */
export function evaluated(path = "."): Promise<Program> {
  const program = programs.get(path) ?? evaluateProgram({}, join(__dirname, "..", path));
  programs.set(path, program);
  return program;
}
