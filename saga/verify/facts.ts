import type { Ast } from "./expression";

export type Type = "string" | "number" | "boolean" | "array" | "object" | "regex" | "any";

/** The type of an expression that can't raise an error, and whether it always yields a value. */
export interface Known {
  readonly type: Type;
  readonly defined: boolean;
  /**
   * A number is computable if it is so small that the sum or product of two such numbers fits in a double. A string is
   * computable if it is such a number, and a list if all its items are.
   */
  readonly computable?: true;
}

/** What is known of each variable that every path has assigned. */
export type VariableTypes = ReadonlyMap<string, Known>;

export const COMPUTABLE = { computable: true } as const;
export const certain = (type: Type): Known => ({ type, defined: true });

/** A fact about one expression, or about two that can be ordered. */
export interface Fact {
  readonly of: readonly Ast[];
  readonly known: Known;
}

/** The facts that hold at one place in an expression. */
export class Facts {
  static readonly NONE = new Facts(new Map());

  /** The types of the expressions of which something is known: the key of any other is not worth making. */
  private readonly types: ReadonlySet<string | undefined>;

  private constructor(private readonly facts: ReadonlyMap<string, Fact>) {
    this.types = new Set(Array.from(facts.values(), ({ of: [first] }) => first?.type));
  }

  of(...asts: readonly Ast[]): Known | undefined {
    return this.types.has(asts[0]?.type) ? this.facts.get(keyOfAll(asts))?.known : undefined;
  }

  with(learned: readonly Fact[]): Facts {
    if (learned.length === 0) return this;
    const facts = new Map(this.facts);
    for (const fact of learned) {
      // A fact that a value exists does not replace a known type.
      if (fact.known.type !== "any" || !this.of(...fact.of)?.defined) facts.set(keyOfAll(fact.of), fact);
    }
    return new Facts(facts);
  }

  /** The facts after a variable is bound to a new value. Facts about its old value are dropped. */
  bind(variable: Ast, known: Known): Facts {
    const name = JSON.stringify(variable.value);
    const others = [...this.facts].filter(([key]) => !key.includes(name));
    return new Facts(new Map([...others, [keyOf(variable), { of: [variable], known }]]));
  }

  /** The facts in another context. Facts about the old context are dropped. */
  elsewhere(): Facts {
    return this.facts.size === 0
      ? this
      : new Facts(new Map([...this.facts].filter(([, { of }]) => of.every(isRooted))));
  }
}

const keys = new WeakMap<Ast, string>();

/** A key that is equal for equal expressions, wherever they are. */
export function keyOf(ast: Ast): string {
  const known = keys.get(ast);
  if (known !== undefined) return known;
  const key = JSON.stringify(ast, (name, value: unknown) =>
    name === "position" ? undefined : value instanceof RegExp ? String(value) : value,
  );
  keys.set(ast, key);
  return key;
}

const keyOfAll = (asts: readonly Ast[]): string => asts.map(keyOf).join();

/** Whether an expression does not read the context. */
function isRooted(ast: Ast): boolean {
  switch (ast.type) {
    case "string":
    case "number":
    case "value":
    case "regex":
      return true;
    case "variable":
      return ast.value !== "";
    case "path":
      return isRooted(ast.steps?.[0] as Ast);
    case "block":
    case "condition":
    case "binary":
    case "function":
      return [
        ...(ast.expressions ?? []),
        ...(ast.arguments ?? []),
        ...[ast.lhs as Ast | undefined, ast.rhs, ast.condition, ast.then, ast.else].filter(
          (part) => part !== undefined,
        ),
      ].every(isRooted);
    default:
      return false;
  }
}
