import { bind, called } from "./functions";
import { balanced, literal, object, text } from "./syntax";
import type { Condition, Mapping, Path } from "../language/mapping";

/**
 * Spells a name of the scope in JSONata, for one place: `$CreateOrder`, or `$states.context.Execution.Input`. A mark stands
 * for the value of an output of Pulumi: see `deferred.ts`.
 */
export type Spelling = (root: string | object) => string;

/**
 * A mapping as one JSONata expression. It can't fail. JSONata leaves a field that yields nothing out of an object, while a
 * whole expression that yields nothing fails the state (S8).
 */
export function render(mapping: Mapping, spell: Spelling): string {
  switch (mapping.kind) {
    case "Absent":
      // An empty block yields nothing.
      return "()";
    case "Literal":
      return literal(mapping.value);
    case "Reference": {
      const [first, ...rest] = mapping.path;
      if (mapping.root === "saga" && (first === "id" || first === "startedAt")) {
        return rest.reduce<string>(part, spell(`saga.${first}`));
      }
      const root = spell(mapping.root);
      const value = mapping.path.reduce<string>(part, root);
      // A missing result is null, so that the variable is assigned on every path. The task's input leaves it out.
      // No page and no recording shows what Step Functions returns for a field of null, so none is read.
      return mapping.maybe ? `(${root} != null ? ${value})` : value;
    }
    case "Object":
      return object(mapping.fields.map(([key, field]) => [key, render(field, spell)]));
    case "Array":
      return list(mapping.items, spell);
    case "Output":
      return below(spell(mapping.value), mapping.path);
    case "Choose": {
      const [then, otherwise] = [render(mapping.then, spell), render(mapping.otherwise, spell)];
      const sides = mapping.otherwise.kind === "Absent" ? then : `${then} : ${otherwise}`;
      return below(`(${renderCondition(mapping.condition, spell)} ? ${sides})`, mapping.path);
    }
    case "Call": {
      const { name, operands, path } = mapping;
      const rendered = name === "hash" ? [list(operands, spell)] : operands.map((operand) => render(operand, spell));
      return below(called(name, rendered), path);
    }
  }
}

const list = (items: readonly Mapping[], spell: Spelling): string =>
  `[${items.map((item) => element(item, spell)).join(", ")}]`;

/** A part of a value that is not a name: a path after a text literal would read it as the name of a field. */
const below = (value: string, path: Path): string =>
  path.length === 0 ? value : path.reduce<string>(part, `(${value})`);

/** Whether a mapping may be written more than once. A function may not: nested operands would double at each level. */
const isShort = ({ kind }: Mapping): boolean => kind === "Reference" || kind === "Literal" || kind === "Absent";

/** An expression that uses a mapping more than once. */
export function renderOnce(mapping: Mapping, spell: Spelling, use: (rendered: string) => string): string {
  const rendered = render(mapping, spell);
  return isShort(mapping) ? use(rendered) : bind([["of", rendered]], use("$given.of"));
}

/** An expression that is an object whatever the mapping yields. */
export function renderObject(mapping: Mapping, spell: Spelling, extra: readonly (readonly [string, string])[]): string {
  if (mapping.kind === "Object") {
    const own = mapping.fields.map(([key, field]) => [key, render(field, spell)] as const);
    return object([...own.filter(([key]) => !extra.some(([reserved]) => reserved === key)), ...extra]);
  }
  return renderOnce(
    mapping,
    spell,
    (whole) => `$merge([$type(${whole}) = 'object' ? ${whole} : {}, ${object(extra)}])`,
  );
}

/** An expression that has a value whatever the mapping yields. */
export function renderValue(mapping: Mapping, spell: Spelling): string {
  if (["Literal", "Object", "Array"].includes(mapping.kind)) return render(mapping, spell);
  return renderOnce(mapping, spell, (rendered) => `($exists(${rendered}) ? ${rendered} : null)`);
}

/** A missing element keeps its place, as in JSON. An array stays one element, which JSONata would otherwise splice in. */
function element(item: Mapping, spell: Spelling): string {
  switch (item.kind) {
    case "Absent":
      return "null";
    case "Literal":
    case "Object":
    case "Array":
      return render(item, spell);
    case "Reference":
    case "Call":
    case "Choose":
    case "Output":
      return renderOnce(
        item,
        spell,
        (one) => `($exists(${one}) ? ($type(${one}) = 'array' ? [[${one}]] : ${one}) : null)`,
      );
  }
}

function part(of: string, key: string | number): string {
  if (typeof key === "number") return `${of}[${key}]`;
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(key) && !["and", "or", "in", "true", "false", "null"].includes(key))
    return `${of}.${key}`;
  // A backtick can't be escaped inside backticks. A control character may be a mark for an output.
  // eslint-disable-next-line no-control-regex
  return /[`\u0000-\u001f]/.test(key) ? `$lookup(${of}, ${text(key)})` : `${of}.\`${key}\``;
}

/** A test as an expression that is true or false for any operands, because a Choice has no Catch (S7). */
export function renderCondition(condition: Condition, spell: Spelling): string {
  switch (condition.kind) {
    case "Compare": {
      const { left, right, op } = condition;
      const [one, other] = [render(left, spell), render(right, spell)];
      if (op === "=") return `${one} = ${other}`;
      if (isShort(left) && isShort(right)) return ordered(one, op, other);
      const sides = [
        ["left", one],
        ["right", other],
      ] as const;
      return bind(sides, ordered("$given.left", op, "$given.right"));
    }
    case "Present":
      // Comparing with what is absent is false, either way.
      return `${render(condition.value, spell)} != null`;
    case "All":
      return condition.conditions.length === 0 ? "true" : joined(condition.conditions, "and", spell);
    case "Any":
      return condition.conditions.length === 0 ? "false" : joined(condition.conditions, "or", spell);
    case "Not":
      return `$not(${renderCondition(condition.condition, spell)})`;
  }
}

function ordered(left: string, op: string, right: string): string {
  const comparable = `$type(${left}) = $type(${right}) and $type(${left}) in ['number', 'string']`;
  return `(${comparable} ? ${left} ${op} ${right} : false)`;
}

const joined = (conditions: readonly Condition[], by: string, spell: Spelling): string =>
  balanced(
    conditions.map((condition) => renderCondition(condition, spell)),
    by,
  );
