import { innerOf, type RawState, type RawStates } from "../../asl/states";
import { DATA_LIMIT } from "../search/faults";
import { matching, unmatched } from "./choice";
import {
  ANYTHING,
  built,
  carryUnwritten,
  caught,
  type Data,
  leftover,
  listOf,
  made,
  type Origin,
  plain,
  write,
} from "./data";
import { type Lost, Reader } from "./reader";
import { leftWithout } from "./received";
import { referenceOf } from "./reference";

/** The data and the variables before a state. */
export interface Known {
  readonly data: Data;
  readonly variables: ReadonlySet<string>;
}

/** A way out of a state, with the data and the variables after it. */
export interface Way extends Known {
  /** Undefined at the end of the level. */
  readonly to: string | undefined;
  /** The event on this way, for the story. */
  readonly event: string | undefined;
  /** The state fails, and its Catch leads this way. */
  readonly fails: boolean;
}

/** A branch or an iteration, with its input. */
export interface Inside extends Known {
  readonly level: RawStates;
}

export interface Passage {
  readonly ways: readonly Way[];
  readonly inside: readonly Inside[];
  readonly lost: readonly Lost[];
  /** The field that has left a Task only an error, or nothing. */
  readonly given: Origin | undefined;
}

export type Fields = Readonly<Record<string, unknown>>;

/** The integration whose output has known fields. The output of a function that is called by its own ARN is unknown. */
const INVOKES = /^arn:aws[\w-]*:states:::lambda:invoke$/;
const PUT_OUT = "ExecutedVersion FunctionError LogResult Payload SdkHttpMetadata SdkResponseMetadata StatusCode";

/**
 * Passes data through a state in JSONPath mode. Its fields apply in this order: InputPath selects from the input. Parameters
 * builds the effective input. ResultSelector builds the effective result. ResultPath writes it into the input. OutputPath
 * selects from that. A Catch writes its error into the input.
 */
export function pass(name: string, state: RawState, known: Known): Passage {
  const reader = new Reader(known.variables);
  const by = (field: Origin["field"]): Origin => ({ state: name, field });
  const input = reader.choose(state["InputPath"], known.data, by("null"));
  const through = (data: Data): Data => reader.choose(state["OutputPath"], data, by("null"));
  const put = (data: Data): Data => through(placed(state["ResultPath"], known.data, data));
  const onward = (data: Data, event?: string): Way => way(known, state, { to: state.Next, data, event });
  const parameters = (data: Data): Data =>
    state["Parameters"] === undefined ? data : reader.fill(state["Parameters"], data, by("Parameters"));
  const result = (raw: Data): Data =>
    state["ResultSelector"] === undefined ? raw : reader.fill(state["ResultSelector"], raw, by("ResultSelector"));
  const passage = (ways: readonly Way[], more: Partial<Passage> = {}): Passage => ({
    inside: [],
    given: undefined,
    ...more,
    ways: [...ways, ...caughtWays(name, state, known)],
    lost: reader.lost,
  });

  switch (state.Type) {
    case "Task": {
      // InputPath selects, and Parameters decides what the Task receives.
      reader.received.length = 0;
      parameters(input);
      const given =
        state["Parameters"] === undefined ? leftover(input) : leftWithout(reader.received, reader.identified);
      const ways = [onward(put(result(outcome(state, by("call")))), `${name} is done`)];
      return passage(ways, { given });
    }
    case "Parallel": {
      const start = { data: parameters(input), variables: known.variables };
      const branches = innerOf(state);
      const ways = [onward(put(result(listOf(by("branches"), branches.length))), `${name} is done`)];
      return passage(ways, { inside: branches.map((level) => ({ level, ...start })) });
    }
    case "Map": {
      const start = { data: item(name, state, input, reader), variables: known.variables };
      const ways = [onward(put(result(itemsOut(state, by("branches")))), `${name} is done`)];
      return passage(ways, { inside: innerOf(state).map((level) => ({ level, ...start })) });
    }
    case "Pass": {
      const { Result: fixed, Parameters: template } = state;
      // AWS does not document which of the two applies.
      if (fixed !== undefined && template !== undefined) return passage([onward(put(ANYTHING))]);
      return passage([onward(put(fixed === undefined ? parameters(input) : literal(fixed, by("Result"))))]);
    }
    case "Choice":
      return passage(choices(name, state, { ...known, data: input }, { reader, through }));
    case "Fail":
      for (const path of [state["ErrorPath"], state["CausePath"]]) {
        if (typeof path === "string") reader.look(path, known.data);
      }
      return passage([]);
    case "Wait":
      for (const path of [state["SecondsPath"], state["TimestampPath"]]) {
        if (typeof path === "string") reader.look(path, input);
      }
      return passage([onward(through(input))]);
    default:
      return passage([onward(through(input))]);
  }
}

