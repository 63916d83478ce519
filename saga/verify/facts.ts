import type { Ast } from "./expression";

export type Type = "string" | "number" | "boolean" | "array" | "object" | "regex" | "any";

/** What is known of an expression that can't raise an error: its type, and whether it always yields a value. */
export interface Known {
  readonly type: Type;
  readonly defined: boolean;
  /**
   * Of a number, that it is not so far from 0 that its sum or product with another such one could outgrow a double; of a
   * string, that it is such a number; of a list, that it is of such numbers.
   */
  readonly computable?: true;
}

export const COMPUTABLE = { computable: true } as const;
export const certain = (type: Type): Known => ({ type, defined: true });

/** What holds of an expression, or of two that can be ordered. */
export interface Fact {
  readonly of: readonly Ast[];
  readonly known: Known;
}

/** What is known of expressions where one stands. */
export class Facts {
  static readonly NONE = new Facts(new Map());

  /** The types of the expressions of which something is known: the key of any other is not worth making. */
  private readonly types: ReadonlySet<string | undefined>;

  private constructor(private readonly facts: ReadonlyMap<string, Fact>) {
    this.types = new Set(Array.from(facts.values(), ({ of: [first] }) => first?.type));
  }

  of(...asts: readonly Ast[]): Known | undefined {
    return this.types.has(asts[0]?.type) ? this.facts.get(keyOf(asts))?.known : undefined;
  }

  with(learned: readonly Fact[]): Facts {
    if (learned.length === 0) return this;
    const facts = new Map(this.facts);
    for (const fact of learned) {
      // That there is a value does not make its type unknown again.
      if (fact.known.type !== "any" || !this.of(...fact.of)?.defined) facts.set(keyOf(fact.of), fact);
    }
    return new Facts(facts);
  }

  /** Where a name stands for a new value: what was known of it was of another. */
  bind(variable: Ast, known: Known): Facts {
    const name = JSON.stringify(variable.value);
    const others = [...this.facts].filter(([key]) => !key.includes(name));
    return new Facts(new Map([...others, [keyOf([variable]), { of: [variable], known }]]));
  }

  /** In another context: what is read of that is not what was read before. */
  elsewhere(): Facts {
    return this.facts.size === 0
      ? this
      : new Facts(new Map([...this.facts].filter(([, { of }]) => of.every(isRooted))));
  }
}

const keys = new WeakMap<Ast, string>();

function keyOfOne(ast: Ast): string {
  const known = keys.get(ast);
  if (known !== undefined) return known;
  const key = JSON.stringify(ast, (name, value: unknown) =>
    name === "position" ? undefined : value instanceof RegExp ? String(value) : value,
  );
  keys.set(ast, key);
  return key;
}

const keyOf = (asts: readonly Ast[]): string => asts.map(keyOfOne).join();

/** Whether an expression reads nothing of the context. */
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
