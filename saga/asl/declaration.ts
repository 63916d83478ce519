/**
 * The declaration of a saga: which state undoes which. The verifier reads only a definition and its declaration, so you can
 * write a declaration by hand for any definition.
 */
export interface Declaration {
  /** The name of the saga, for reports. */
  readonly saga: string;
  /** The calls, by the name of the state that makes them. */
  readonly calls: Readonly<Record<string, DeclaredCall>>;
}

export interface DeclaredCall {
  /**
   * The role of the call in the saga (S9). A compensable call has an undo, a pivot is the point of no return, a retriable
   * call comes after it, and a query changes nothing.
   */
  readonly role: "compensable" | "pivot" | "retriable" | "query";
  /** The state that undoes the call. It may undo several calls together, when the last of them must be undone. */
  readonly undo?: string;
  /** The call that this one confirms, as in reserve, pay, confirm. The undo of that call undoes both. */
  readonly confirms?: string;
  /** The state that ends the call's effect on the way to success, such as a lock. It may be the undo. */
  readonly release?: string;
  /** One call of the undo undoes all calls that were made in a list, or in branches. */
  readonly bulk?: true;
  /** Errors that prove that the call had no effect (S2). */
  readonly definite?: readonly string[];
  /** A comment for readers. */
  readonly why?: string;
}

/** The state that undoes a call: its own, or that of the call that it confirms. */
export function undoOf({ calls }: Pick<Declaration, "calls">, name: string): string | undefined {
  const call = Object.hasOwn(calls, name) ? calls[name] : undefined;
  return call?.undo ?? (call?.confirms === undefined ? undefined : undoOf({ calls }, call.confirms));
}

/** An invalid declaration. */
export class DeclarationError extends Error {
  override readonly name = "DeclarationError";
}

/** Errors that Step Functions or Lambda report, and not the task. They prove nothing about the effect. */
const REPORTED = /^(States|Lambda|Sandbox|Runtime)\./;
const ROLES: ReadonlySet<unknown> = new Set(["compensable", "pivot", "retriable", "query"]);
const FIELDS = ["role", "undo", "confirms", "release", "bulk", "definite", "why"];

type Fields = Readonly<Record<string, unknown>>;

function refuse(where: string, what: string): never {
  throw new DeclarationError(`${where} ${what}`);
}

const object = (value: unknown, where: string): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : refuse(where, "is no object");

function refuseOtherKeys(value: Fields, keys: readonly string[], where: string): void {
  const other = Object.keys(value).find((key) => !keys.includes(key));
  if (other !== undefined) refuse(where, `has '${other}', which says nothing: there are ${keys.join(", ")}`);
}

/**
 * Reads and checks a declaration.
 * @throws DeclarationError which says what is wrong, and where
 */
export function readDeclaration(json: unknown): Declaration {
  const declaration = object(json, "the declaration");
  refuseOtherKeys(declaration, ["saga", "calls"], "the declaration");
  if (typeof declaration["saga"] !== "string") refuse("'saga'", "is no string: give the saga's name");
  const calls = object(declaration["calls"], "'calls'");
  for (const [state, call] of Object.entries(calls)) checkCall(state, object(call, `calls.${state}`), calls);
  const pivots = Object.entries(calls).filter(([, call]) => (call as DeclaredCall).role === "pivot");
  const [first, second] = pivots.map(([name]) => name);
  if (second !== undefined)
    refuse("'calls'", `has two pivots, ${first as string} and ${second}: there is one point of no return at most`);
  return json as Declaration;
}

function checkCall(state: string, fields: Fields, calls: Fields): void {
  const where = `calls.${state}`;
  refuseOtherKeys(fields, FIELDS, where);
  const { role, undo, confirms, release, bulk, definite, why } = fields;
  if (!ROLES.has(role)) {
    refuse(`${where}.role`, `is ${JSON.stringify(role)}: use "compensable", "pivot", "retriable" or "query"`);
  }
  if (role === "compensable" && undo === undefined && confirms === undefined) {
    refuse(where, "is compensable and names no undo");
  }
  if ((role === "retriable" || role === "query") && undo !== undefined) refuse(where, `is ${role}, and has an undo`);
  if (undo !== undefined) checkState(undo, `${where}.undo`, { state, calls });
  if (confirms !== undefined) checkConfirms(fields, { state, calls });
  if (release !== undefined) {
    checkState(release, `${where}.release`, { state, calls });
    if (undo === undefined) refuse(`${where}.release`, "is for a call that has an undo as well");
  }
  if (bulk !== undefined && bulk !== true) refuse(`${where}.bulk`, "is not true: say true, or leave it out");
  if (bulk === true && undo === undefined) refuse(`${where}.bulk`, "is about an undo, and the call names none");
  if (why !== undefined && typeof why !== "string") refuse(`${where}.why`, "is no string");
  if (definite !== undefined && !(Array.isArray(definite) && definite.every((name) => typeof name === "string"))) {
    refuse(`${where}.definite`, "is no list of names of errors");
  }
  const guess = ((definite ?? []) as readonly string[]).find((error) => error === "" || REPORTED.test(error));
  if (guess !== undefined) refuse(`${where}.definite`, `has '${guess}', which does not prove that nothing happened`);
}

/** A state that undoes or releases must not be declared as a call. */
function checkState(named: unknown, where: string, { state, calls }: { state: string; calls: Fields }): void {
  if (Array.isArray(named)) refuse(where, "names several states: name one, and let every path lead to it");
  if (typeof named !== "string" || named === "") refuse(where, "is no name of a state");
  if (named === state) refuse(where, "is the call itself");
  if (Object.hasOwn(calls, named)) refuse(where, `is ${named}, which is declared as a call`);
}

/** A call confirms a call with an undo, directly or through others, and never itself. */
function checkConfirms(fields: Fields, { state, calls }: { state: string; calls: Fields }): void {
  const where = `calls.${state}.confirms`;
  if (fields["undo"] !== undefined) refuse(where, "stands beside an undo: the one that it confirms has it");
  if (fields["role"] === "query") refuse(where, "is for a call that changes something");
  const seen = new Set([state]);
  for (let at = fields["confirms"]; ;) {
    if (typeof at !== "string" || !Object.hasOwn(calls, at)) refuse(where, `is ${JSON.stringify(at)}, and no call`);
    if (seen.has(at)) refuse(where, "leads round to the call itself");
    seen.add(at);
    const { undo, confirms } = object(calls[at], `calls.${at}`);
    if (undo !== undefined) return;
    if (confirms === undefined) refuse(where, `is ${at}, which has no undo`);
    at = confirms;
  }
}
