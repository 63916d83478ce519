import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { folderOf } from "../peers";
import { timed } from "../timed";
import { peerFolder } from "./program-folder";

/** The output folder of a synthesis. */
export const CDK_OUT = "cdk.out";
export const WITHOUT_VALIDATION = { CDK_VALIDATION: "false" };

/** Runs the app alone, without the CDK's command line, which would take more time. */
export const synthesises = (...args: readonly string[]): readonly string[] => [process.execPath, "app.cjs", ...args];

/** The CDK program, in a folder of its own. */
export function cdkFolder(): string {
  const folder = peerFolder("cdk", join(folderOf("CDK"), "node_modules"));
  // NodejsFunction needs both files to exist.
  for (const name of ["package.json", "package-lock.json"]) writeFileSync(join(folder, name), "{}");
  cpSync(join(__dirname, "cdk.cjs"), join(folder, "app.cjs"));
  return folder;
}

export interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }>
  >;
}

export function synthesise(folder: string): Template {
  timed(synthesises(), folder, WITHOUT_VALIDATION);
  return JSON.parse(readFileSync(join(folder, CDK_OUT, "Orders.template.json"), "utf8")) as Template;
}
