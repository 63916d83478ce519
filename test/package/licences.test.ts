import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { expect } from "chai";

const ROOT = join(__dirname, "../..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

interface Installed {
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const { packages } = JSON.parse(read("package-lock.json")) as { packages: Readonly<Record<string, Installed>> };

/** The folder in which a package finds another: beside it or further up. */
function resolve(name: string, from: string): string | undefined {
  const path = `${from === "" ? "" : `${from}/`}node_modules/${name}`;
  if (path in packages) return path;
  return from === "" ? undefined : resolve(name, from.replace(/\/?node_modules\/(?:@[^/]+\/)?[^/]+$/, ""));
}

/** The packages that a source imports. */
function imported(source: string): readonly string[] {
  const names = [...source.matchAll(/(?:from|require\(|import\() ?"((?:@[\w.-]+\/)?[\w.-]+)[^"]*"/g)];
  return names
    .map(([, name = ""]) => name)
    .filter((name) => !/^\.|^node:/.test(name) && !builtinModules.includes(name));
}

/** All dependencies of packages, with their licences. */
function closure(names: Iterable<string>): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const queue = [...names].map((name) => ({ name, from: "" }));
  for (const { name, from } of queue) {
    const path = resolve(name, from);
    // Optional dependencies may be missing.
    if (path === undefined || found.has(path)) continue;
    const { license = "none", dependencies, optionalDependencies, peerDependencies } = packages[path] as Installed;
    found.set(path, license);
    const needed = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
    queue.push(...needed.map((each) => ({ name: each, from: path })));
  }
  return found;
}

const copyleft = (names: Iterable<string>) =>
  [...closure(names)].filter(([, license]) => /GPL|SSPL|none/.test(license)).map(([path]) => path);

describe("the package's dependencies", () => {
  const sources = readdirSync(join(ROOT, "saga"), { recursive: true, encoding: "utf8" }).filter((path) =>
    /\.m?[jt]s$/.test(path),
  );
  const names = new Set(sources.flatMap((path) => imported(read(join("saga", path)))));

  it("have a licence, and none is the AGPL or the GPL", () => {
    expect([...names]).to.include.members(["@pulumi/pulumi", "dynalite", "jsonata"]);
    const { dependencies = {}, peerDependencies = {} } = JSON.parse(read("package.json")) as Installed;
    expect(copyleft([...names, ...Object.keys({ ...dependencies, ...peerDependencies })])).to.deep.equal([]);
  });

  it("would include the AGPL with the evaluator that the tests use", () => {
    expect(copyleft(["@cloud-copilot/iam-simulate"])).to.include("node_modules/@cloud-copilot/iam-simulate");
  });
});
