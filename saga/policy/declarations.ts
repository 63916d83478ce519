import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Declaration, DeclarationError, readDeclaration } from "../asl/declaration";

/** The sources of a machine's declaration, besides its Comment. */
export interface DeclarationSources {
  /** The tag of the machine: a key of `given`, or a file. */
  readonly tag: unknown;
  /** By the machine's name: a declaration, or a file that has one. */
  readonly given: Readonly<Record<string, unknown>>;
}

/**
 * The declaration of a machine from its tag or from the options. Undefined if there is none.
 * @throws DeclarationError if it can't be read
 */
export function declarationFrom(name: string, { tag, given }: DeclarationSources): Declaration | undefined {
  if (typeof tag === "string") return read(Object.hasOwn(given, tag) ? given[tag] : tag, tag);
  return Object.hasOwn(given, name) ? read(given[name], name) : undefined;
}

function read(from: unknown, what: string): Declaration {
  if (typeof from !== "string") return declared(from, what);
  let text: string;
  try {
    // Pulumi runs a policy pack in its own folder.
    text = readFileSync(resolve(from), "utf8").replace(/^\uFEFF/, "");
  } catch (error) {
    throw new DeclarationError(
      `there is no declaration '${what}', and no file '${resolve(from)}': ${(error as Error).message}`,
    );
  }
  try {
    return declared(JSON.parse(text), from);
  } catch (error) {
    if (error instanceof SyntaxError) throw new DeclarationError(`'${from}' is not JSON: ${error.message}`);
    throw error;
  }
}

function declared(json: unknown, where: string): Declaration {
  try {
    return readDeclaration(json);
  } catch (error) {
    if (error instanceof DeclarationError) throw new DeclarationError(`${where}: ${error.message}`);
    throw error;
  }
}

/**
 * The declaration in the Comment of a definition. Undefined if the Comment is no declaration as JSON.
 * @throws DeclarationError if it can't be read
 */
export function declarationIn(comment: unknown): Declaration | undefined {
  if (typeof comment !== "string" || !comment.trimStart().startsWith("{")) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(comment);
  } catch {
    return undefined;
  }
  return typeof json === "object" && json !== null && "calls" in json ? declared(json, "the Comment") : undefined;
}
