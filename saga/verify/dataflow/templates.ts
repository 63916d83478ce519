import type { RawState } from "../../asl/states";
import { resolve, type Surroundings, truth } from "../search/evaluate";
import {
  fieldOf,
  isArray,
  isKnown,
  isObject,
  lift,
  OneOf,
  OTHER_FIELDS,
  SOMETHING,
  testOf,
  Unknown,
  UNKNOWN,
  type Value,
} from "../search/value";
import { NOTHING, type Template } from "../template";
import { isIntrinsic, type Reference, referenceOf, type Segment } from "./reference";

type Fields = Readonly<Record<string, unknown>>;

/** A value that a state makes of data, and the parts of the data on which parts of the value depend. */
interface Maker {
  readonly of: (data: Value, around: Surroundings) => Value;
  readonly needs: (parts: readonly string[]) => readonly string[];
}

const SAME: Maker = { of: (data) => data, needs: (parts) => parts };
const constant = (value: Value): Maker => ({ of: () => value, needs: () => [] });
const then = (first: Maker, second: Maker): Maker => ({
  of: (data, around) => second.of(first.of(data, around), around),
  needs: (parts) => first.needs(second.needs(parts)),
});

/** The result of a Task, or the outputs of branches or iterations. */
const RESULT: Maker = { of: (_, { variable }) => read(variable("states"), ["result"]), needs: () => [] };
const ERROR = constant({ Error: SOMETHING, Cause: SOMETHING });
const RESULTING: ReadonlySet<string> = new Set(["Task", "Parallel", "Map"]);

/** What a state in JSONPath mode hands to the next one, as far as the definition determines it. */
export function outputOf(state: RawState): Template {
  const input = selected(state["InputPath"]);
  const output = selected(state["OutputPath"]);
  if (state.Type === "Pass") return templateOf(then(placed(state["ResultPath"], passed(state, input)), output));
  if (!RESULTING.has(state.Type)) return templateOf(then(input, output));
  const selector = state["ResultSelector"];
  const raw = state["ResultWriter"] === undefined ? RESULT : constant(UNKNOWN);
  const result = selector === undefined ? raw : then(raw, filled(selector));
  return templateOf(then(placed(state["ResultPath"], result), output));
}

/** What a Catch in JSONPath mode hands to the next state. */
export const outputOfCatch = ({ ResultPath }: Fields): Template => templateOf(placed(ResultPath, ERROR));

/** What a Parallel or a Map gives its branches or iterations. Undefined if it changes nothing. */
export function givenIn(state: RawState): Template | undefined {
  const { Type, InputPath, Parameters, ItemSelector = Parameters, ItemReader, ItemBatcher } = state;
  if (Type === "Map") {
    if (ItemReader !== undefined || ItemBatcher !== undefined) return NOTHING;
    return ItemSelector === undefined ? undefined : templateOf(then(selected(InputPath), filled(ItemSelector)));
  }
  if (Type !== "Parallel" || (InputPath === undefined && Parameters === undefined)) return undefined;
  return templateOf(then(selected(InputPath), Parameters === undefined ? SAME : filled(Parameters)));
}

function passed({ Result: fixed, Parameters: template }: RawState, input: Maker): Maker {
  // AWS does not document which of the two applies.
  if (fixed !== undefined && template !== undefined) return constant(UNKNOWN);
  if (fixed !== undefined) return constant(valueOf(fixed));
  return template === undefined ? input : then(input, filled(template));
}

const inputOf = ({ variable }: Surroundings): Value => read(variable("states"), ["input"]);

function templateOf(maker: Maker): Template {
  return {
    yields: (around) => maker.of(inputOf(around), around),
    paths: maker.needs([""]).map((path) => under("states.input", path)),
    isInput: maker === SAME,
    dependsOn: (parts) => maker.needs([...parts]),
  };
}

