import { existsSync } from "node:fs";
import { type Declaration, DeclarationError, readDeclaration } from "../../asl/declaration";
import type { Json } from "../../interpreter/json";
import { readJsonFile } from "../input";
import { callersPath } from "../paths";
import { UsageError } from "../usage-error";

/**
 * The file beside another one that says what undoes what: `order.saga.json` beside `order.asl.json`, `cdk.out.saga.json`
 * beside `cdk.out/`; with the machine's name in it where there are several.
 */
export function besideOf(file: string, machine?: string): string {
  const base = file.replace(/[/\\]+$/, "").replace(/(\.asl)?(\.(json|ya?ml))?$/i, "");
  return `${base}${machine === undefined ? "" : `.${machine.replaceAll(/[^\w.-]+/g, "-")}`}.saga.json`;
}

/** The file that declares a machine, if there is one: by the machine's name, or for the only one that a file has. */
export function declarationFileOf(file: string, machine: string, only: boolean): string | undefined {
  const named = besideOf(file, machine);
  if (existsSync(callersPath(named))) return named;
  const plain = besideOf(file);
  return only && existsSync(callersPath(plain)) ? plain : undefined;
}

/** @throws UsageError */
export const readDeclarationFile = async (file: string): Promise<Declaration> =>
  readGiven(await readJsonFile(file), file);

/**
 * @param where What the declaration is called in a message.
 * @throws UsageError
 */
export function readGiven(json: Json, where: string): Declaration {
  try {
    return readDeclaration(json);
  } catch (error) {
    if (error instanceof DeclarationError) throw new UsageError(`${where}: ${error.message}`);
    throw error;
  }
}
