interface Part {
  /** Below the name, or below what a function gives. */
  readonly path: readonly (string | number)[];
  /** The value of which it was read; a name of the scope, and what a function gives, have none. */
  readonly parent: Symbolic | undefined;
  /** Where the function stands that it was made for. */
  readonly where: Where;
}

/** A place in a saga, as messages name it. */
export interface Where {
  readonly saga?: string;
  readonly step?: string;
}

/** Where a reference points: whose scope it is of, the name in that scope, and the path below it. */
export interface ScopeReference extends Part {
  readonly kind: "Reference";
  readonly owner: object;
  readonly root: string;
  readonly maybe: boolean;
}

/** What a mapping function gives for what it was given. */
export interface FunctionCall extends Part {
  readonly kind: "Call";
  readonly name: FunctionName;
  readonly operands: readonly unknown[];
}

/** The functions that a mapping may use, by the names that they are imported by. */
export type FunctionName =
  "concat" | "orElse" | "choose" | "text" | "number" | "add" | "subtract" | "multiply" | "count" | "sum" | "hash";

/** A value that there is none of until the saga runs. */
export type Symbolic = ScopeReference | FunctionCall;

/** How a message names a symbolic value: `input.total`, `concat(…)`. */
export function sayOf(symbolic: Symbolic): string {
  const root = symbolic.kind === "Reference" ? symbolic.root : `${symbolic.name}(…)`;
  return [root, ...symbolic.path].join(".");
}
