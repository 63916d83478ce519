import type { Declaration, DeclaredCall } from "../asl/declaration";
import { evaluate, type Surroundings } from "./search/evaluate";
import { type Ast, parse, readsOf, sourceOf } from "./expression";
import { fieldsOf, innerOf, type RawState, type RawStates } from "../asl/states";
import { partialIn } from "./total";
import { UNKNOWN, type Value } from "./search/value";

/** A value of a definition: what it yields, and which variables it reads, as paths. */
export interface Template {
  readonly yields: (around: Surroundings) => Value;
  readonly paths: readonly string[];
  /** Whether it is the state's input as it stands. */
  readonly isInput: boolean;
}

/** A transition out of a state. */
export interface Transition {
  /** Undefined at the end of the level. */
  readonly to: string | undefined;
  readonly assigns: readonly (readonly [variable: string, value: Template])[];
  readonly output: Template | undefined;
}

export interface CatchRule {
  readonly errors: readonly string[];
  readonly transition: Transition;
}

/** What a Task is to the saga; undefined where the declaration does not say. */
export type Part =
  | { readonly kind: "action"; readonly call: DeclaredCall }
  | { readonly kind: "undo"; readonly of: string; readonly call: DeclaredCall };

/** A state as the search reads it. */
export interface Node {
  readonly name: string;
  readonly raw: RawState;
  readonly next: Transition;
  readonly choices: readonly { readonly condition: Template; readonly transition: Transition }[];
  readonly catchers: readonly CatchRule[];
  readonly inner: readonly Level[];
  readonly items: Template | undefined;
  /** What a Parallel gives its branches, or a Map each iteration; their own where it is not said. */
  readonly given: Template | undefined;
  readonly part: Part | undefined;
  /** Whether an expression of its own may raise an error; those of its catchers left out. */
  readonly raises: boolean;
  /** The Error of a Fail state. */
  readonly error: Template | undefined;
  /** In whose name a Task calls: `saga.step` of its payload. */
  readonly identity: Template | undefined;
}

/** The top of a machine, a branch, or an iteration. */
export interface Level {
  readonly id: number;
  readonly top: boolean;
  readonly startAt: string;
  readonly nodes: ReadonlyMap<string, Node>;
  /** The actions that states in it undo, those of the levels within too. */
  readonly undoes: ReadonlySet<string>;
  /** Whether a call in it, or within, may take effect. */
  readonly effectful: boolean;
}

const NOTHING: Template = { yields: () => UNKNOWN, paths: [], isInput: false };

function template(raw: unknown): Template {
  const source = sourceOf(raw);
  if (source !== undefined) return expression(source);
  if (Array.isArray(raw)) {
    const items = raw.map(template);
    return {
      yields: (around) => items.map((item) => item.yields(around)),
      paths: items.flatMap(({ paths }) => paths),
      isInput: false,
    };
  }
  if (typeof raw === "object" && raw !== null) {
    const fields = Object.entries(raw).map(([key, value]) => [key, template(value)] as const);
    return {
      yields: (around) => Object.fromEntries(fields.map(([key, field]) => [key, field.yields(around)])),
      paths: fields.flatMap(([, { paths }]) => paths),
      isInput: false,
    };
  }
  return { yields: () => raw as Value, paths: [], isInput: false };
}

function expression(source: string): Template {
  let ast: Ast;
  try {
    ast = parse(source);
  } catch {
    // The lints report what JSONata does not parse.
    return NOTHING;
  }
  return ofAst(ast);
}

function ofAst(ast: Ast): Template {
  const isInput =
    ast.type === "path" && ast.steps?.map(({ value, stages }) => (stages ? "" : value)).join() === "states,input";
  return { yields: (around) => evaluate(ast, around), paths: [...readsOf(ast).paths], isInput };
}

function mayRaise(value: unknown): boolean {
  const source = sourceOf(value);
  if (source === undefined) return false;
  try {
    return partialIn(parse(source)) !== undefined;
  } catch {
    return true;
  }
}

