import Module = require("node:module");
import { join } from "node:path";
import type * as Pulumi from "@pulumi/pulumi";

/**
 * What Pulumi loads at its start and seldom uses: two packages that find the packages of a function which Pulumi packs
 * itself, and its automation API, which only programs that run Pulumi use.
 */
const SELDOM: ReadonlySet<string> = new Set(["@npmcli/arborist", "normalize-package-data", "./automation"]);

/**
 * The module that parses the source of a serialised function. Pulumi would parse a shared helper again for each
 * function that uses it.
 */
const PARSER = "./parseFunction";

type Load = (request: string, parent: unknown, isMain: boolean) => unknown;

/**
 * Loads the program's own Pulumi, which holds the state of the mocks. Rarely used parts, more than half of its modules,
 * load on first use.
 * @param folder The program's folder.
 */
export function loadPulumi(folder: string): typeof Pulumi {
  const loader = Module as unknown as { _load: Load };
  const { _load: load } = loader;
  loader._load = (request, ...where) => {
    if (SELDOM.has(request)) return onceUsed(() => load.call(Module, request, ...where));
    const loaded = load.call(Module, request, ...where);
    if (request === PARSER) parseOnce(loaded as Partial<Parser>);
    return loaded;
  };
  try {
    return Module.createRequire(join(folder, "program.js"))("@pulumi/pulumi") as typeof Pulumi;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    throw new Error(`there is no @pulumi/pulumi in ${folder}: run npm install there`, { cause: error });
  } finally {
    loader._load = load;
  }
}

interface Parser {
  parseFunction: ((text: string) => unknown) & { readonly once?: true };
}

/** Caches the result for each source text. Pulumi only reads the results. */
function parseOnce(parser: Partial<Parser>): void {
  const { parseFunction } = parser;
  if (parseFunction === undefined || parseFunction.once) return;
  const parsed = new Map<string, unknown>();
  const once = (text: string): unknown => {
    if (!parsed.has(text)) parsed.set(text, parseFunction(text));
    return parsed.get(text);
  };
  parser.parseFunction = Object.assign(once, { once: true as const });
}

/** Clears the list of pending promises. Otherwise Pulumi reports them when the process exits, and the process fails. */
export function forgetPromises(folder: string): void {
  let debuggable: { readonly leakedPromises?: () => unknown };
  try {
    debuggable = Module.createRequire(join(folder, "program.js"))(
      "@pulumi/pulumi/runtime/debuggable",
    ) as typeof debuggable;
  } catch {
    return;
  }
  debuggable.leakedPromises?.();
}

/** A module that loads when one of its exports is read. */
function onceUsed(load: () => unknown): object {
  return new Proxy(
    {},
    {
      get: (_, name) => {
        // Without this mark, TypeScript's `import *` would copy all exports, and load the module.
        if (name === "__esModule") return true;
        const loaded = load() as object;
        return name === "default" ? loaded : (Reflect.get(loaded, name) as unknown);
      },
    },
  );
}

type Prepare = (error: Error, frames: readonly NodeJS.CallSite[]) => unknown;

/**
 * Evaluates a program without two kinds of expensive stack traces. Pulumi takes one for each promise, to report those
 * that never end, and one for each resource, to show the engine its place in the source. Source maps make these traces
 * slow, and nothing here reads them.
 */
export async function withCheapTraces<T>(evaluate: () => Promise<T>): Promise<T> {
  const errors = Error as unknown as { prepareStackTrace?: Prepare | undefined };
  const before = errors.prepareStackTrace;
  const prepare = before ?? plainTrace;
  const replaced: Prepare = (error, frames) => (isUnread(frames[0]) ? String(error) : prepare(error, frames));
  errors.prepareStackTrace = replaced;
  try {
    return await evaluate();
  } finally {
    // Something else may have replaced it meanwhile.
    if (errors.prepareStackTrace === replaced) errors.prepareStackTrace = before;
  }
}

const PULUMI = join("@pulumi", "pulumi");

function isUnread(frame: NodeJS.CallSite | undefined): boolean {
  const file = frame?.getFileName() ?? "";
  if (file.endsWith(join(PULUMI, "runtime", "debuggable.js"))) return true;
  return file.endsWith(join(PULUMI, "resource.js")) && frame?.getFunctionName()?.endsWith("callsites") === true;
}

const plainTrace: Prepare = (error, frames) => [error, ...frames].map(String).join("\n    at ");
