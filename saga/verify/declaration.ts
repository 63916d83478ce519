/**
 * What a saga says of its calls: which state undoes which. Beside a definition it is all that the verifier goes by, so
 * that it can be written by hand for a definition that somebody else made.
 */
export interface Declaration {
  readonly saga: string;
  /** By the name of the state that makes the call. */
  readonly calls: Readonly<Record<string, DeclaredCall>>;
}

export interface DeclaredCall {
  /**
   * What the call is to the saga (S9): a compensable one has an undo; a pivot is the point of no return; a retriable one
   * comes after it; a query changes nothing.
   */
  readonly role: "compensable" | "pivot" | "retriable" | "query";
  /** The state that undoes it. */
  readonly undo?: string;
  /** Errors after which nothing has happened for certain (S2). */
  readonly definite?: readonly string[];
}

/** A declaration that can't be gone by. */
export class DeclarationError extends Error {
  override readonly name = "DeclarationError";
}

const ROLES: ReadonlySet<unknown> = new Set(["compensable", "pivot", "retriable", "query"]);

/**
 * Reads a declaration that somebody wrote.
 * @throws DeclarationError which says what is wrong with it, and where
 */
export function readDeclaration(json: unknown): Declaration {
  const refuse = (where: string, what: string): never => {
    throw new DeclarationError(`${where} ${what}`);
  };
  const object = (value: unknown, where: string): Readonly<Record<string, unknown>> =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : refuse(where, "is no object");

  const { saga, calls } = object(json, "the declaration");
  if (typeof saga !== "string") refuse("'saga'", "is no string: give the saga's name");
  for (const [state, call] of Object.entries(object(calls, "'calls'"))) {
    const where = `calls.${state}`;
    const { role, undo, definite } = object(call, where);
    if (!ROLES.has(role)) {
      refuse(`${where}.role`, `is ${JSON.stringify(role)}: use "compensable", "pivot", "retriable" or "query"`);
    }
    if (undo !== undefined && typeof undo !== "string") refuse(`${where}.undo`, "is no name of a state");
    if (role === "compensable" && undo === undefined) refuse(where, "is compensable and names no undo");
    if ((role === "retriable" || role === "query") && undo !== undefined) refuse(where, `is ${role}, and has an undo`);
    if (definite !== undefined && !(Array.isArray(definite) && definite.every((name) => typeof name === "string"))) {
      refuse(`${where}.definite`, "is no list of names of errors");
    }
  }
  return json as Declaration;
}
