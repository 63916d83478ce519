import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";

/** A package in an archive. */
export interface Placed {
  /** `node_modules/stripe`; of a second version of one, `node_modules/other/node_modules/stripe`. */
  readonly path: string;
  /** The files of its folder, without the packages inside. */
  readonly entries: readonly { readonly name: string; readonly folder: boolean; readonly source: string }[];
}

/**
 * Packages and their dependencies, as Node resolves them from the program's folder, with any package manager. Each package is
 * at the top of the archive. If another version of it is there already, it is inside the package that depends on it.
 *
 * @throws RunError for a package that is not installed, or that is for deployments alone
 */
export function shipped(name: string, packages: readonly string[], folder: string): readonly Placed[] {
  const at = new Map<string, string>();
  const refuse = (reason: string): never => {
    throw new pulumi.RunError(`'${name}': ${reason}`);
  };
  const required = packages.map((each) => {
    const found =
      find(each, folder) ?? refuse(`the package '${each}' is not installed in ${folder}: run npm install ${each}`);
    if (forDeployments(found)) {
      refuse(`the package '${each}' is for deployments alone, and can't run in a function: leave it out of packages`);
    }
    return { ...found, from: "" };
  });
  // Level by level: the dependencies of a package are placed before their own dependencies, as Node resolves them.
  for (let level: readonly RequiredPackage[] = required; level.length > 0;) {
    const placed = level.flatMap((each) => {
      const path = place(each, at);
      return path === undefined ? [] : [{ ...each, path }];
    });
    level = placed.flatMap((each) => needsOf(each, refuse).map((needed) => ({ ...needed, from: each.path })));
  }
  return [...at].map(([path, source]) => ({ path, entries: entriesOf(source) }));
}

interface Installed {
  readonly name: string;
  /** Without symbolic links. */
  readonly source: string;
}
/** `from` is the path in the archive of the package that requires it; empty for the handler. */
interface RequiredPackage extends Installed {
  readonly from: string;
}

/** The path of a package in the archive, or undefined if Node already finds it there. */
function place({ name, source, from }: RequiredPackage, at: Map<string, string>): string | undefined {
  const seen = lookedUp(name, from).find((path) => at.has(path));
  if (seen !== undefined && at.get(seen) === source) return undefined;
  const path = `${seen === undefined || from === "" ? "" : `${from}/`}node_modules/${name}`;
  at.set(path, source);
  return path;
}

/** Where Node looks for a package in the archive, nearest first. */
function lookedUp(name: string, from: string): readonly string[] {
  const around = from === "" ? [] : from.split("/node_modules/").map((_, depth, all) => all.slice(0, depth + 1));
  return [
    ...around.reverse().map((parts) => `${parts.join("/node_modules/")}/node_modules/${name}`),
    `node_modules/${name}`,
  ];
}

function needsOf({ name, source }: Installed, refuse: (reason: string) => never): readonly Installed[] {
  const { dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = manifestOf(source);
  const must = Object.keys(dependencies).filter((each) => !(each in optionalDependencies));
  const may = [...Object.keys(optionalDependencies), ...Object.keys(peerDependencies)];
  return [...new Set([...must, ...may])].flatMap((each) => {
    const found = find(each, source);
    if (found) return forDeployments(found) ? [] : [found];
    return must.includes(each)
      ? refuse(`the package '${name}' needs '${each}', which is not installed: run npm install`)
      : [];
  });
}

/** A package as Node finds it from a folder. */
function find(name: string, folder: string): Installed | undefined {
  for (let dir = folder; ; dir = dirname(dir)) {
    const candidate = join(basename(dir) === "node_modules" ? dir : join(dir, "node_modules"), name);
    if (existsSync(join(candidate, "package.json"))) return { name, source: realpathSync(candidate) };
    if (dirname(dir) === dir) return undefined;
  }
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  /** The mark of a package for Pulumi programs that no function needs. */
  readonly pulumi?: unknown;
}

/** Cached by folder, because all functions of a program ship the same few packages. */
const manifests = new Map<string, Manifest>();

function manifestOf(source: string): Manifest {
  const cached = manifests.get(source);
  if (cached) return cached;
  const read = JSON.parse(readFileSync(join(source, "package.json"), "utf8")) as Manifest;
  manifests.set(source, read);
  return read;
}

const forDeployments = ({ name, source }: Installed): boolean =>
  name.startsWith("@pulumi/") || manifestOf(source).pulumi !== undefined;

/** What is installed within a package is placed by itself. */
function entriesOf(source: string): Placed["entries"] {
  return readdirSync(source, { withFileTypes: true })
    .filter((entry) => entry.name !== "node_modules" && entry.name !== ".git")
    .map((entry) => ({ name: entry.name, folder: entry.isDirectory(), source: join(source, entry.name) }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}
