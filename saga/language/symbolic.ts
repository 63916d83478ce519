interface Part {
  /** The path below the name, or below the result of a function. */
  readonly path: readonly (string | number)[];
  /** The value of which it is a part. Undefined for a name of the scope, and for the result of a function. */
  readonly parent: Symbolic | undefined;
  /** The place in the saga for which it was made. */
  readonly where: Where;
}

/** A place in a saga, as messages name it. */
export interface Where {
  readonly saga?: string;
  readonly step?: string;
}

/** The target of a reference: the owner of its scope, the name in that scope, and the path below the name. */
export interface ScopeReference extends Part {
  readonly kind: "Reference";
  readonly owner: object;
  readonly root: string;
  readonly maybe: boolean;
}

/** The result of a function, such as `concat`, for its operands. */
export interface FunctionCall extends Part {
  readonly kind: "Call";
  readonly name: FunctionName;
  readonly operands: readonly unknown[];
}

/** The functions that a mapping may use, by their exported names. */
export type FunctionName =
  "concat" | "orElse" | "choose" | "text" | "number" | "add" | "subtract" | "multiply" | "count" | "sum" | "hash";

/** A value that does not exist until the saga runs. */
export type Symbolic = ScopeReference | FunctionCall;

/** How a message names a symbolic value: `input.total`, `concat(…)`. */
export function sayOf(symbolic: Symbolic): string {
  const root = symbolic.kind === "Reference" ? symbolic.root : `${symbolic.name}(…)`;
  return [root, ...symbolic.path].join(".");
}
