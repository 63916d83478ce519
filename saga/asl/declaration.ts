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
  /** Why it is declared so: for whoever reads it. */
  readonly why?: string;
}

/** A declaration that can't be gone by. */
export class DeclarationError extends Error {
  override readonly name = "DeclarationError";
}

/** Errors that Step Functions or Lambda report, and not the task: what has happened by then is a guess. */
const REPORTED = /^(States|Lambda|Sandbox|Runtime)\./;
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

  const refuseOtherKeys = (value: Readonly<Record<string, unknown>>, keys: readonly string[], where: string): void => {
    const other = Object.keys(value).find((key) => !keys.includes(key));
    if (other !== undefined) refuse(where, `has '${other}', which says nothing: there are ${keys.join(", ")}`);
  };

  const declaration = object(json, "the declaration");
  refuseOtherKeys(declaration, ["saga", "calls"], "the declaration");
  if (typeof declaration["saga"] !== "string") refuse("'saga'", "is no string: give the saga's name");
  const calls = Object.entries(object(declaration["calls"], "'calls'"));
  const undoes = new Map<string, string>();
  for (const [state, call] of calls) {
    const where = `calls.${state}`;
    const fields = object(call, where);
    refuseOtherKeys(fields, ["role", "undo", "definite", "why"], where);
    const { role, undo, definite, why } = fields;
    if (!ROLES.has(role)) {
      refuse(`${where}.role`, `is ${JSON.stringify(role)}: use "compensable", "pivot", "retriable" or "query"`);
    }
    if (why !== undefined && typeof why !== "string") refuse(`${where}.why`, "is no string");
    if (role === "compensable" && undo === undefined) refuse(where, "is compensable and names no undo");
    if ((role === "retriable" || role === "query") && undo !== undefined) refuse(where, `is ${role}, and has an undo`);
    if (undo !== undefined) {
      if (typeof undo !== "string" || undo === "") return refuse(`${where}.undo`, "is no name of a state");
      if (undo === state) refuse(`${where}.undo`, "is the call itself");
      if (calls.some(([name]) => name === undo)) refuse(`${where}.undo`, `is ${undo}, which is declared as a call`);
      const other = undoes.get(undo);
      if (other !== undefined) refuse(`${where}.undo`, `is ${undo}, which undoes ${other}: give each its own`);
      undoes.set(undo, state);
    }
    if (definite !== undefined && !(Array.isArray(definite) && definite.every((name) => typeof name === "string"))) {
      refuse(`${where}.definite`, "is no list of names of errors");
    }
    const guess = ((definite ?? []) as readonly string[]).find((error) => error === "" || REPORTED.test(error));
    if (guess !== undefined) refuse(`${where}.definite`, `has '${guess}', which does not prove that nothing happened`);
  }
  const [first, second] = calls.filter(([, call]) => (call as DeclaredCall).role === "pivot").map(([name]) => name);
  if (second !== undefined)
    refuse("'calls'", `has two pivots, ${first as string} and ${second}: there is one point of no return at most`);
  return json as Declaration;
}
