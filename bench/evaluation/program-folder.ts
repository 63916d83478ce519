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
/** What somebody has who has installed the package. */
export const DIST = join(ROOT, "dist");
const INSTALLED = ["@pulumi/aws", "@pulumi/pulumi", "@aws-sdk/client-dynamodb", "ts-node", "typescript"];
const HANDLERS = ["id", "input", "order", "payment", "shipment", "store"].map((name) => `handlers/${name}.ts`);

/** A folder of its own in the system's temporary one, where npm's packages are found as if they had been installed there. */
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

/** The order program in a folder of its own, which imports the package by its name. */
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
 * A program that is written with Pulumi alone, with what its functions are made of beside it: prebuilt in `functions/`; and
 * the order program's own handlers, for functions that Pulumi serialises. Of this package it has the store, copied, since
 * handlers use it.
 */
export function barePulumiFolder(index: string): string {
  const folder = emptyFolder("bare-pulumi", ofThisProject);
  writeFileSync(join(folder, "Pulumi.yaml"), "name: saga-aws-pulumi\nruntime: nodejs\n");
  // Pulumi reads it to know what a serialised function may need of what is installed.
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

/** Transpiles what a folder has of TypeScript, and leaves nothing else of it. */
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
