import { existsSync } from "node:fs";
import { type Declaration, DeclarationError, readDeclaration } from "../../asl/declaration";
import type { Json } from "../../interpreter/json";
import { readJsonFile } from "../input";
import { callersPath } from "../paths";
import { UsageError } from "../usage-error";

/**
 * The file that declares which call undoes which, beside the definition's file: `order.saga.json` beside
 * `order.asl.json`, `cdk.out.saga.json` beside `cdk.out/`. Its name contains the machine's name if there are several.
 */
export function besideOf(file: string, machine?: string): string {
  const base = file.replace(/[/\\]+$/, "").replace(/(\.asl)?(\.(json|ya?ml))?$/i, "");
  return `${base}${machine === undefined ? "" : `.${machine.replaceAll(/[^\w.-]+/g, "-")}`}.saga.json`;
}

/**
 * The file that declares a machine, if it exists: with the machine's name, or without if it is the file's only machine.
 */
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
 * @param where The name of the declaration in messages.
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
