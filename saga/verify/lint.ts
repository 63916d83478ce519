import { contextReadsIn, levelsIn, MOST_LEVELS } from "../asl/expressions";
import { type Ast, parse, readsOf, sourceOf } from "./expression";
import type { Type, VariableTypes } from "./facts";
import { type Given, givenAt, givenBy, thereOf } from "./given";
import { FUNCTIONS } from "../asl/functions";
import { edgesOf, type Field, fieldsOf, innerOf, type RawState, type RawStates } from "../asl/states";
import { failureIn } from "./can-fail";
import { refusedBy, wanted } from "./taken";
import { assignedAt, typesRead } from "./variable-types";

export type LintRule =
  | "unparsable"
  | "unknown-function"
  | "undefined-variable"
  | "unassigned-variable"
  | "misplaced-states-field"
  | "outer-assignment"
  | "unreachable-state"
  | "duplicate-state"
  | "long-name"
  | "partial-expression"
  | "deep-expression"
  | "context-read"
  | "machine-timeout"
  | "no-timeout"
  | "misplaced-states-all";

/** A flaw of a definition that Step Functions reports too late, or never. */
export interface Finding {
  readonly rule: LintRule;
  /** The name of the state. Undefined for the machine itself. */
  readonly state: string | undefined;
  /** The path of the field in the state: `Catch[1]/Assign/failure`. */
  readonly field: string;
  readonly message: string;
  readonly hint: string;
}

/** Lints a definition in JSONata mode. Any tool may have written it: it is JSON as CreateStateMachine takes it. */
export function lint(definition: RawStates & { readonly TimeoutSeconds?: unknown }): readonly Finding[] {
  const findings: Finding[] = [];
  if (definition.TimeoutSeconds !== undefined) {
    findings.push({
      rule: "machine-timeout",
      state: undefined,
      field: "TimeoutSeconds",
      message: "The machine has a timeout, and nothing can catch it: it would skip the undos (S7)",
      hint: "Give every state its own timeout instead",
    });
  }
  const all = new Set<string>();
  level(definition, { before: new Map(), outer: new Set(), names: all, given: new Set() }, findings);
  return findings;
}

interface Around {
  /** Variables that every path has assigned when the level begins. */
  readonly before: VariableTypes;
  /** Variables that outer levels assign somewhere. */
  readonly outer: ReadonlySet<string>;
  /** The names of all states so far. */
  readonly names: Set<string>;
  /** Fields that the level's input always has. */
  readonly given: Given;
}

/** The machine, a branch, or an iteration. */
function level(states: RawStates, { before, outer, names, given }: Around, findings: Finding[]): void {
  const { States } = states;
  const own = new Set(Object.values(States).flatMap((state) => edgesOf(state).flatMap(({ assigns }) => assigns)));
  const somewhere = new Set([...outer, ...own]);
  const inputs = givenAt(states, given);
  const entry = assignedAt(states, before, (name, state) => thereAt(state, inputs.get(name) ?? new Set()));

  for (const [name, state] of Object.entries(States)) {
    const report = (rule: LintRule, field: string, message: string, hint: string): void => {
      findings.push({ rule, state: name, field, message, hint });
    };
    if (names.has(name)) {
      report("duplicate-state", "", `'${name}' names two states`, "Names are unique in the whole machine: change one");
    }
    names.add(name);
    if (name.length > 80) report("long-name", "", `'${name}' has ${name.length} characters`, "Use 80 at most");
    const assigned = entry.get(name);
    if (!assigned) {
      report("unreachable-state", "", `Nothing leads to '${name}'`, "Lead to it, or delete it");
      continue;
    }
    for (const variable of edgesOf(state).flatMap(({ assigns }) => assigns)) {
      if (!outer.has(variable)) continue;
      report(
        "outer-assignment",
        "Assign",
        `'${variable}' belongs to an outer level, and is assigned in an inner one`,
        "Give it another name, or return it in the output",
      );
    }
    lintErrors(name, state, report);
    const input = inputs.get(name) ?? new Set();
    for (const field of fieldsOf(state)) lintField(state, field, { assigned, somewhere, input }, report);
    for (const inner of innerOf(state)) {
      level(inner, { before: assigned, outer: somewhere, names, given: givenBy(state, input) }, findings);
    }
  }
}

