import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** Where the command was started: evaluating a program changes the folder. */
const start = process.cwd();

/** The folder of whoever called the command. */
export function startFolder(): string {
  const { INIT_CWD, npm_package_json } = process.env;
  return INIT_CWD !== undefined && npm_package_json !== undefined && dirname(npm_package_json) === start
    ? INIT_CWD
    : start;
}

/**
 * A path as the caller means it. npm runs a script in the folder of its package, and says in INIT_CWD where it was itself
 * called; what it has passed on to other programs, in other folders, says nothing any more.
 */
export function callersPath(path: string): string {
  const called = startFolder();
  const folders = called === start ? [start] : [called, start];
  const [first, ...others] = folders.map((folder) => resolve(folder, path)) as [string, ...string[]];
  return [first, ...others].find((each) => existsSync(each)) ?? first;
}

/** What to type to run this command, as it was run. */
export function commandName(): string {
  const { npm_lifecycle_event: script, npm_package_name: name } = process.env;
  return name === "saga-aws-pulumi" && (script === "saga" || script === "start")
    ? "npm run --silent saga --"
    : "npx saga";
}
