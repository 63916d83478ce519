import type { Json } from "../../interpreter/json";
import { fieldsOf, listOf, textOf, UnreadError } from "./found";

type Fields = Readonly<Record<string, Json>>;

/** The parts of a template that its functions read. */
export interface Template {
  readonly resources: Fields;
  readonly parameters: Fields;
  readonly mappings: Fields;
  readonly conditions: Fields;
}

export function templateOf(value: Json): Template {
  const { Resources, Parameters, Mappings, Conditions } = fieldsOf(value);
  return {
    resources: fieldsOf(Resources),
    parameters: fieldsOf(Parameters),
    mappings: fieldsOf(Mappings),
    conditions: fieldsOf(Conditions),
  };
}

/** A reference whose value the template does not contain. */
const unresolved = (name: string): string => `\${${name}}`;

/** A value that is left out: `AWS::NoValue`. */
const NO_VALUE = Symbol("AWS::NoValue");
type Resolved = Json | typeof NO_VALUE;

/**
 * Evaluates the functions in a value of a template. A parameter has its default; a resource of a known kind has an ARN.
 * A value that is known only at a deploy is `${Name}`.
 * @throws UnreadError
 */
export function resolve(value: Json, template: Template): Json {
  const resolved = carriedOut(value, template, 0);
  return resolved === NO_VALUE ? null : resolved;
}

const MOST_LEVELS = 400;

function carriedOut(value: Json, template: Template, depth: number): Resolved {
  if (depth > MOST_LEVELS) throw new UnreadError("refers to itself");
  const inner = (each: Json): Resolved => carriedOut(each, template, depth + 1);
  if (Array.isArray(value)) return value.map(inner).filter((each) => each !== NO_VALUE);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries<Json>(value);
  const [only] = entries;
  if (only && entries.length === 1) {
    const [name, argument] = only;
    if (name === "Ref" && typeof argument === "string") return reference(argument, template);
    const carryOut = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (carryOut) return carryOut(argument, { template, inner });
    if (name.startsWith("Fn::")) return unresolved(name);
  }
  return Object.fromEntries(
    entries.flatMap(([key, each]) => {
      const resolvedField = inner(each);
      return resolvedField === NO_VALUE ? [] : [[key, resolvedField]];
    }),
  );
}

interface Around {
  readonly template: Template;
  readonly inner: (value: Json) => Resolved;
}

const FUNCTIONS: Readonly<Record<string, (argument: Json, around: Around) => Resolved>> = {
  "Fn::GetAtt": (argument, { template }) => {
    const [resource = "", ...attribute] = Array.isArray(argument) ? argument.map(textIn) : textIn(argument).split(".");
    return attributeOf(resource, attribute.join("."), template);
  },
  "Fn::Sub": (argument, { template, inner }) => {
    const [text, variables] = Array.isArray(argument) ? argument : [argument];
    const given = fieldsOf(variables);
    return textIn(text ?? "").replaceAll(/\$\{(!?)([^}]*)\}/g, (_, literal: string, name: string) => {
      if (literal !== "") return `\${${name}}`;
      const key = name.trim();
      if (Object.hasOwn(given, key)) return textIn(inner(given[key] as Json));
      const [resource = "", ...attribute] = key.split(".");
      const found =
        attribute.length > 0 ? attributeOf(resource, attribute.join("."), template) : reference(key, template);
      return textIn(found);
    });
  },
  "Fn::Join": (argument, { inner }) => {
    const [separator, parts] = listOf(argument);
    const list = inner(parts ?? []);
    if (!Array.isArray(list)) return textIn(list);
    return list.map(textIn).join(textOf(separator) ?? "");
  },
  "Fn::Select": (argument, { inner }) => {
    const [index, of] = listOf(argument);
    const list = inner(of ?? []);
    const chosen = Array.isArray(list) ? list[Number(index)] : undefined;
    return chosen ?? unresolved("Fn::Select");
  },
  "Fn::Split": (argument, { inner }) => {
    const [separator, of] = listOf(argument);
    return textIn(inner(of ?? "")).split(textOf(separator) ?? ",");
  },
  "Fn::FindInMap": (argument, { template, inner }) => {
    const [map = "", first = "", second = ""] = listOf(argument).map((key) => textIn(inner(key)));
    const found = fieldsOf(fieldsOf(template.mappings[map])[first])[second];
    return found ?? unresolved(`${map}.${first}.${second}`);
  },
  "Fn::If": (argument, { template, inner }) => {
    const [name, yes, no] = listOf(argument);
    const chosen = holds({ Condition: name ?? "" }, template, 0) ? yes : no;
    return inner(chosen ?? null);
  },
  "Fn::ToJsonString": (argument, { inner }) => JSON.stringify(withoutNoValue(inner(argument))),
  "Fn::Transform": () => {
    throw new UnreadError("is put together by a macro (Fn::Transform): give the file of the definition itself");
  },
};

const withoutNoValue = (value: Resolved): Json => (value === NO_VALUE ? null : value);

