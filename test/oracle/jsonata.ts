import jsonata = require("jsonata");

export type Json = string | number | boolean | null | readonly Json[] | { readonly [field: string]: Json };
export type JsonObject = Readonly<Record<string, Json>>;

/** What `$states` has in a field of a state. */
export interface StatesVariable {
  readonly input?: Json;
  readonly result?: Json;
  readonly errorOutput?: Json;
  readonly context: JsonObject;
}

/** What the fields of a state are evaluated with. */
export interface Scope {
  readonly lookup: (variable: string) => Json | undefined;
  readonly states: StatesVariable;
  /** Another one for each other context. */
  readonly contextKey: string;
}

/** An expression that fails, or yields nothing: States.QueryEvaluationError. */
export class QueryFailed extends Error {
  override readonly name = "QueryFailed";
}

interface Parsed {
  readonly expression: jsonata.Expression;
  /** The variables of the machine that it reads. */
  readonly reads: readonly string[];
  readonly readsContext: boolean;
  /** Whether it gives the same value each time. */
  readonly pure: boolean;
}

type Node = Readonly<Record<string, unknown>>;

function visit(node: unknown, see: (node: Node) => void): void {
  if (typeof node !== "object" || node === null) return;
  if (Array.isArray(node)) {
    for (const item of node) visit(item, see);
    return;
  }
  see(node as Node);
  for (const child of Object.values(node)) visit(child, see);
}

const FRESH = ["uuid", "random", "now", "millis"];
const MORE = ["partition", "range", "hash", "parse", ...FRESH];

/** Values that are new each time they are asked for; the counter starts again with each run, so that runs can be repeated. */
let fresh = 0;
export function startAfresh(): void {
  fresh = 0;
}

function register(expression: jsonata.Expression): void {
  const time = (): number => Date.UTC(2025, 0, 1) + fresh++;
  expression.registerFunction("uuid", () => `00000000-0000-4000-8000-${String(fresh++).padStart(12, "0")}`);
  expression.registerFunction("random", () => (fresh++ % 997) / 997);
  expression.registerFunction("now", () => new Date(time()).toISOString());
  expression.registerFunction("millis", time);
  expression.registerFunction("parse", (text: string) => JSON.parse(text) as unknown);
  expression.registerFunction("hash", (value: unknown) => JSON.stringify(value));
  expression.registerFunction("range", (from: number, to: number, by: number) =>
    Array.from({ length: Math.max(0, Math.floor((to - from) / by) + 1) }, (_, index) => from + index * by),
  );
  expression.registerFunction("partition", (list: readonly unknown[], size: number) =>
    Array.from({ length: Math.ceil(list.length / size) }, (_, at) => list.slice(at * size, (at + 1) * size)),
  );
}

function parse(source: string): Parsed {
  const expression = jsonata(source);
  register(expression);
  const [named, bound, called] = [new Set<string>(), new Set<string>(), new Set<unknown>()];
  visit(expression.ast(), (node) => {
    if (node["type"] === "function" || node["type"] === "partial") called.add(node["procedure"]);
    if (node["type"] === "bind") bound.add((node["lhs"] as Node)["value"] as string);
    if (node["type"] === "lambda") for (const each of node["arguments"] as Node[]) bound.add(each["value"] as string);
  });
  let pure = true;
  visit(expression.ast(), (node) => {
    if (node["type"] !== "variable") return;
    const name = node["value"] as string;
    if (FRESH.includes(name)) pure = false;
    if (!called.has(node) && name !== "" && name !== "$") named.add(name);
  });
  const reads = [...named].filter((name) => !bound.has(name) && name !== "states" && !MORE.includes(name));
  return { expression, reads, readsContext: source.includes("context"), pure };
}

const parsed = new Map<string, Parsed>();
const values = new Map<string, Json | QueryFailed>();
const MOST_VALUES = 200_000;

/** Throws what is wrong with the syntax of an expression. */
export function parsedOf(source: string): Parsed {
  let known = parsed.get(source);
  if (!known) parsed.set(source, (known = parse(source)));
  return known;
}

export const isExpression = (value: string): boolean => value.startsWith("{%") && value.endsWith("%}");

async function evaluateExpression(source: string, { lookup, states, contextKey }: Scope): Promise<Json> {
  const { expression, reads, readsContext, pure } = parsedOf(source);
  const variables: Record<string, Json> = {};
  for (const name of reads) {
    const value = lookup(name);
    // The service refuses it or fails, even where an `$exists` asks.
    if (value === undefined) throw new QueryFailed(`$${name} was never assigned`);
    variables[name] = value;
  }
  const { input, result, errorOutput } = states;
  const own = JSON.stringify([variables, input, result, errorOutput]);
  const key = pure ? `${source}\0${own}${readsContext ? contextKey : ""}` : "";
  const known = pure ? values.get(key) : undefined;
  if (known instanceof QueryFailed) throw known;
  if (known !== undefined) return known;
  let value: Json | QueryFailed;
  try {
    const result = (await expression.evaluate(undefined, { ...variables, states })) as unknown;
    const text = JSON.stringify(result) as string | undefined;
    value = text === undefined ? new QueryFailed(`${source} yields nothing`) : (JSON.parse(text) as Json);
  } catch (error) {
    value = new QueryFailed(`${source} fails: ${String((error as { message?: unknown }).message)}`);
  }
  if (values.size >= MOST_VALUES) values.clear();
  if (pure) values.set(key, value);
  if (value instanceof QueryFailed) throw value;
  return value;
}

/** The value of a field of a definition: its strings in `{% %}` are JSONata. */
export async function evaluate(template: Json, scope: Scope): Promise<Json> {
  if (typeof template === "string") {
    return isExpression(template) ? evaluateExpression(template.slice(2, -2).trim(), scope) : template;
  }
  if (template === null || typeof template !== "object") return template;
  if (Array.isArray(template)) {
    const items: Json[] = [];
    for (const item of template as readonly Json[]) items.push(await evaluate(item, scope));
    return items;
  }
  const object: Record<string, Json> = {};
  for (const [field, item] of Object.entries(template)) object[field] = await evaluate(item, scope);
  return object;
}
