import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parse } from "yaml";

/** An error in a project's files, or in the request for them. Its message is one sentence. */
export class ProjectError extends Error {
  override readonly name = "ProjectError";
}

/** A Pulumi program, and its config. */
export interface Project {
  readonly name: string;
  readonly stack: string;
  /** The folder of `Pulumi.yaml`. */
  readonly folder: string;
  /** The folder in which Pulumi runs the program. Its functions get their dependencies from there. */
  readonly workingFolder: string;
  /** The module to load. */
  readonly main: string;
  /** The config values, by full key: `aws:region`. */
  readonly config: Readonly<Record<string, string>>;
  /** The keys of the config whose values are secret. */
  readonly secretKeys: readonly string[];
  /** The values of secrets that are known here. Nothing that is printed may contain them. */
  readonly secretValues: readonly string[];
  /** Notes for the user, such as a secret that has no value here. */
  readonly notes: readonly string[];
}

export interface ProjectOptions {
  /** Values by key. They override the stack's. */
  readonly config?: Readonly<Record<string, string>>;
  /** The stack whose `Pulumi.NAME.yaml` is read. */
  readonly stack?: string | undefined;
  /** The environment variables with the values of secrets. */
  readonly env?: NodeJS.ProcessEnv;
}

export const PROJECT_FILES = ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"];

/**
 * The folder of the project that contains a folder: itself, or the nearest above it. Pulumi searches in the same way.
 */
export function findProject(from: string): string | undefined {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (PROJECT_FILES.some((file) => existsSync(join(folder, file)))) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

/**
 * Reads a project.
 * @param path The folder of a program, or a module that replaces the project's own.
 * @throws ProjectError
 */
export function readProject(path: string, { config = {}, stack, env = process.env }: ProjectOptions = {}): Project {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const folder = findProject(isFolder ? path : dirname(path));
  if (folder === undefined) {
    throw new ProjectError(
      `no Pulumi.yaml in ${path} or above it: change to the folder of a Pulumi program, or name it with --program DIR`,
    );
  }
  const file = PROJECT_FILES.map((each) => join(folder, each)).find((each) => existsSync(each)) as string;
  const { name, runtime, main, config: declared } = readYaml(file) as ProjectFile;
  if (typeof name !== "string") throw new ProjectError(`${file} has no 'name': add the project's name`);
  const language = typeof runtime === "string" ? runtime : runtime?.name;
  if (language !== undefined && language !== "nodejs") {
    throw new ProjectError(`${file} has the runtime '${language}': the command runs programs for nodejs`);
  }
  const target = isFolder ? join(folder, main ?? ".") : resolve(path);
  const targetIsFolder = statSync(target, { throwIfNoEntry: false })?.isDirectory() ?? false;

  const notes: string[] = [];
  const secretKeys: string[] = [];
  const secretValues: string[] = [];
  const full = (key: string): string => (key.includes(":") ? key : `${name}:${key}`);
  const known = (key: string, value: unknown): string => {
    const revealed = reveal(value, () => {
      const variable = variableOf(key.split(":").at(-1) as string);
      if (!secretKeys.includes(full(key))) secretKeys.push(full(key));
      const found = env[variable];
      if (found !== undefined) secretValues.push(found);
      else notes.push(`the secret '${key}' has no value here, and a placeholder replaces it: set ${variable}`);
      return found ?? `placeholder-${variable}`;
    });
    return typeof revealed === "string" ? revealed : JSON.stringify(revealed);
  };
  const values = [
    ...Object.entries(declared ?? {}).flatMap(([key, value]) => {
      const given = isDeclaration(value) ? (value.value ?? value.default) : value;
      return given === undefined ? [] : [[key, given] as const];
    }),
    ...(stack === undefined ? [] : stackValues(folder, stack)),
    ...Object.entries(config),
  ];
  const last = new Map(values.map(([key, value]) => [full(key), [key, value] as const]));
  return {
    name,
    stack: stack ?? "local",
    folder,
    workingFolder: targetIsFolder ? target : dirname(target),
    main: targetIsFolder ? entryOf(target) : target,
    config: Object.fromEntries([...last].map(([key, [said, value]]) => [key, known(said, value)])),
    secretKeys,
    secretValues,
    notes,
  };
}

interface ProjectFile {
  readonly name?: unknown;
  readonly runtime?: string | { readonly name?: string };
  readonly main?: string;
  readonly config?: Readonly<Record<string, unknown>>;
}

function readYaml(file: string): unknown {
  try {
    return parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new ProjectError(`can't read ${file}: ${(error as Error).message}`);
  }
}

/** Whether an entry declares a key, with a type or a default, and is not its value. */
const isDeclaration = (value: unknown): value is { readonly value?: unknown; readonly default?: unknown } =>
  typeof value === "object" &&
  value !== null &&
  ["type", "default", "value", "description"].some((key) => key in value);

function stackValues(folder: string, stack: string): readonly (readonly [string, unknown])[] {
  // A stack's name may contain its organisation and its project.
  const name = stack.split("/").at(-1) as string;
  const file = ["yaml", "yml", "json"]
    .map((end) => join(folder, `Pulumi.${name}.${end}`))
    .find((each) => existsSync(each));
  if (file === undefined) throw new ProjectError(`no file Pulumi.${name}.yaml in ${folder}, for the stack '${stack}'`);
  const { config } = (readYaml(file) ?? {}) as { readonly config?: Readonly<Record<string, unknown>> };
  return Object.entries(config ?? {});
}

/** A value in which each encrypted secret is replaced by its plain value. */
function reveal(value: unknown, secret: () => string): unknown {
  if (Array.isArray(value)) return value.map((each) => reveal(each, secret));
  if (typeof value !== "object" || value === null) return typeof value === "string" ? value : (value ?? null);
  const entries = Object.entries(value);
  if (entries.length === 1 && entries[0]?.[0] === "secure") return secret();
  return Object.fromEntries(entries.map(([key, each]) => [key, reveal(each, secret)]));
}

/** The environment variable with the value of a secret: `STRIPE_KEY` for `stripeKey` and for `stripe-key`. */
export const variableOf = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .toUpperCase();

/** The entry module of a folder, as Pulumi finds it: from the exports in package.json, or the index file. */
function entryOf(folder: string): string {
  const file = join(folder, "package.json");
  const { exports, main } = (existsSync(file) ? readYaml(file) : {}) as { readonly exports?: unknown; main?: string };
  const dot = typeof exports === "object" && exports !== null && "." in exports ? exports["."] : exports;
  const exported =
    typeof dot === "object" && dot !== null
      ? ["default", "require", "import"].map((key) => (dot as Record<string, unknown>)[key]).find(Boolean)
      : dot;
  const entry = typeof exported === "string" ? exported : main;
  if (entry !== undefined && existsSync(join(folder, entry))) return join(folder, entry);
  const index = ["index.ts", "index.js", "index.cjs"]
    .map((each) => join(folder, each))
    .find((each) => existsSync(each));
  if (index === undefined) throw new ProjectError(`no index.ts or index.js in ${folder}: set 'main' in Pulumi.yaml`);
  return index;
}