type Report = (rule: LintRule, field: string, message: string, hint: string) => void;

function lintErrors(name: string, state: RawState, report: Report): void {
  if (state.Type === "Task" && (state["TimeoutSeconds"] ?? state["TimeoutSecondsPath"]) === undefined) {
    report("no-timeout", "TimeoutSeconds", "The task may take forever", `Give ${name} a TimeoutSeconds`);
  }
  for (const list of ["Retry", "Catch"] as const) {
    const entries = state[list] ?? [];
    entries.forEach((entry, index) => {
      const errors = entry["ErrorEquals"] as readonly string[];
      if (!errors.includes("States.ALL") || (errors.length === 1 && index === entries.length - 1)) return;
      const hint = "Put it into an entry of its own, and that last";
      report("misplaced-states-all", `${list}[${index}]/ErrorEquals`, "States.ALL must stand alone and last", hint);
    });
  }
}

function lintField(
  state: RawState,
  { path, value }: Field,
  {
    assigned,
    somewhere,
    input,
  }: { readonly assigned: VariableTypes; readonly somewhere: ReadonlySet<string>; readonly input: Given },
  report: Report,
): void {
  const source = sourceOf(value);
  if (source === undefined) return;
  let ast: Ast;
  try {
    ast = parse(source);
  } catch (error) {
    report(
      "unparsable",
      path,
      `JSONata 2.0.6 does not parse it: ${(error as Error).message}`,
      "Correct the expression",
    );
    return;
  }
  const { levels, contextReads, twice } = shownBy(ast);
  if (levels > MOST_LEVELS) {
    const message = `It nests ${levels} levels deep, and Step Functions ends an evaluation at ${MOST_LEVELS}`;
    report("deep-expression", path, message, "Put parentheses into a long chain of operators: each operand is a level");
  }
  for (const name of contextReads) {
    const hint = "Read from a variable, from $states, or from a parameter of the enclosing function";
    report(
      "context-read",
      path,
      `Step Functions refuses '${name}' here: it reads from a context, and there is none`,
      hint,
    );
  }
  const { variables, states, context, calls } = readsOf(ast);
  for (const name of calls) {
    if (FUNCTIONS.has(name)) continue;
    report("unknown-function", path, `There is no function '$${name}'`, "Use one of JSONata 2.0.6, but not $eval");
  }
  for (const variable of variables) {
    // A function that is passed to another one looks like a variable.
    if (assigned.has(variable) || (FUNCTIONS.has(variable) && !somewhere.has(variable))) continue;
    if (!somewhere.has(variable)) {
      report("undefined-variable", path, `Nothing assigns '$${variable}'`, "Assign it, or correct the name");
    } else {
      const message = `'$${variable}' is read here, and not every path has assigned it`;
      report("unassigned-variable", path, message, assignHint(state, path, variable));
    }
  }
  for (const field of states) {
    if (isPlaced(state, path, field)) continue;
    const hint = PLACES.get(field) ?? "There are $states.input, result, errorOutput and context";
    report("misplaced-states-field", path, `'$states.${field}' has no value here`, hint);
  }
  if (context.has("Map") && !(state.Type === "Map" && /^ItemSelector(\/|\[|$)/.test(path))) {
    const hint = "It exists only in a Map's ItemSelector: pass the parts of the item to the states as their input";
    report("misplaced-states-field", path, "'$states.context.Map' has no value here", hint);
  }
  const partial = isCaught(state, path)
    ? undefined
    : failureIn(ast, { wants: wanted(path), there: thereAt(state, input), variables: typesRead(ast, assigned) });
  if (partial === undefined && twice !== undefined) {
    const message = `It always fails: the key '${twice}' occurs twice in one object`;
    report("partial-expression", path, message, `Give the object each key once`);
  }
  if (partial !== undefined) {
    const message = `It can fail, and no Catch handles that here: ${partial}`;
    report("partial-expression", path, message, "Guard it with $exists or $type, or put it into an object's field");
    return;
  }
  const refused = isCaught(state, path) ? undefined : refusedBy(state, path, ast);
  if (refused)
    report("partial-expression", path, `It can fail, and no Catch handles that here: ${refused.why}`, refused.hint);
}

/** What the lints need to know of an expression, wherever it is. */
interface Shown {
  readonly levels: number;
  readonly contextReads: readonly string[];
  /** A key that an object has twice. */
  readonly twice: string | undefined;
}
/** Many fields have the same expression, such as the Output of two catchers. */
const shown = new WeakMap<Ast, Shown>();

function shownBy(ast: Ast): Shown {
  const known = shown.get(ast) ?? {
    levels: levelsIn(ast),
    contextReads: contextReadsIn(ast),
    twice: keyGivenTwice(ast),
  };
  shown.set(ast, known);
  return known;
}

/** How to assign a variable that a field reads. */
function assignHint(state: RawState, path: string, variable: string): string {
  const [, list, index, field] = /^(?:(Catch|Choices)\[(\d+)\]\/)?(Assign|Output)\b/.exec(path) ?? [];
  const from = list === undefined ? state : state[list as "Catch" | "Choices"]?.[Number(index)];
  const own = field === undefined ? undefined : (from?.["Assign"] as Readonly<Record<string, unknown>> | undefined);
  if (own && Object.hasOwn(own, variable)) {
    const said = sourceOf(own[variable]) === undefined ? "the value" : String(own[variable]);
    return `Write ${said} here too: Assign takes effect after the state, so this ${String(field)} can't read it`;
  }
  // The Cause of a compensated execution is the failure, and never null.
  return state.Type === "Fail" && path === "Cause"
    ? "Assign it on every path that leads here: { saga, step, error, cause } of the failure"
    : "Assign it on every path that leads here, if only to null";
}

/** A key that an object constructor has twice. JSONata then always fails (D1009). */
function keyGivenTwice(ast: unknown): string | undefined {
  if (typeof ast !== "object" || ast === null || ast instanceof RegExp) return undefined;
  const { type, value, lhs } = ast as Partial<Ast>;
  if (type === "unary" && value === "{") {
    const keys = (lhs as readonly (readonly [Ast, Ast])[]).flatMap(([key]) =>
      key.type === "string" ? [String(key.value)] : [],
    );
    const twice = keys.find((key, index) => keys.indexOf(key) !== index);
    if (twice !== undefined) return twice;
  }
  for (const part of Object.values(ast)) {
    const found = keyGivenTwice(part);
    if (found !== undefined) return found;
  }
  return undefined;
}

const PLACES: ReadonlyMap<string, string> = new Map([
  ["result", "It is there in Assign and Output of a Task, a Parallel or a Map"],
  ["errorOutput", "It is there in Assign and Output of a Catch"],
]);

function isPlaced({ Type }: RawState, path: string, field: string): boolean {
  switch (field) {
    case "input":
    case "context":
      return true;
    case "result":
      return ["Task", "Parallel", "Map"].includes(Type) && /^(Assign|Output)(\/|\[|$)/.test(path);
    case "errorOutput":
      return /^Catch\[\d+\]\/(Assign|Output)(\/|\[|$)/.test(path);
    default:
      return false;
  }
}

/** Whether a Catch handles an error of an expression. An error in a catcher's own expression is never caught. */
function isCaught({ Catch = [] }: RawState, path: string): boolean {
  if (path.startsWith("Catch")) return false;
  return Catch.some(({ ErrorEquals }) =>
    ["States.QueryEvaluationError", "States.ALL"].some((error) => (ErrorEquals as readonly string[]).includes(error)),
  );
}

/** The paths that always have a value in the expressions of a state. */
const thereAt = (state: RawState, input: Given): ReadonlyMap<string, Type> =>
  new Map([...thereIn(state), ...thereOf(input)]);

/** The paths that the result of a state always has. */
function thereIn({ Type, Resource }: RawState): ReadonlyMap<string, Type> {
  if (Type === "Parallel" || Type === "Map") return new Map([["states.result", "array"]]);
  const invokes = /^arn:aws[\w-]*:states:::lambda:invoke$/.test(String(Resource));
  return new Map(invokes ? [["states.result.Payload", "any"]] : []);
}