/** The value at a reference path. Unknown for a path that is not understood. */
function referred(said: string): Maker {
  const reference = isIntrinsic(said) ? undefined : referenceOf(said);
  // An intrinsic function yields a value, or fails the state.
  if (!reference) return constant(isIntrinsic(said) ? SOMETHING : UNKNOWN);
  const { of, variable, segments } = reference;
  if (of === "data") {
    const at = namesIn(reference);
    return { of: (data) => read(data, segments), needs: (parts) => parts.map((part) => under(at, part)) };
  }
  const root = of === "context" ? "states" : (variable as string);
  const path = of === "context" ? ["context", ...segments] : segments;
  return { of: (_, { variable: named }) => read(named(root), path), needs: () => [] };
}

/** InputPath or OutputPath. */
function selected(path: unknown): Maker {
  if (path === null) return constant({});
  return typeof path === "string" && path !== "$" ? referred(path) : SAME;
}

/** The names of a path before its first index, with dots between. */
function namesIn({ segments }: Reference): string {
  const index = segments.findIndex((segment) => typeof segment === "number" || segment.includes("."));
  return segments.slice(0, index === -1 ? undefined : index).join(".");
}

const under = (path: string, part: string): string => (path === "" || part === "" ? path + part : `${path}.${part}`);

/** JSON of the definition. */
const valueOf = (json: unknown): Value => json as Value;

/** A payload template, in which `"name.$"` is a field with a path. */
function filled(raw: unknown): Maker {
  if (Array.isArray(raw)) {
    const items = raw.map(filled);
    return {
      of: (data, around) => items.map((item) => item.of(data, around)),
      needs: (parts) => (parts.length === 0 ? [] : items.flatMap((item) => item.needs([""]))),
    };
  }
  if (typeof raw !== "object" || raw === null) return constant(valueOf(raw));
  const fields = Object.entries(raw).map(([key, value]): [string, Maker] =>
    key.endsWith(".$") && typeof value === "string" ? [key.slice(0, -2), referred(value)] : [key, filled(value)],
  );
  return {
    of: (data, around) => Object.fromEntries(fields.map(([key, field]) => [key, field.of(data, around)])),
    needs: (parts) =>
      fields.flatMap(([key, field]) => field.needs(parts.flatMap((part) => (part === "" ? [""] : within(part, key))))),
  };
}

/** A path within another one, as seen from there. None if it leads elsewhere. */
const within = (path: string, other: string): readonly string[] =>
  path === other ? [""] : path.startsWith(`${other}.`) ? [path.slice(other.length + 1)] : [];

/** The input with a result at ResultPath. */
function placed(path: unknown, result: Maker): Maker {
  if (path === undefined || path === "$") return result;
  if (path === null) return SAME;
  const reference = typeof path === "string" ? referenceOf(path) : undefined;
  if (reference?.of !== "data") return constant(UNKNOWN);
  const at = namesIn(reference);
  const isAround = (part: string): boolean => part === "" || at.startsWith(`${part}.`);
  return {
    of: (data, around) => write(data, reference.segments, result.of(data, around)),
    needs: (parts) => [
      ...result.needs(parts.flatMap((part) => (isAround(part) ? [""] : within(part, at)))),
      ...parts.filter((part) => within(part, at).length === 0),
    ],
  };
}

function read(data: Value, path: readonly Segment[]): Value {
  const [segment, ...rest] = path;
  if (segment === undefined) return data;
  if (data instanceof OneOf) return lift(data, (one) => read(one, path));
  return read(member(data, segment), rest);
}

function member(data: Value, segment: Segment): Value {
  if (data instanceof Unknown) {
    if (data.path === undefined) return UNKNOWN;
    return new Unknown(typeof segment === "number" ? `${data.path}[${segment}]` : `${data.path}.${segment}`);
  }
  if (isArray(data)) return typeof segment === "number" ? data[segment] : undefined;
  return isObject(data) && typeof segment === "string" ? fieldOf(data, segment) : undefined;
}

