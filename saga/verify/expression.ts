import { CHANGING_FUNCTIONS } from "../asl/functions";

import jsonata = require("jsonata");

/** A node of JSONata's syntax tree, as its parser gives it. */
export interface Ast {
  readonly type: string;
  readonly value?: unknown;
  readonly lhs?: Ast | readonly (readonly [Ast, Ast])[];
  readonly rhs?: Ast;
  readonly steps?: readonly Ast[];
  readonly expressions?: readonly Ast[];
  readonly arguments?: readonly Ast[];
  readonly procedure?: Ast;
  readonly body?: Ast;
  readonly condition?: Ast;
  readonly then?: Ast;
  readonly else?: Ast;
  readonly expression?: Ast;
  readonly predicate?: readonly Filter[];
  /** The predicates of a step in a path. Elsewhere they are in `predicate`. */
  readonly stages?: readonly Filter[];
  /** `x{key: value}`. */
  readonly group?: { readonly lhs: readonly (readonly [Ast, Ast])[] };
  /** Names that a path binds: `x@$item` and `x#$index`. */
  readonly focus?: unknown;
  readonly index?: unknown;
  /** The parser has made this lambda around a call. */
  readonly thunk?: boolean;
}

export interface Filter {
  readonly expr: Ast;
}

/** The JSONata source of a string that Step Functions evaluates. Undefined for any other value. */
export function sourceOf(value: unknown): string | undefined {
  return typeof value === "string" ? /^\{%([\s\S]*)%\}$/.exec(value.trim())?.[1]?.trim() : undefined;
}

const trees = new Map<string, Ast>();

/** Forgets all syntax trees, so that the cache does not grow from one definition to the next. */
export function forgetExpressions(): void {
  trees.clear();
}

/** @throws an error with JSONata's own message where 2.0.6 does not parse it */
export function parse(source: string): Ast {
  const known = trees.get(source);
  if (known) return known;
  const ast = jsonata(source).ast() as unknown as Ast;
  trees.set(source, ast);
  return ast;
}

/** The expression in a value. Undefined if the value has none, or one that does not parse: the lints report that. */
export function expressionIn(value: unknown): Ast | undefined {
  const source = sourceOf(value);
  try {
    return source === undefined ? undefined : parse(source);
  } catch {
    return undefined;
  }
}

/** `states.input.a`: a path of plain names that begins with a variable. Empty for any other expression. */
export function pathOf({ steps = [], predicate, group }: Ast): string {
  const plain = steps.every(({ type, stages, predicate: filter }, at) => {
    return type === (at ? "name" : "variable") && !stages && !filter;
  });
  return plain && !predicate && !group ? steps.map(({ value }) => String(value)).join(".") : "";
}

/** Paths at which Step Functions writes a time, in ISO 8601. */
export const TIME_PATHS: ReadonlySet<string> = new Set([
  "states.context.Execution.StartTime",
  "states.context.State.EnteredTime",
]);

/** The function that an expression calls by its name. A block may bind that name to another one: the lints refuse that. */
export const calledBy = ({ type, procedure }: Ast): string | undefined =>
  type === "function" && procedure?.type === "variable" ? String(procedure.value) : undefined;

