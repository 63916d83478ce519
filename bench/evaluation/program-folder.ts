import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as ts from "typescript";

export const ROOT = join(__dirname, "../..");
/** The files of an installed package. */
export const DIST = join(ROOT, "dist");
const INSTALLED = ["@pulumi/aws", "@pulumi/pulumi", "@aws-sdk/client-dynamodb", "ts-node", "typescript"];
const HANDLERS = ["id", "input", "order", "payment", "shipment", "store"].map((name) => `handlers/${name}.ts`);

/** Makes a temporary folder that finds the repository's packages as if they were installed there. */
function emptyFolder(name: string, packages: readonly (readonly [name: string, target: string])[]): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), `${name}-`)));
  for (const [installed, target] of packages) {
    const link = join(folder, "node_modules", installed);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(target, link, "junction");
  }
  return folder;
}

const ofThisProject = INSTALLED.map((name) => [name, join(ROOT, "node_modules", name)] as const);

/** A folder with the order program, which imports the package by name. */
export function programFolder(): string {
  const folder = emptyFolder("evaluation", [...ofThisProject, ["saga-aws-pulumi", ROOT]]);
  for (const each of ["handlers", "orderFulfilment.ts", "index.ts", "Pulumi.yaml"]) {
    cpSync(join(ROOT, each), join(folder, each), { recursive: true });
  }
  for (const file of ["index.ts", "orderFulfilment.ts", ...HANDLERS]) {
    const text = readFileSync(join(folder, file), "utf8");
    const imported = text.replace(/^import "\.\/saga.*\n/m, "").replace(/"\.\.?\/saga"/g, `"saga-aws-pulumi"`);
    writeFileSync(join(folder, file), imported);
  }
  return folder;
}

/**
 * A folder with a program that uses Pulumi alone. It has prebuilt functions in `functions/`, and the order program's
 * handlers for functions that Pulumi serialises. The handlers use the store, so a copy of it is there too.
 */
export function barePulumiFolder(index: string): string {
  const folder = emptyFolder("bare-pulumi", ofThisProject);
  writeFileSync(join(folder, "Pulumi.yaml"), "name: saga-aws-pulumi\nruntime: nodejs\n");
  // Pulumi reads it to find the packages of a serialised function.
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "bare-pulumi", version: "1.0.0" }));
  writeFileSync(join(folder, "index.js"), index);
  cpSync(join(ROOT, "handlers"), join(folder, "handlers"), { recursive: true });
  for (const part of ["asl", "language", "store"]) {
    cpSync(join(DIST, part), join(folder, "saga", part), { recursive: true });
  }
  writeFileSync(join(folder, "saga/index.js"), `module.exports = { ...require("./language"), ...require("./store") };`);
  prebuilt(folder);
  return folder;
}

/** Replaces the TypeScript files of a folder by JavaScript. */
export function javaScript(folder: string): string {
  const compilerOptions = { target: ts.ScriptTarget.ES2020, module: ts.ModuleKind.CommonJS };
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".ts") || name.startsWith("node_modules") || name.endsWith(".d.ts")) continue;
    const { outputText } = ts.transpileModule(readFileSync(join(folder, name), "utf8"), { compilerOptions });
    writeFileSync(join(folder, name.replace(/\.ts$/, ".js")), outputText);
    rmSync(join(folder, name));
  }
  return folder;
}

/** A folder with prebuilt functions, and a peer's packages. */
export function peerFolder(name: string, packages: string): string {
  const folder = emptyFolder(name, []);
  symlinkSync(packages, join(folder, "node_modules"), "junction");
  prebuilt(folder);
  return folder;
}

function prebuilt(folder: string): void {
  mkdirSync(join(folder, "functions"));
  cpSync(join(__dirname, "functions.cjs"), join(folder, "functions/index.js"));
}
