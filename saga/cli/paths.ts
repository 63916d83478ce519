import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** The working folder at the start, since evaluating a program changes it. */
const start = process.cwd();

/** The folder in which the user called the command. */
export function startFolder(): string {
  const { INIT_CWD, npm_package_json } = process.env;
  return INIT_CWD !== undefined && npm_package_json !== undefined && dirname(npm_package_json) === start
    ? INIT_CWD
    : start;
}

/**
 * Resolves a path from the folder in which the user called the command. npm runs a script in its package's folder, and
 * sets INIT_CWD to the folder in which npm was called. If the script has started another program in another folder,
 * INIT_CWD does not apply to that program.
 */
export function callersPath(path: string): string {
  const called = startFolder();
  const folders = called === start ? [start] : [called, start];
  const [first, ...others] = folders.map((folder) => resolve(folder, path)) as [string, ...string[]];
  return [first, ...others].find((each) => existsSync(each)) ?? first;
}

/** How the user called this command, for the commands in messages. */
export function commandName(): string {
  const { npm_lifecycle_event: script, npm_package_name: name } = process.env;
  return name === "saga-aws-pulumi" && (script === "saga" || script === "start")
    ? "npm run --silent saga --"
    : "npx saga";
}