function write(data: Value, path: readonly Segment[], value: Value): Value {
  const [segment, ...rest] = path;
  if (segment === undefined) return value;
  if (data instanceof OneOf) return lift(data, (one) => write(one, path, value));
  // A write into a list or a text has an unknown result.
  if (typeof segment === "number") return UNKNOWN;
  const written = { [segment]: write(member(data, segment), rest, value) };
  if (data === undefined) return written;
  if (data instanceof Unknown) return { [OTHER_FIELDS]: data, ...written };
  return isObject(data) ? { ...data, ...written } : UNKNOWN;
}

/** The test of a rule of a Choice. */
export function conditionOf(rule: Fields, { InputPath }: RawState): Template {
  const test = then(selected(InputPath), tested(rule));
  return {
    ...templateOf(test),
    yields: (around) => resolve(test.of(inputOf(around), around), around.lengths),
  };
}

/** What a rule tests, without where it leads: equal texts for equal tests. */
export const testIn = (rule: Fields, { InputPath }: RawState): string =>
  JSON.stringify([InputPath, Object.entries(rule).filter(([field]) => !NO_TEST.has(field))]);
const NO_TEST: ReadonlySet<string> = new Set(["Next", "Assign", "Output", "Comment"]);

function tested(rule: Fields): Maker {
  const { And: all, Or: any, Not: negated, Variable: said, ...rest } = rule;
  if (Array.isArray(all)) return combined("and", (all as readonly Fields[]).map(tested));
  if (Array.isArray(any)) return combined("or", (any as readonly Fields[]).map(tested));
  if (typeof negated === "object" && negated !== null) {
    const test = tested(negated as Fields);
    const not = (value: Value): Value => {
      const is = truth(value);
      return is === undefined ? testOf("$not", value) : !is;
    };
    return { ...test, of: (data, around) => not(test.of(data, around)) };
  }
  const [operator] = Object.keys(rest).filter((field) => !NO_TEST.has(field));
  if (typeof said !== "string" || operator === undefined) return constant(UNKNOWN);
  const operand = rest[operator];
  // The data that it is compared with is in the data too.
  if (operator.endsWith("Path")) return constant(UNKNOWN);
  const variable = referred(said);
  return {
    of: (data, around) => compared(operator, variable.of(data, around), operand as Value),
    needs: () => variable.needs([""]),
  };
}

function combined(operator: "and" | "or", tests: readonly Maker[]): Maker {
  const decisive = operator === "or";
  return {
    of: (data, around) => {
      const open: Value[] = [];
      for (const test of tests) {
        const found = test.of(data, around);
        const is = truth(found);
        if (is === decisive) return decisive;
        if (is === undefined) open.push(found);
      }
      return open.length === 0 ? !decisive : testOf(operator, ...open);
    },
    needs: () => tests.flatMap((test) => test.needs([""])),
  };
}

/** The result of a comparison. Unknown if the value is unknown, and for an absent value, whose comparison fails. */
function compared(operator: string, value: Value, operand: Value): Value {
  if (value instanceof OneOf) return lift(value, (one) => compared(operator, one, operand));
  if (operator === "IsPresent") {
    if (!(value instanceof Unknown)) return (value !== undefined) === operand;
    if (value.path === undefined && value !== UNKNOWN) return operand;
  }
  if (value === undefined) return UNKNOWN;
  if (value instanceof Unknown) return testOf(operator, value, operand);
  const type = EQUALS.get(operator);
  if (type !== undefined) return typeof value === type && value === operand;
  const isType = TYPES.get(operator);
  if (isType === undefined || !isKnown(operand)) return UNKNOWN;
  return (isType === "null" ? value === null : typeof value === isType) === operand;
}

const EQUALS: ReadonlyMap<string, string> = new Map([
  ["BooleanEquals", "boolean"],
  ["NumericEquals", "number"],
  ["StringEquals", "string"],
]);
const TYPES: ReadonlyMap<string, string> = new Map([
  ["IsBoolean", "boolean"],
  ["IsNumeric", "number"],
  ["IsString", "string"],
  ["IsNull", "null"],
]);