const textIn = (value: Resolved): string =>
  value === NO_VALUE || value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);

/** Evaluates a condition with the defaults of its parameters. */
function holds(condition: Json, template: Template, depth: number): boolean {
  if (depth > MOST_LEVELS) throw new UnreadError("has a condition that refers to itself");
  const inner = (each: Json): boolean => holds(each, template, depth + 1);
  const [[name, argument] = ["", null]] = Object.entries(fieldsOf(condition));
  const text = (of: Json | undefined): string => textIn(carriedOut(of ?? "", template, depth + 1));
  switch (name) {
    case "Condition":
      return inner(template.conditions[textIn(argument)] ?? null);
    case "Fn::Equals":
      return text(listOf(argument)[0]) === text(listOf(argument)[1]);
    case "Fn::Not":
      return !inner(listOf(argument)[0] ?? null);
    case "Fn::And":
      return listOf(argument).every(inner);
    case "Fn::Or":
      return listOf(argument).some(inner);
    default:
      throw new UnreadError(
        `depends on the condition ${JSON.stringify(condition)}, which can't be evaluated from the file alone`,
      );
  }
}

const PSEUDO: Readonly<Record<string, Resolved>> = {
  "AWS::Partition": "aws",
  "AWS::URLSuffix": "amazonaws.com",
  "AWS::NoValue": NO_VALUE,
};

/** `Ref`. */
function reference(name: string, template: Template): Resolved {
  if (Object.hasOwn(PSEUDO, name)) return PSEUDO[name] as Resolved;
  const parameter = fieldsOf(template.parameters[name]);
  const { Default: value, Type } = parameter;
  if (value !== undefined) {
    const text = textIn(value);
    return /^(List<|CommaDelimitedList)/.test(textOf(Type) ?? "") ? text.split(",").map((each) => each.trim()) : text;
  }
  return arnOf(name, template, "Ref") ?? unresolved(name);
}

/** `Fn::GetAtt`. */
function attributeOf(resource: string, attribute: string, template: Template): Resolved {
  // The attributes that SAM generates for a function: `Charge.Alias`, `Charge.Version`, `Charge.Arn`.
  const known = /^(Arn|Alias|Version|FunctionArn|AliasArn)$/.test(attribute)
    ? arnOf(resource, template, "Arn")
    : undefined;
  return known ?? unresolved(`${resource}.${attribute}`);
}

/** The kinds of resources that a state machine may name, with their parts of an ARN, and what returns the ARN. */
const KINDS: Readonly<
  Record<string, { readonly service: string; readonly kind: string; readonly by: readonly ("Ref" | "Arn")[] }>
> = {
  "AWS::Lambda::Function": { service: "lambda", kind: "function", by: ["Arn"] },
  "AWS::Serverless::Function": { service: "lambda", kind: "function", by: ["Arn"] },
  "AWS::Lambda::Alias": { service: "lambda", kind: "function", by: ["Ref", "Arn"] },
  "AWS::Lambda::Version": { service: "lambda", kind: "function", by: ["Ref", "Arn"] },
  "AWS::StepFunctions::StateMachine": { service: "states", kind: "stateMachine", by: ["Ref", "Arn"] },
  "AWS::Serverless::StateMachine": { service: "states", kind: "stateMachine", by: ["Ref", "Arn"] },
  "AWS::StepFunctions::Activity": { service: "states", kind: "activity", by: ["Ref", "Arn"] },
};

function arnOf(name: string, { resources }: Template, by: "Ref" | "Arn"): string | undefined {
  // An alias of SAM's is referred to as `Charge.Alias`.
  const [logicalId = "", made] = name.split(".");
  const { Type } = fieldsOf(resources[logicalId]);
  const kind = typeof Type === "string" && Object.hasOwn(KINDS, Type) ? KINDS[Type] : undefined;
  if (!kind) return undefined;
  if (!kind.by.includes(by) && made === undefined) return by === "Ref" ? logicalId : undefined;
  return `arn:aws:${kind.service}:\${AWS::Region}:\${AWS::AccountId}:${kind.kind}:${logicalId}`;
}

/**
 * Replaces `${Name}` in the strings of a definition by the values of `DefinitionSubstitutions`.
 * @throws UnreadError
 */
export function substituted<Value extends Json>(
  value: Value,
  substitutions: Json | undefined,
  template: Template,
): Value {
  const given = fieldsOf(substitutions);
  const values = new Map(Object.entries(given).map(([key, each]) => [key, textIn(carriedOut(each, template, 0))]));
  const replace = (each: Json): Json => {
    if (typeof each === "string") {
      return each.replaceAll(/\$\{([^}!]+)\}/g, (whole, name: string) => values.get(name.trim()) ?? whole);
    }
    if (Array.isArray(each)) return each.map(replace);
    if (typeof each !== "object" || each === null) return each;
    return Object.fromEntries(Object.entries(each).map(([key, inner]) => [key, replace(inner)]));
  };
  return replace(value) as Value;
}