/** Reads a definition, in JSONata mode or, for the control flow alone, in JSONPath. */
export function readMachine(definition: RawStates, declaration: Declaration): Level {
  const undone = new Map(
    Object.entries(declaration.calls).flatMap(([name, call]) =>
      call.undo === undefined ? [] : [[call.undo, { kind: "undo", of: name, call }] as const],
    ),
  );
  let levels = 0;

  function level(raw: RawStates, top: boolean, language: unknown): Level {
    const id = levels++;
    const nodes = new Map(Object.entries(raw.States).map(([name, state]) => [name, node(name, state, language)]));
    const all = [...nodes.values()];
    return {
      id,
      top,
      startAt: raw.StartAt,
      nodes,
      undoes: new Set(
        all.flatMap(({ part, inner }) => [
          ...(part?.kind === "undo" ? [part.of] : []),
          ...inner.flatMap(({ undoes }) => [...undoes]),
        ]),
      ),
      effectful: all.some(
        ({ part, inner }) =>
          (part?.kind === "action" && part.call.role !== "query") || inner.some(({ effectful }) => effectful),
      ),
    };
  }

  function node(name: string, raw: RawState, around: unknown): Node {
    const language = raw["QueryLanguage"] ?? around;
    const jsonata = language === "JSONata";
    const value = (of: unknown): Template => (jsonata ? template(of) : NOTHING);
    const givenIn = ({ Type, Arguments, ItemSelector }: RawState): Template | undefined => {
      const given = Type === "Parallel" ? Arguments : Type === "Map" ? ItemSelector : undefined;
      return given === undefined ? undefined : value(given);
    };
    const transition = (from: Readonly<Record<string, unknown>>, to: unknown): Transition => ({
      to: to as string | undefined,
      assigns: jsonata ? Object.entries(from["Assign"] ?? {}).map(([key, of]) => [key, template(of)]) : [],
      output: from["Output"] === undefined ? undefined : value(from["Output"]),
    });
    return {
      name,
      raw,
      next: transition(raw, raw.Type === "Choice" ? raw.Default : raw.Next),
      choices: (raw.Choices ?? []).map((rule) => ({
        condition: value(rule["Condition"]),
        transition: transition(rule, rule["Next"]),
      })),
      catchers: (raw.Catch ?? []).map((catcher) => ({
        errors: catcher["ErrorEquals"] as readonly string[],
        transition: transition(catcher, catcher["Next"]),
      })),
      inner: innerOf(raw).map((within) => level(within, false, language)),
      items: raw.Type === "Map" ? (raw["Items"] === undefined ? NOTHING : value(raw["Items"])) : undefined,
      given: givenIn(raw),
      part: partOf(name),
      raises: jsonata && fieldsOf(raw).some(({ path, value: of }) => !path.startsWith("Catch") && mayRaise(of)),
      error: raw.Type === "Fail" ? value(raw["Error"]) : undefined,
      identity: raw.Type === "Task" && jsonata ? identityIn(raw["Arguments"]) : undefined,
    };
  }

  function partOf(name: string): Part | undefined {
    const call = Object.hasOwn(declaration.calls, name) ? declaration.calls[name] : undefined;
    return call ? { kind: "action", call } : undone.get(name);
  }

  return level(definition, true, (definition as { QueryLanguage?: unknown }).QueryLanguage);
}

/**
 * In whose name a Task calls: `saga.step` of a payload, where an object constructor spells it out; for an execution that
 * it starts, the name of that, or of the one that is to be undone.
 */
function identityIn(args: unknown): Template | undefined {
  const { Payload, Name, Input } = (args ?? {}) as { readonly [field in "Payload" | "Name" | "Input"]?: unknown };
  if (Name !== undefined) return template((Input as { readonly name?: unknown } | undefined)?.name ?? Name);
  const source = sourceOf(Payload);
  if (source === undefined) return undefined;
  let ast: Ast;
  try {
    ast = parse(source);
  } catch {
    return undefined;
  }
  const saga = fieldIn(ast, "saga");
  const step = saga && fieldIn(saga, "step");
  return step && ofAst(step);
}

function fieldIn(ast: Ast, name: string): Ast | undefined {
  if (ast.type === "unary" && ast.value === "{") {
    return (ast.lhs as readonly (readonly [Ast, Ast])[]).find(([key]) => key.value === name)?.[1];
  }
  // `$merge([…, {…}])`, where a mapping is no object constructor.
  const parts = [...(ast.arguments ?? []), ...(ast.expressions ?? [])];
  return parts.map((part) => fieldIn(part, name)).findLast((found) => found !== undefined);
}

/** Every level of a machine, outer ones first. */
export function levelsOf(level: Level): readonly Level[] {
  return [level, ...[...level.nodes.values()].flatMap(({ inner }) => inner.flatMap(levelsOf))];
}

/** Every transition out of a node. */
export function transitionsOf({ raw, next, choices, catchers }: Node): readonly Transition[] {
  const onward = raw.Type === "Succeed" || raw.Type === "Fail" ? [] : [next];
  return [...choices.map(({ transition }) => transition), ...onward, ...catchers.map(({ transition }) => transition)];
}
