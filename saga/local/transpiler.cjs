// @ts-check
// A transpiler for ts-node. It transpiles as ts-node does itself, but caches the result of each file until the file
// changes. It is plain JavaScript, because ts-node loads it before it can load TypeScript.

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
 * }, nodeModuleEmitKind?: string, folder?: string }} args `folder` is the program's folder, if the process runs in another.
 * @returns {{ transpile: (input: string, options: { fileName: string }) => Output } | undefined} undefined: ts-node transpiles itself
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
    // One cache file for each source file: the cache does not grow with the number of changes.
    const file = join(cache, `${hashOf(fileName).slice(0, 32)}.json`);
    const key = hashOf(settings, input);
    const cached = read(file);
    if (cached?.key === key) return cached;
    const { outputText, sourceMapText, diagnostics } = ts.transpileModule(input, {
      fileName,
      compilerOptions,
      reportDiagnostics: true,
    });
    // A file with errors is not cached: each run reports them.
    if (diagnostics?.length === 0) write(file, { key, outputText, sourceMapText });
    return { outputText, sourceMapText, diagnostics };
  };
  return { transpile };
};

/** @param {string} folder @returns {string | undefined} the cache folder, where other npm tools keep theirs */
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
    // There is none, or it is not valid JSON.
    return undefined;
  }
}

/** @param {string} file @param {object} content */
function write(file, content) {
  try {
    mkdirSync(dirname(file), { recursive: true });
    // Several processes may transpile the same file. The rename is atomic: no process reads a partial file.
    const unfinished = `${file}.${randomUUID()}`;
    writeFileSync(unfinished, JSON.stringify(content));
    renameSync(unfinished, file);
  } catch {
    // Without a writable cache, the next run transpiles again.
  }
}
