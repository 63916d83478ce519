import Module = require("node:module");
import { join } from "node:path";
import type * as Pulumi from "@pulumi/pulumi";

/** What Pulumi loads at its start, and uses only where it packs a function itself, with what is installed. */
const SELDOM = "@npmcli/arborist";

/** What reads the text of a function that is serialised: what functions share, it would read again for each of them. */
const PARSER = "./parseFunction";

type Load = (request: string, parent: unknown, isMain: boolean) => unknown;

/**
 * Loads the program's own Pulumi, whose state the mocks are; what a program seldom uses of it, half of its modules, once
 * somebody does.
 * @param folder That of the program.
 */
export function loadPulumi(folder: string): typeof Pulumi {
  const loader = Module as unknown as { _load: Load };
  const { _load: load } = loader;
  loader._load = (request, ...where) => {
    if (request === SELDOM) return onceUsed(() => load.call(Module, request, ...where));
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

/** Has each text parsed once. What comes of it is read, and never written to. */
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

/** Of promises that a program leaves behind, Pulumi complains at the end of the process, which then fails. */
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

/** A module that is loaded when one of its exports is read. */
function onceUsed(load: () => unknown): object {
  return new Proxy(
    {},
    {
      get: (_, name) => {
        // TypeScript's `import *` copies what is not marked so, and would read all of it.
        if (name === "__esModule") return true;
        const loaded = load() as object;
        return name === "default" ? loaded : (Reflect.get(loaded, name) as unknown);
      },
    },
  );
}

type Prepare = (error: Error, frames: readonly NodeJS.CallSite[]) => unknown;

/**
 * Runs what evaluates a program with stack traces that cost little. Pulumi takes one for each promise that it makes, to tell
 * of those that never end, and one for each resource, to tell its engine where that stands; source maps make these dear, and
 * nothing here reads them.
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
    // Another may have taken its place meanwhile.
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
