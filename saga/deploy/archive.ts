import { builtinModules } from "node:module";
import { dirname, relative, sep } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { type Placed, shipped } from "./packages";

export interface ArchiveArgs {
  /** The name of the function, for error messages. */
  readonly name: string;
  /** Builds the handler, once at a cold start. */
  readonly factory: () => unknown;
  /** The npm packages that the handler requires. */
  readonly packages: readonly string[];
  /** Whether the function has layers, whose modules are unknown here. */
  readonly layers: boolean;
}

/** Module and export of the serialised handler. */
export const HANDLER = "__index.handler";

/**
 * A function's code: its serialised handler, and the packages that it requires with their dependencies. Other dependencies of
 * the program are not in the archive.
 *
 * @throws RunError for a package that is not installed, or that is only for deployments. The promise rejects if the handler
 * captures a secret or something that can't be serialised, or requires a package that the archive does not contain
 */
export function archive({ name, factory, packages, layers }: ArchiveArgs): Promise<pulumi.asset.AssetArchive> {
  const placed = shipped(name, packages, process.cwd());
  serialiseByValue();
  return pulumi.runtime
    .serializeFunction(factory, { exportName: "handler", isFactoryFunction: true, allowSecrets: true })
    .catch((error: unknown) => {
      throw unserialisable(name, error as Error);
    })
    .then(({ text, containsSecrets }) => {
      if (containsSecrets) {
        throw new pulumi.RunError(
          `'${name}': its handler captures a secret, whose value would stand in the function's archive: hand it over in the task's environment, or by its ARN in secrets`,
        );
      }
      if (!layers) checkRequired(name, text, placed);
      if (text.length > LARGE) warnOfSize(name, text.length);
      return new pulumi.asset.AssetArchive({
        "__index.js": new pulumi.asset.StringAsset(text),
        ...Object.fromEntries(placed.flatMap(assetsOf)),
      });
    });
}

/** The characters of serialised code above which a program is warned. A handler's own code has a few thousand. */
const LARGE = 1_000_000;

function warnOfSize(name: string, characters: number): void {
  void pulumi.log.warn(
    `'${name}': its handler's code has ${(characters / 1e6).toFixed(1)} MB, with the module's data that it captures. Each evaluation of the program serialises that, and each cold start loads it: read the data inside the handler, from a package, a bucket or a table`,
  );
}

/** Pulumi's reason for a variable that no scope around the function has, and the code of the function, last in its error. */
const MISSING = /Unexpected missing variable in closure environment: ([\w$]+)\n+Function code:\n\s*(.*)/;

/**
 * Shortens Pulumi's error for a handler that can't be serialised to one sentence. The error has a line for each reference from
 * the handler down to a function of Node.js, or to one with a variable that does not exist. The program can change the first
 * variable in it, or that one.
 */
function unserialisable(name: string, error: Error): Error {
  const [, missing, code = ""] = MISSING.exec(error.message) ?? [];
  if (missing !== undefined) {
    const place = code.length > 60 ? `${code.slice(0, 60)}…` : code;
    const said = new pulumi.RunError(
      `'${name}': its handler uses '${missing}', which is declared nowhere, in \`${place}\`: declare or import it there, or take it from the event`,
    );
    return Object.assign(said, { cause: error });
  }
  const [, chain = ""] = error.message.split("'factory', a function defined at");
  const [, variable, captured] = /^ *(?:variable '([\w$]+)'|'([\w$]+)', a function defined at)/m.exec(chain) ?? [];
  const culprit = variable ?? captured;
  if (culprit === undefined) return error;
  const said = new pulumi.RunError(
    `'${name}': its handler uses '${culprit}' of the module, which can't be serialised: make it inside the handler, which runs once a cold start, and load its package there with a bare require`,
  );
  return Object.assign(said, { cause: error });
}

/** The assets by their paths in the archive. Their sources are relative to the program, so the state contains no path of this machine. */
function assetsOf({
  path,
  entries,
}: Placed): readonly (readonly [string, pulumi.asset.Asset | pulumi.asset.Archive])[] {
  return entries.map(({ name, folder, source }) => {
    const from = relative(process.cwd(), source);
    return [`${path}/${name}`, folder ? new pulumi.asset.FileArchive(from) : new pulumi.asset.FileAsset(from)];
  });
}

/**
 * The handler's imports from this package are serialised with the handler, because Lambda does not have the package. Without
 * this mark Pulumi expects a module in `node_modules` to be present in Lambda.
 */
function serialiseByValue(): void {
  const own = dirname(__dirname) + sep;
  for (const [file, loaded] of Object.entries(require.cache)) {
    const exports: unknown = loaded?.exports;
    if (!file.startsWith(own) || typeof exports !== "object" || exports === null) continue;
    if ("deploymentOnlyModule" in exports || !Object.isExtensible(exports)) continue;
    Object.defineProperty(exports, "deploymentOnlyModule", { value: true });
  }
}

/** The modules that Lambda's runtime provides. */
const RUNTIME = /^(node:.*|@aws-sdk\/.*|@smithy\/.*)$/;

/** Refuses a handler that could not start: Lambda finds a module in the archive, in its own runtime, or in a layer. */
function checkRequired(name: string, text: string, placed: readonly Placed[]): void {
  const code = text.replace(/^\s*(\/\/|\*|\/\*).*$/gm, "");
  for (const [, required = ""] of code.matchAll(/\brequire\(["'`]([^"'`]+)["'`]\)/g)) {
    const [, module = ""] = /^((?:@[^/]+\/)?[^/]+)/.exec(required) ?? [];
    if (RUNTIME.test(required) || builtinModules.includes(required)) continue;
    if (placed.some(({ path }) => path === `node_modules/${module}`)) continue;
    throw new pulumi.RunError(
      `'${name}': its handler requires '${required}', and its archive does not have it: add ${JSON.stringify(module)} to the task's packages`,
    );
  }
}