/** A way with its assigned variables. */
export function way(
  { variables }: Known,
  from: Fields,
  { to, data, event }: { readonly to: string | undefined; readonly data: Data; readonly event?: string | undefined },
): Way {
  const names = Object.keys((from["Assign"] as object | undefined) ?? {}).map((name) => name.replace(/\.\$$/, ""));
  return {
    to,
    data,
    event,
    fails: false,
    variables: names.length === 0 ? variables : new Set([...variables, ...names]),
  };
}

/** The input with a result at ResultPath. */
function placed(path: unknown, input: Data, result: Data): Data {
  if (path === undefined) return carryUnwritten(input, result);
  if (path === null) return input;
  const reference = typeof path === "string" ? referenceOf(path) : undefined;
  return reference?.of === "data" ? write(input, reference.segments, result) : ANYTHING;
}

/** The result of a Task. */
export const outcome = ({ Resource: resource }: RawState, by: Origin): Data =>
  INVOKES.test(String(resource)) ? made(new Map(PUT_OUT.split(" ").map((field) => [field, ANYTHING])), by) : ANYTHING;

/** The literal Result of a Pass. */
function literal(raw: unknown, by: Origin): Data {
  if (Array.isArray(raw)) return listOf(by, raw.length);
  if (typeof raw !== "object" || raw === null) return plain(by);
  return built(
    Object.entries(raw).map(([key, value]) => [key, literal(value, by)]),
    by,
  );
}

/** The input of each iteration of a Map. */
function item(name: string, state: RawState, input: Data, reader: Reader): Data {
  const { ItemsPath: path, ItemReader: elsewhere, ItemBatcher: batches } = state;
  const selector = state["ItemSelector"] ?? state["Parameters"];
  if (elsewhere === undefined && typeof path === "string") reader.look(path, input);
  const selected =
    selector === undefined ? ANYTHING : reader.fill(selector, input, { state: name, field: "ItemSelector" });
  return elsewhere === undefined && batches === undefined ? selected : ANYTHING;
}

/** The output of a Map: a list, unless a ResultWriter writes it elsewhere. */
export const itemsOut = ({ ResultWriter: elsewhere }: RawState, by: Origin): Data =>
  elsewhere === undefined ? listOf(by) : ANYTHING;

function choices(
  name: string,
  state: RawState,
  known: Known,
  { reader, through }: { readonly reader: Reader; readonly through: (data: Data) => Data },
): readonly Way[] {
  const ways: Way[] = [];
  let open: Data | undefined = known.data;
  for (const rule of state.Choices ?? []) {
    if (open === undefined) return ways;
    const data = matching(rule, open, reader.look);
    const to = rule["Next"] as string;
    if (data !== undefined) ways.push(way(known, rule, { to, data: through(data), event: `${name} goes to ${to}` }));
    open = unmatched(rule, open);
  }
  const to = state.Default;
  if (open === undefined || to === undefined) return ways;
  return [...ways, way(known, state, { to, data: through(open), event: `${name} goes to ${to}` })];
}

/** The ways out by a Catch. The error is at its ResultPath. Without a ResultPath it is all of the data. */
const caughtWays = (name: string, state: RawState, known: Known): readonly Way[] =>
  waysOfCatch(name, state, known, (catcher) => {
    const path = catcher["ResultPath"];
    const error = caught({ state: name, field: "Catch", ...(typeof path === "string" && { path }) });
    return { data: placed(path, known.data, error), whole: path === undefined || path === "$" };
  });

/** The ways out by a Catch, with the data that each puts out, and whether that is only the error. */
export function waysOfCatch(
  name: string,
  state: RawState,
  known: Known,
  put: (catcher: Fields) => { readonly data: Data; readonly whole: boolean },
): readonly Way[] {
  const ways: Way[] = [];
  for (const catcher of state.Catch ?? []) {
    const errors = catcher["ErrorEquals"] as readonly string[];
    const { data, whole } = put(catcher);
    const event = `${name} fails: ${exampleOf(errors, state)}${whole ? "; its Catch replaces the data by { Error, Cause }" : ""}`;
    ways.push({ ...way(known, catcher, { to: catcher["Next"] as string, data, event }), fails: true });
    // The catchers after it catch nothing.
    if (errors.includes("States.ALL")) break;
  }
  // A story prefers common errors to rare ones.
  return ways.sort((one, other) => Number(isRare(one)) - Number(isRare(other)));
}

const isRare = ({ event }: Way): boolean => event?.includes(DATA_LIMIT) === true;

/** An example of an error that a Catch handles. */
function exampleOf(errors: readonly string[], { Type, Catch = [] }: RawState): string {
  const named = Catch.some(({ ErrorEquals }) => (ErrorEquals as readonly string[]).includes("States.Timeout"));
  const [first = "States.ALL"] = errors;
  return first === "States.ALL" && Type === "Task" && !named ? "States.Timeout" : first;
}
