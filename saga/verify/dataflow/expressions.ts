import { type Ast, expressionIn, sourceOf } from "../expression";
import { ANYTHING, built, type Data, holdsWith, keyOf, leftover, listOf, made, type Origin, plain, read } from "./data";
import type { Lost } from "./reader";
import { isIdentity, type Received } from "./received";

/** The data that the expressions of a field can read, by the fields of `$states`. */
export interface Roots {
  readonly input: Data;
  readonly result?: Data;
  readonly errorOutput?: Data;
}

/** How an expression is read. */
interface Reading {
  readonly by: Origin;
  /** The name of the field that gets the value. */
  readonly as: string | undefined;
  /** Whether the value always becomes a part of the outcome. It does not in a test, or on one side of a condition. */
  readonly always: boolean;
}

/**
 * Reads the expressions of one field of a state in JSONata mode, as far as they select, build and merge objects. Any other
 * value is unknown. JSONata leaves a field with an absent value out of an object.
 */
export class ExpressionReader {
  readonly lost: Lost[] = [];
  readonly received: Received[] = [];
  /** Whether an expression names the execution or the state. */
  identified = false;

  constructor(private readonly roots: Roots) {}

  readonly fill = (raw: unknown, by: Origin, as?: string): Data => {
    if (sourceOf(raw) !== undefined) {
      const ast = expressionIn(raw);
      return ast ? this.value(ast, { by, as, always: true }) : ANYTHING;
    }
    if (Array.isArray(raw)) {
      for (const item of raw) this.fill(item, by, as);
      return listOf(by, raw.length);
    }
    if (typeof raw !== "object" || raw === null) return plain(by);
    return built(
      Object.entries(raw).map(([key, value]): [string, Data] => [key, this.fill(value, by, key)]),
      by,
    );
  };

  private value(ast: Ast, reading: Reading): Data {
    const inner = (part: Ast | undefined, more: Partial<Reading> = {}): Data =>
      part ? this.value(part, { ...reading, ...more }) : ANYTHING;
    const maybe = (...parts: readonly (Ast | undefined)[]): Data => {
      for (const part of parts) inner(part, { always: false });
      return ANYTHING;
    };
    if (ast.predicate ?? ast.group) {
      this.receive(undefined, reading);
      return ANYTHING;
    }
    switch (ast.type) {
      case "string":
      case "number":
      case "value":
        return plain(reading.by);
      case "variable":
        // "" is the context of a function or a filter.
        if (ast.value !== "") this.receive(undefined, reading);
        return ANYTHING;
      case "path":
        return this.path(ast.steps ?? [], reading);
      case "unary":
        if (ast.value === "{") {
          const pairs = ast.lhs as readonly (readonly [Ast, Ast])[];
          if (pairs.some(([key]) => key.type !== "string")) return maybe(...pairs.flat());
          return built(
            pairs.map(([key, field]): [string, Data] => [String(key.value), inner(field, { as: String(key.value) })]),
            reading.by,
          );
        }
        if (ast.value === "[") {
          for (const item of ast.expressions ?? []) inner(item);
          return listOf(reading.by);
        }
        return maybe(ast.expression);
      case "block":
        return ast.expressions?.length === 1 ? inner(ast.expressions[0]) : maybe(...(ast.expressions ?? []));
      case "condition": {
        maybe(ast.condition);
        const then = inner(ast.then, { always: false });
        return keyOf(then) === keyOf(inner(ast.else, { always: false })) ? then : ANYTHING;
      }
      case "function": {
        const [list] = ast.arguments ?? [];
        const merges = ast.procedure?.value === "merge" && list?.type === "unary" && list.value === "[";
        return merges ? merged((list.expressions ?? []).map((part) => inner(part))) : maybe(...(ast.arguments ?? []));
      }
      default:
        return maybe(
          ...[ast.lhs, ast.rhs, ast.body].filter((part): part is Ast => part !== undefined && "type" in part),
        );
    }
  }

  /** A path from `$states`, as far as its steps are names. */
  private path(steps: readonly Ast[], reading: Reading): Data {
    const [first, root, ...others] = steps;
    if (first?.type !== "variable" || first.value !== "states" || first.predicate || typeof root?.value !== "string") {
      if (first) this.value(first, { ...reading, always: false });
      return ANYTHING;
    }
    const end = others.findIndex(({ type, stages, predicate, focus, index }) => {
      return (
        type !== "name" || stages !== undefined || predicate !== undefined || focus !== undefined || index !== undefined
      );
    });
    const isName = !root.stages && !root.predicate;
    const names = (isName ? others.slice(0, end === -1 ? undefined : end) : []).map(({ value }) => String(value));
    if (root.value === "context" && isIdentity(names)) {
      this.identified = true;
      return ANYTHING;
    }
    const data = Object.hasOwn(this.roots, root.value) ? this.roots[root.value as keyof Roots] : undefined;
    const found = names.reduce(member, data ?? ANYTHING);
    const exact = isName && end === -1;
    if (found !== ANYTHING && found.kind === "absent") {
      const said = `$states.${[root.value, ...names].join(".")}`;
      if (reading.always) this.lost.push({ said, by: found.by, variable: false });
      return exact ? found : ANYTHING;
    }
    this.receive(exact && names.length === 0 && reading.always ? leftover(found) : undefined, reading);
    return exact ? found : ANYTHING;
  }

  private receive(from: Origin | undefined, { as }: Reading): void {
    this.received.push({ leftover: from, as });
  }
}

/** JSONata reads a name from each item of a list. */
const member = (data: Data, name: string): Data =>
  data !== ANYTHING && data.kind === "list" ? ANYTHING : read(data, [name]);

/** The fields of several objects as those of one. A later object replaces the fields of an earlier one. */
function merged(parts: readonly Data[]): Data {
  const objects = parts.filter((part) => part !== ANYTHING && part.kind === "made");
  const names = new Set(objects.flatMap(({ fields }) => [...fields.keys()]));
  const fields = new Map([...names].map((name) => [name, parts.map((part) => member(part, name)).reduce(replaced)]));
  const origins = objects.flatMap(({ others }) => (others === ANYTHING ? [] : [others]));
  const [first] = origins;
  if (first === undefined || origins.length < parts.length) return made(fields, ANYTHING);
  const holds = objects.slice(1).reduce(holdsWith, first.holds);
  return made(fields, { ...(parts.map(leftover).find((one) => one) ?? first), holds });
}

const replaced = (before: Data, after: Data): Data => (after !== ANYTHING && after.kind === "absent" ? before : after);
