import { type Answer, isUnknown, type Unknown, unknown } from "./answer";
import { type Context, lookUp } from "./context";

/** One character of a pattern. Only `*` and `?` in the policy's own text are wildcards. */
interface Char {
  readonly char: string;
  readonly wild: boolean;
}

/** A pattern or a value of a policy. */
export interface Text {
  readonly text: string;
  /** Whether `${…}` is a variable: only in policies of the version 2012-10-17. */
  readonly variables: boolean;
}

/**
 * Replaces variables by the request's values. Characters of these values are not wildcards.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
function expand({ text, variables }: Text, context: Context): readonly Char[] | Unknown {
  const symbols: Char[] = [];
  for (const [piece] of text.matchAll(variables ? /\$\{[^}]*\}|./gsu : /./gsu)) {
    if (piece.length <= 2) {
      symbols.push({ char: piece, wild: piece === "*" || piece === "?" });
      continue;
    }
    const value = valueOf(piece.slice(2, -1), context);
    if (isUnknown(value)) return value;
    symbols.push(...Array.from(value, (char) => ({ char, wild: false })));
  }
  return symbols;
}

/**
 * The value of a variable, from the text between `${` and `}`: a key, a key with a default, or one of the characters
 * `*`, `?` and `$`.
 */
function valueOf(variable: string, context: Context): string | Unknown {
  if (["*", "?", "$"].includes(variable)) return variable;
  const [, key, fallback] = /^\s*([\w:/+=.@-]+)\s*(?:,\s*'([^']*)'\s*)?$/.exec(variable) ?? [];
  if (key === undefined) return unknown(`the variable '\${${variable}}'`);
  const value = lookUp(context, key) ?? fallback ?? unknown(`the variable '\${${variable}}', which has no value here`);
  if (isUnknown(value)) return value;
  return typeof value === "string" ? value : unknown(`the variable '\${${variable}}', which has many values`);
}

const escaped = (char: string): string => char.replace(/[\\^$.*+?()[\]{}|]/, "\\$&");

/** @param star The expression for a `*`, given the character after it. */
function regExp(symbols: readonly Char[], star: (next: string | undefined) => string, flags = ""): RegExp {
  const source = symbols.map(({ char, wild }, at) => {
    if (!wild) return escaped(char);
    return char === "*" ? star(symbols[at + 1]?.char) : ".";
  });
  return new RegExp(`^${source.join("")}$`, `su${flags}`);
}

const anything = (): string => ".*";
/** A `*` that matches text between two colons; at the end of the pattern, any text. */
const oneSegment = (next: string | undefined): string => (next === undefined ? ".*" : "[^:]*");

/** Applies a test to a text, after its variables are replaced. */
function fits(text: Text, context: Context, test: (symbols: readonly Char[]) => Answer): Answer {
  const symbols = expand(text, context);
  return isUnknown(symbols) ? symbols : test(symbols);
}

/** Whether a pattern matches an action. Case is ignored, and there are no variables. */
export const matchesAction = (pattern: string, action: string): boolean =>
  regExp(
    Array.from(pattern, (char) => ({ char, wild: "*?".includes(char) })),
    anything,
    "i",
  ).test(action);

/**
 * Whether a pattern matches a resource. A wildcard matches the text between two colons, and according to the guide it
 * "can expand to match beyond". If that would decide, the answer is unknown.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export const matchesResource = (pattern: Text, resource: string, context: Context): Answer =>
  fits(pattern, context, (symbols) => {
    if (regExp(symbols, oneSegment).test(resource)) return true;
    return regExp(symbols, anything).test(resource) && unknown(`how far the wildcards of '${pattern.text}' reach`);
  });

export const equals = (text: Text, value: string, context: Context, ignoreCase = false): Answer =>
  fits(text, context, (symbols) => {
    const whole = symbols.map(({ char }) => char).join("");
    return ignoreCase ? whole.toLowerCase() === value.toLowerCase() : whole === value;
  });

export const like = (pattern: Text, value: string, context: Context): Answer =>
  fits(pattern, context, (symbols) => regExp(symbols, anything).test(value));

/** Compares each of an ARN's six parts with the pattern's. A wildcard can match colons only in the last part. */
export const arnLike = (pattern: Text, value: string, context: Context): Answer =>
  fits(pattern, context, (symbols) => {
    const parts: Char[][] = [[]];
    for (const symbol of symbols) {
      if (symbol.char === ":" && parts.length < 6) parts.push([]);
      else parts.at(-1)?.push(symbol);
    }
    if (parts.length < 6) return unknown(`'${pattern.text}', which is no ARN`);
    const [first = "", second = "", third = "", fourth = "", fifth = "", ...rest] = value.split(":");
    const values = [first, second, third, fourth, fifth, rest.join(":")];
    return rest.length > 0 && parts.every((part, at) => regExp(part, anything).test(values[at] as string));
  });
