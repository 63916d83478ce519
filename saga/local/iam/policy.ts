import type { Condition } from "./condition";
import type { Text } from "./pattern";

/** The content of `Action` or `NotAction`, or of `Resource` or `NotResource`. */
export interface Scope<T> {
  readonly patterns: readonly T[];
  /** Whether it is the `Not…` form, which names what the statement does *not* apply to. */
  readonly except: boolean;
}

export interface Statement {
  readonly effect: "Allow" | "Deny";
  readonly actions: Scope<string>;
  readonly resources: Scope<Text>;
  readonly conditions: readonly Condition[];
}

/** The element of a policy that this machine does not understand. */
export class PolicyNotUnderstood extends Error {}

const VERSIONS: ReadonlySet<unknown> = new Set([undefined, "2008-10-17", "2012-10-17"]);
const POLICY: ReadonlySet<string> = new Set(["Version", "Id", "Statement"]);
const STATEMENT: ReadonlySet<string> = new Set([
  ...["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"],
]);

/**
 * Reads an identity-based policy.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 * @throws PolicyNotUnderstood for anything outside of that grammar
 */
export function readPolicy(text: string): readonly Statement[] {
  const policy = asObject(parse(text), "the policy");
  only(policy, POLICY, "the policy");
  const { Version, Statement: statements } = policy;
  if (!VERSIONS.has(Version)) throw new PolicyNotUnderstood(`the Version ${JSON.stringify(Version)}`);
  return asList(statements).map((statement, at) =>
    readStatement(asObject(statement, `statement ${at}`), `statement ${at}`, Version === "2012-10-17"),
  );
}

type Fields = Readonly<Record<string, unknown>>;

function readStatement(statement: Fields, where: string, variables: boolean): Statement {
  only(statement, STATEMENT, where);
  const { Effect, Condition: conditions = {} } = statement;
  if (Effect !== "Allow" && Effect !== "Deny")
    throw new PolicyNotUnderstood(`the Effect ${JSON.stringify(Effect)} of ${where}`);
  const actions = readScope(statement, "Action", where);
  for (const pattern of actions.patterns) {
    if (!/^(?:\*|(?:[a-z0-9-]+|\*):[\w*?]+)$/i.test(pattern))
      throw new PolicyNotUnderstood(`the action '${pattern}' of ${where}`);
  }
  const { patterns, except } = readScope(statement, "Resource", where);
  for (const pattern of patterns) {
    if (!/^(?:\*|arn:.*)$/s.test(pattern)) throw new PolicyNotUnderstood(`the resource '${pattern}' of ${where}`);
  }
  return {
    effect: Effect,
    actions,
    resources: { patterns: patterns.map((text) => ({ text, variables })), except },
    conditions: Object.entries(asObject(conditions, `the Condition of ${where}`)).flatMap(([operator, keys]) =>
      Object.entries(asObject(keys, `'${operator}' of ${where}`)).map(([key, values]) => ({
        operator,
        key,
        values: asList(values).map((value) => ({ text: asText(value, `'${key}' of ${where}`), variables })),
      })),
    ),
  };
}

/** Reads the one of the two elements that a statement must have. */
function readScope(statement: Fields, name: "Action" | "Resource", where: string): Scope<string> {
  const [is, isNot] = [statement[name], statement[`Not${name}`]];
  if ((is === undefined) === (isNot === undefined))
    throw new PolicyNotUnderstood(`${where}, which has not exactly one of ${name} and Not${name}`);
  const patterns = asList(is ?? isNot).map((pattern) => asString(pattern, `the ${name} of ${where}`));
  return { patterns, except: is === undefined };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new PolicyNotUnderstood(`a text that is not JSON: ${(error as Error).message}`);
  }
}

function only(fields: Fields, names: ReadonlySet<string>, where: string): void {
  const other = Object.keys(fields).find((name) => !names.has(name));
  if (other !== undefined) throw new PolicyNotUnderstood(`'${other}' of ${where}`);
}

function asObject(value: unknown, where: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw new PolicyNotUnderstood(`${where}, which is not an object`);
}

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

function asString(value: unknown, where: string): string {
  if (typeof value === "string") return value;
  throw new PolicyNotUnderstood(`${where}, which is not a string`);
}

/** The grammar also allows numbers and booleans without quotation marks. */
const asText = (value: unknown, where: string): string =>
  asString(typeof value === "number" || typeof value === "boolean" ? String(value) : value, where);
