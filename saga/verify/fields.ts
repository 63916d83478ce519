import { innerOf, type RawState, type RawStates } from "../asl/states";
import type { Rule } from "./rules";

/**
 * How the verifier reads a field. `read`: it understands the field. `cost`: the field changes no path, only what it costs.
 * `words`: nothing depends on the field. `path`: data in JSONPath mode; the verifier reports data that is certainly lost,
 * and proves nothing about it. Otherwise the verifier does not understand the field, and the value lists the rules that a
 * state with it leaves unproved.
 */
type Reading = "read" | "cost" | "words" | "path" | { readonly unproved: readonly Rule[] };

const each = <T extends Reading>(names: string, reading: T): readonly (readonly [string, T])[] =>
  names.split(" ").map((name) => [name, reading] as const);

/** Fields of a distributed Map: input of items and batches, and results outside of the machine. */
const ELSEWHERE = { unproved: ["S1", "S2", "S10", "S11"] } as const;
/** The account in which a call is made. */
const ACCOUNT = { unproved: ["S11"] } as const;

const ALL = [...each("Type QueryLanguage", "read"), ...each("Comment", "words")];
const ONWARD = [...each("Next End Assign Output", "read"), ...each("InputPath OutputPath", "path")];
const FAILING = [...each("Retry Catch", "read"), ...each("ResultSelector ResultPath", "path")];

/** Every field that Step Functions accepts, by the type of the state. CreateStateMachine refuses any other field. */
const OF_STATES: Readonly<Record<string, readonly (readonly [string, Reading])[]>> = {
  Task: [
    ...ALL,
    ...ONWARD,
    ...FAILING,
    ...each("Resource Arguments TimeoutSeconds HeartbeatSeconds TimeoutSecondsPath HeartbeatSecondsPath", "read"),
    ...each("Parameters", "path"),
    ...each("Credentials", ACCOUNT),
  ],
  Parallel: [...ALL, ...ONWARD, ...FAILING, ...each("Branches Arguments", "read"), ...each("Parameters", "path")],
  Map: [
    ...ALL,
    ...ONWARD,
    ...FAILING,
    ...each("ItemProcessor Iterator Items ItemSelector", "read"),
    ...each("MaxConcurrency MaxConcurrencyPath", "cost"),
    ...each("ItemsPath Parameters", "path"),
    ...each("ItemReader ItemBatcher ResultWriter", ELSEWHERE),
    ...each("Label", "words"),
    ...each(
      "ToleratedFailurePercentage ToleratedFailurePercentagePath ToleratedFailureCount ToleratedFailureCountPath",
      "read",
    ),
  ],
  Choice: [...ALL, ...each("Choices Default Assign Output", "read"), ...each("InputPath OutputPath", "path")],
  Wait: [...ALL, ...ONWARD, ...each("Seconds Timestamp SecondsPath TimestampPath", "cost")],
  Pass: [...ALL, ...ONWARD, ...each("Result ResultPath Parameters", "path")],
  Succeed: [...ALL, ...each("Output", "read"), ...each("InputPath OutputPath", "path")],
  Fail: [...ALL, ...each("Error Cause ErrorPath CausePath", "read")],
};

const OF_RETRIERS = new Map<string, Reading>([
  ...each("ErrorEquals MaxAttempts", "read"),
  ...each("IntervalSeconds BackoffRate MaxDelaySeconds JitterStrategy", "cost"),
  ...each("Comment", "words"),
]);
const OF_CATCHERS = new Map<string, Reading>([
  ...each("ErrorEquals Next Assign Output", "read"),
  ...each("ResultPath", "path"),
  ...each("Comment", "words"),
]);
const OF_LEVELS = new Map<string, Reading>([
  ...each("StartAt States QueryLanguage TimeoutSeconds ProcessorConfig", "read"),
  ...each("Comment Version", "words"),
]);

const STATES: ReadonlyMap<string, ReadonlyMap<string, Reading>> = new Map(
  Object.entries(OF_STATES).map(([type, fields]) => [type, new Map<string, Reading>(fields)]),
);

/** Fields that a distributed Map has and an inline Map has not. */
const DISTRIBUTED: ReadonlySet<string> = new Set(
  (
    "ItemReader ItemBatcher ResultWriter Label ToleratedFailurePercentage ToleratedFailurePercentagePath " +
    "ToleratedFailureCount ToleratedFailureCountPath"
  ).split(" "),
);

/** A field that Step Functions refuses, or that the verifier does not understand. */
export interface FieldFinding {
  readonly state: string | undefined;
  readonly field: string;
  /** The rules that stay unproved because of it. Undefined if Step Functions refuses the field. */
  readonly unproved: readonly Rule[] | undefined;
  readonly message: string;
}

/** Every field of a definition that Step Functions refuses at its place, or that the verifier does not understand. */
export function fieldFindings(definition: RawStates): readonly FieldFinding[] {
  const found: FieldFinding[] = [];
  const look = (
    state: string | undefined,
    [what, where]: readonly [what: string, where: string],
    fields: object,
    known: ReadonlyMap<string, Reading>,
  ): void => {
    for (const name of Object.keys(fields)) {
      const field = where + name;
      const reading = known.get(name);
      if (reading === undefined) {
        found.push({ state, field, unproved: undefined, message: `${what} has none` });
      } else if (typeof reading === "object") {
        found.push({ state, field, unproved: reading.unproved, message: "the verifier does not understand it" });
      }
    }
  };
  const level = (states: RawStates, holder: string | undefined, where: string): void => {
    look(holder, [holder === undefined ? "a state machine" : "it", where], states, OF_LEVELS);
    for (const [name, state] of Object.entries(states.States)) {
      look(name, [`a ${state.Type}`, ""], state, STATES.get(state.Type) ?? new Map<string, Reading>());
      found.push(...distributedFields(name, state));
      (state.Retry ?? []).forEach((retrier, index) => {
        look(name, ["a retrier", `Retry[${index}]/`], retrier, OF_RETRIERS);
      });
      (state.Catch ?? []).forEach((catcher, index) => {
        look(name, ["a catcher", `Catch[${index}]/`], catcher, OF_CATCHERS);
      });
      for (const inner of innerOf(state)) level(inner, name, state.Type === "Map" ? "ItemProcessor/" : "Branches/");
    }
  };
  level(definition, undefined, "");
  return found;
}

function distributedFields(name: string, state: RawState): readonly FieldFinding[] {
  if (state.Type !== "Map") return [];
  const config = (innerOf(state)[0] as { readonly ProcessorConfig?: { readonly Mode?: unknown } } | undefined)
    ?.ProcessorConfig;
  if (config?.Mode === "DISTRIBUTED") return [];
  return Object.keys(state)
    .filter((field) => DISTRIBUTED.has(field))
    .map((field) => ({ state: name, field, unproved: undefined, message: "an inline Map has none" }));
}
