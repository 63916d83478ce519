// @ts-check
// What ts-node transpiles a file with: as it does itself, but that a file which has not changed is read from a cache. Plain
// JavaScript, since ts-node loads it before it can load anything else.

const { createHash, randomUUID } = require("node:crypto");
const { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const { dirname, join, resolve } = require("node:path");
const process = require("node:process");

/** @typedef {{ outputText: string, sourceMapText?: string | undefined, diagnostics?: import("typescript").Diagnostic[] }} Output */

const hashOf = (/** @type {readonly string[]} */ ...parts) =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex");

/**
 * @see https://typestrong.org/ts-node/docs/transpilers#third-party-transpilers
 * @param {{ service: {
 *   config: { options: import("typescript").CompilerOptions },
 *   options: { compiler?: string },
 *   projectLocalResolveHelper: (name: string, relative: boolean) => string,
 * }, nodeModuleEmitKind?: string, folder?: string }} args `folder` is that of the program, where the process runs in another.
 * @returns {{ transpile: (input: string, options: { fileName: string }) => Output } | undefined} undefined leaves it to ts-node
 */
exports.create = ({ service, nodeModuleEmitKind, folder = process.cwd() }) => {
  const cache = cacheOf(folder);
  if (cache === undefined || nodeModuleEmitKind === "nodeesm") return undefined;
  const compiler = service.projectLocalResolveHelper(service.options.compiler ?? "typescript", true);
  const compilerOptions = service.config.options;
  /** @type {import("typescript")} */
  const ts = require(compiler);
  const settings = JSON.stringify([ts.version, compilerOptions]);
  /** @param {string} input @param {{ fileName: string }} options */
  const transpile = (input, { fileName }) => {
    // One file for each source file: the cache grows with a project, and not with its changes.
    const file = join(cache, `${hashOf(fileName).slice(0, 32)}.json`);
    const key = hashOf(settings, input);
    const cached = read(file);
    if (cached?.key === key) return cached;
    const { outputText, sourceMapText, diagnostics } = ts.transpileModule(input, {
      fileName,
      compilerOptions,
      reportDiagnostics: true,
    });
    // What is wrong with a file is told at each try.
    if (diagnostics?.length === 0) write(file, { key, outputText, sourceMapText });
    return { outputText, sourceMapText, diagnostics };
  };
  return { transpile };
};

/** @param {string} folder @returns {string | undefined} where other tools of npm's world, too, keep what they can make again */
function cacheOf(folder) {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const modules = join(at, "node_modules");
    if (existsSync(modules)) return join(modules, ".cache", "saga-aws-pulumi", "transpiled");
    if (at === dirname(at)) return undefined;
  }
}

/** @param {string} file @returns {Output & { key: string } | undefined} */
function read(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    // There is none, or another process has been stopped while it wrote to it.
    return undefined;
  }
}

/** @param {string} file @param {object} content */
function write(file, content) {
  try {
    mkdirSync(dirname(file), { recursive: true });
    // Several processes may transpile the same file: none reads half of what another writes.
    const unfinished = `${file}.${randomUUID()}`;
    writeFileSync(unfinished, JSON.stringify(content));
    renameSync(unfinished, file);
  } catch {
    // Where nothing can be written, the next one transpiles it again.
  }
}
