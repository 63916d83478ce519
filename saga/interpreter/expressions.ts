import jsonata = require("jsonata");
import { contextReadsIn } from "../asl/expressions";
import { boundDepth } from "./depth";
import type { Json, JsonObject, JsonTypeName } from "./json";
import { isObject, jsonTypeOf } from "./json";

/**
 * A value of the definition in which strings of the form `{% … %}` are JSONata. `location` is the field's name as
 * EvaluationFailed events give it: `Arguments/Payload/items[0]`.
 */
export type Template =
  | { readonly kind: "constant"; readonly value: Json }
  | {
      readonly kind: "expression";
      readonly source: string;
      readonly location: string;
      readonly expression: jsonata.Expression;
    }
  | { readonly kind: "array"; readonly items: readonly Template[] }
  | { readonly kind: "object"; readonly entries: readonly (readonly [string, Template])[] };

/** What `$name` stands for in an expression. */
export type Bindings = { [name: string]: unknown };

/** Thrown by `compileTemplate`. */
export class ExpressionSyntaxError extends Error {
  override readonly name = "ExpressionSyntaxError";
}

/** Thrown by `evaluateTemplate`; the state turns it into States.QueryEvaluationError. */
export class EvaluationError extends Error {
  override readonly name = "EvaluationError";

  constructor(
    readonly location: string | undefined,
    message: string,
  ) {
    super(message);
  }
}

// Parsing costs far more than evaluating, and tests run the same definition thousands of times.
const parsed = new Map<string, jsonata.Expression>();
const MAX_CACHED_EXPRESSIONS = 5000;

function parseExpression(source: string): jsonata.Expression {
  let expression = parsed.get(source);
  if (expression === undefined) {
    try {
      expression = jsonata(source);
    } catch (error) {
      throw new ExpressionSyntaxError(`The JSONata expression '${source}' is not valid: ${describe(error)}`);
    }
    if (mentionsVariable(expression.ast(), "eval")) {
      throw new ExpressionSyntaxError(`The JSONata expression '${source}' uses $eval, which is not supported`);
    }
    const [read] = contextReadsIn(expression.ast());
    if (read !== undefined) {
      throw new ExpressionSyntaxError(
        `UNSUPPORTED_JSONATA_EXPRESSION: Reference to '${read}' at the top level is not supported`,
      );
    }
    expression = boundDepth(expression);
    if (parsed.size >= MAX_CACHED_EXPRESSIONS) parsed.clear();
    parsed.set(source, expression);
  }
  return expression;
}

function mentionsVariable(node: unknown, name: string): boolean {
  if (Array.isArray(node)) return node.some((item) => mentionsVariable(item, name));
  if (typeof node !== "object" || node === null) return false;
  const { type, value } = node as { type?: unknown; value?: unknown };
  if (type === "variable" && value === name) return true;
  return Object.values(node).some((child) => mentionsVariable(child, name));
}

/** Whether a string is JSONata. Blanks outside the delimiters make it an ordinary string. */
export function isExpression(text: string): boolean {
  return text.startsWith("{%") && text.endsWith("%}") && text.length >= 4;
}

export function compileTemplate(value: Json, location: string): Template {
  if (typeof value === "string") {
    if (isExpression(value)) {
      const source = value.slice(2, -2).trim();
      return { kind: "expression", source, location, expression: parseExpression(source) };
    }
    if (value.startsWith("{%")) throw new ExpressionSyntaxError(`'${value}' starts with {% and does not end with %}`);
  } else if (Array.isArray(value)) {
    const items = value.map((item, index) => compileTemplate(item, `${location}[${index}]`));
    if (items.some((item) => item.kind !== "constant")) return { kind: "array", items };
  } else if (isObject(value)) {
    const entries = Object.entries(value).map(
      ([key, item]) => [key, compileTemplate(item, `${location}/${key}`)] as const,
    );
    if (entries.some(([, item]) => item.kind !== "constant")) return { kind: "object", entries };
  }
  return { kind: "constant", value };
}

export async function evaluateTemplate(template: Template, bindings: Bindings): Promise<Json> {
  switch (template.kind) {
    case "constant":
      return template.value;
    case "array": {
      const items: Json[] = [];
      for (const item of template.items) items.push(await evaluateTemplate(item, bindings));
      return items;
    }
    case "object": {
      const object: JsonObject = {};
      for (const [key, item] of template.entries) object[key] = await evaluateTemplate(item, bindings);
      return object;
    }
    case "expression": {
      const { source, location, expression } = template;
      const subject = `The JSONata expression '${source}' specified for the field '${location}'`;
      let value: unknown;
      try {
        value = await expression.evaluate(undefined, bindings);
      } catch (error) {
        throw new EvaluationError(location, `${subject} threw an error during evaluation. ${describe(error)}`);
      }
      if (value === undefined) throw new EvaluationError(location, `${subject} returned nothing (undefined).`);
      const json = plainJson(value);
      if (json === undefined) throw new EvaluationError(location, `${subject} returned an unsupported result type.`);
      return json;
    }
  }
}

/** Evaluates a field that requires one type of value, such as TimeoutSeconds or Condition. */
export async function evaluateTyped(template: Template, bindings: Bindings, expected: JsonTypeName): Promise<Json> {
  const value = await evaluateTemplate(template, bindings);
  const actual = jsonTypeOf(value);
  if (template.kind === "expression" && actual !== expected) {
    throw new EvaluationError(
      template.location,
      `The JSONata expression '${template.source}' specified for the field '${template.location}' returned an ` +
        `unexpected result type. Expected '${expected}', but was '${actual}' for value: ${JSON.stringify(value)}`,
    );
  }
  return value;
}

/**
 * JSONata's arrays have properties of their own, and a result may be a function. Returns undefined for what is not
 * JSON.
 */
function plainJson(value: unknown): Json | undefined {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      // Also turns -0, which JSON cannot tell from 0, into 0.
      return Number.isFinite(value) ? value + 0 : undefined;
    case "object": {
      if (value === null) return null;
      if (Array.isArray(value)) {
        const items: Json[] = [];
        for (const item of value) {
          const json = plainJson(item);
          if (json === undefined) return undefined;
          items.push(json);
        }
        return items;
      }
      if ("_jsonata_lambda" in value || "_jsonata_function" in value) return undefined;
      const object: JsonObject = {};
      for (const [key, item] of Object.entries(value)) {
        const json = plainJson(item);
        if (json === undefined) return undefined;
        object[key] = json;
      }
      return object;
    }
    default:
      return undefined;
  }
}

function describe(error: unknown): string {
  if (typeof error !== "object" || error === null) return String(error);
  const { code, message } = error as { code?: unknown; message?: unknown };
  return typeof code === "string" ? `${code}: ${String(message)}` : String(message);
}
