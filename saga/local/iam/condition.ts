import { all, any, type Answer, isUnknown, not, unknown } from "./answer";
import { type Context, lookUp } from "./context";
import { arnLike, equals, like, type Text } from "./pattern";

/** One operator of a policy's Condition, with one of its keys. */
export interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly Text[];
}

/** Whether one value of the policy matches one value of the request. */
type Test = (wanted: Text, value: string, context: Context) => Answer;

interface Operator {
  readonly test: Test;
  /** Whether the operator holds if none of the policy's values matches. */
  readonly negated: boolean;
}

/** A test for values without variables. It converts both values to T and compares them. */
function compare<T>(read: (text: string) => T | undefined, holds: (value: T, wanted: T) => boolean): Test {
  return ({ text }, value) => {
    const [is, wanted] = [read(value), read(text)];
    if (wanted === undefined) return unknown(`the value '${text}'`);
    return is !== undefined && holds(is, wanted);
  };
}

const numeric = (text: string): number | undefined =>
  /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)$/.test(text) ? Number(text) : undefined;

/** A date in milliseconds, from W3C's profile of ISO 8601 or from seconds since the epoch. */
function moment(text: string): number | undefined {
  const seconds = numeric(text);
  if (seconds !== undefined) return seconds * 1000;
  const time = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/.test(text)
    ? Date.parse(text)
    : NaN;
  return Number.isNaN(time) ? undefined : time;
}

const bool = (text: string): boolean | undefined =>
  ({ true: true, false: false })[text.toLowerCase() as "true" | "false"];

const pair = (name: string, opposite: string, test: Test): Record<string, Operator> => ({
  [name]: { test, negated: false },
  [opposite]: { test, negated: true },
});

const ordered = (kind: string, read: (text: string) => number | undefined): Record<string, Operator> => {
  const operator = (holds: (value: number, wanted: number) => boolean): Operator => ({
    test: compare(read, holds),
    negated: false,
  });
  return {
    ...pair(
      `${kind}Equals`,
      `${kind}NotEquals`,
      compare(read, (value, wanted) => value === wanted),
    ),
    [`${kind}LessThan`]: operator((value, wanted) => value < wanted),
    [`${kind}LessThanEquals`]: operator((value, wanted) => value <= wanted),
    [`${kind}GreaterThan`]: operator((value, wanted) => value > wanted),
    [`${kind}GreaterThanEquals`]: operator((value, wanted) => value >= wanted),
  };
};

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
const OPERATORS: ReadonlyMap<string, Operator> = new Map(
  Object.entries({
    ...pair("StringEquals", "StringNotEquals", equals),
    ...pair("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", (wanted, value, context) =>
      equals(wanted, value, context, true),
    ),
    ...pair("StringLike", "StringNotLike", like),
    // AWS treats ArnEquals as ArnLike.
    ...pair("ArnLike", "ArnNotLike", arnLike),
    ...pair("ArnEquals", "ArnNotEquals", arnLike),
    ...ordered("Numeric", numeric),
    ...ordered("Date", moment),
    Bool: { test: compare(bool, (value, wanted) => value === wanted), negated: false },
  }),
);

/**
 * Whether a condition holds for a request.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
 */
export function holds({ operator: spelled, key, values }: Condition, context: Context): Answer {
  const [, quantifier, name = "", ifExists] = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(spelled) ?? [];
  const value = lookUp(context, key);
  if (spelled === "Null") {
    if (isUnknown(value)) return value;
    return any(
      values.map(({ text }) =>
        compare(bool, (is, wanted) => is === wanted)({ text, variables: false }, String(value === undefined), context),
      ),
    );
  }
  const operator = OPERATORS.get(name);
  // AWS's guide does not say how these two combine.
  const unclear = quantifier === "ForAnyValue" && ifExists !== undefined;
  if (!operator || unclear) return unknown(`the condition operator '${spelled}'`);
  if (isUnknown(value)) return value;

  const { test, negated } = operator;
  const one = (each: string): Answer => {
    const fits = any(values.map((wanted) => test(wanted, each, context)));
    return negated ? not(fits) : fits;
  };
  const present = value === undefined ? [] : typeof value === "string" ? [value] : value;
  switch (quantifier) {
    case "ForAllValues":
      return all(present.map(one));
    case "ForAnyValue":
      return any(present.map(one));
    default:
      if (value === undefined) return negated || ifExists !== undefined;
      return typeof value === "string" ? one(value) : unknown(`'${spelled}' of '${key}', which has many values`);
  }
}