/** A function that an expression calls and that yields another value with each evaluation: `uuid`. */
export function changingFunctionIn(ast: unknown): string | undefined {
  if (typeof ast !== "object" || ast === null || ast instanceof RegExp) return undefined;
  const { arguments: given = [] } = ast as Ast;
  const name = calledBy(ast as Ast);
  if (name !== undefined && CHANGING_FUNCTIONS.has(name) && !(name === "random" && given.length > 0)) return name;
  for (const part of Object.values(ast)) {
    const found = changingFunctionIn(part);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The names from outside an expression that it reads and calls. */
export interface Reads {
  /** Variables of the machine, without the functions that it calls. */
  readonly variables: ReadonlySet<string>;
  /** Variables and `$states` with the fields that it reads by name: `Book_undo.flight`. */
  readonly paths: ReadonlySet<string>;
  /** Fields of `$states`. */
  readonly states: ReadonlySet<string>;
  /** Fields of `$states.context`. */
  readonly context: ReadonlySet<string>;
  /** Names of functions, without those that it binds itself. */
  readonly calls: ReadonlySet<string>;
}

const readBy = new WeakMap<Ast, Reads>();

/** The names that an expression reads, without the variables that it binds itself. */
export function readsOf(ast: Ast): Reads {
  const known = readBy.get(ast) ?? walkedReads(ast);
  readBy.set(ast, known);
  return known;
}

function walkedReads(ast: Ast): Reads {
  const variables = new Set<string>();
  const paths = new Set<string>();
  const states = new Set<string>();
  const context = new Set<string>();
  const calls = new Set<string>();

  function walk(node: Ast | undefined, own: ReadonlySet<string>): void {
    if (!node) return;
    for (const { expr } of [...(node.predicate ?? []), ...(node.stages ?? [])]) walk(expr, own);
    for (const part of (node.group?.lhs ?? []).flat()) walk(part, own);
    switch (node.type) {
      case "variable":
        if (notes(String(node.value), own) || isStates(node, own)) paths.add(String(node.value));
        break;
      case "path": {
        const [first, second, third] = node.steps ?? [];
        if (first?.type === "variable" && first.value === "states") {
          states.add(typeof second?.value === "string" ? second.value : "");
          if (second?.value === "context" && typeof third?.value === "string") context.add(third.value);
        }
        const reads = first?.type === "variable" && (notes(String(first.value), own) || isStates(first, own));
        if (reads) paths.add([String(first.value), ...namesAfter(node.steps ?? [])].join("."));
        for (const step of node.steps ?? []) {
          if (!(reads && step === first && !step.predicate && !step.group)) walk(step, own);
        }
        break;
      }
      case "block": {
        const inside = new Set(own);
        for (const expression of node.expressions ?? []) {
          walk(expression, inside);
          if (expression.type === "bind") inside.add(String((expression.lhs as Ast).value));
        }
        break;
      }
      case "bind":
        walk(node.rhs, own);
        break;
      case "lambda":
        walk(node.body, new Set([...own, ...(node.arguments ?? []).map(({ value }) => String(value))]));
        break;
      case "function":
      case "partial":
        // A called name is a built-in function, unless the expression binds it.
        if (node.procedure?.type !== "variable") walk(node.procedure, own);
        else if (!own.has(String(node.procedure.value))) calls.add(String(node.procedure.value));
        for (const argument of node.arguments ?? []) walk(argument, own);
        break;
      default:
        if (Array.isArray(node.lhs)) {
          for (const [key, value] of node.lhs as readonly (readonly [Ast, Ast])[]) {
            walk(key, own);
            walk(value, own);
          }
        } else walk(node.lhs as Ast | undefined, own);
        for (const part of [node.rhs, node.expression, node.condition, node.then, node.else]) walk(part, own);
        for (const expression of node.expressions ?? []) walk(expression, own);
    }
  }

  /** Notes a variable of the machine, and says whether the name is one. */
  function notes(name: string, own: ReadonlySet<string>): boolean {
    // "" is the context, "$" the root of the input.
    const outside = name !== "" && name !== "$" && name !== "states" && !own.has(name);
    if (outside) variables.add(name);
    return outside;
  }

  const isStates = ({ value }: Ast, own: ReadonlySet<string>): boolean => value === "states" && !own.has("states");

  walk(ast, new Set());
  return { variables, paths, states, context, calls };
}

/** The field names of a path after its first step, up to a step that is no plain name or contains a dot. */
function namesAfter([first, ...steps]: readonly Ast[]): readonly string[] {
  if (first?.predicate) return [];
  const end = steps.findIndex(({ type, stages, value }) => type !== "name" || stages || /\./.test(String(value)));
  return steps.slice(0, end === -1 ? undefined : end).map(({ value }) => String(value));
}
