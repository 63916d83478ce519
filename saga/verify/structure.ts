import { sourceOf } from "./expression";
import { innerOf, type RawState, type RawStates } from "../asl/states";
import { type Flaw, foldEntries } from "./flaw";

type Fields = Readonly<Record<string, unknown>>;
type Report = (field: string, message: string, hint: string) => void;

/** The largest definition that Step Functions takes: 1 MB. */
const MOST_BYTES = 1024 * 1024;
/** The longest time in seconds that Step Functions takes, and the most retries. */
export const LONGEST = 99_999_999;
const ENDING: ReadonlySet<string> = new Set(["Succeed", "Fail"]);

/** The fields of one query language only. */
const OF_JSONATA: ReadonlySet<string> = new Set(["Arguments", "Output", "Items", "Condition"]);
const OF_JSONPATH: ReadonlySet<string> = new Set(
  (
    "InputPath OutputPath Parameters Result ResultPath ResultSelector ItemsPath SecondsPath TimestampPath " +
    "TimeoutSecondsPath HeartbeatSecondsPath MaxConcurrencyPath ErrorPath CausePath Variable And Or Not"
  ).split(" "),
);

/** The fields of states that CreateStateMachine refuses, or that the verifier does not support. */
export function structureFlaws(definition: RawStates): readonly Flaw[] {
  const flaws: (Flaw & { readonly field: string })[] = [];
  const reportOf =
    (state?: string): Report =>
    (field, message, hint) => {
      flaws.push({ rule: "definition", kind: "structure", state, field, message, hint });
    };
  const visit = ({ States }: RawStates, around: unknown): void => {
    for (const [name, state] of Object.entries(States)) {
      const report = reportOf(name);
      const language = languageOf(state, around, report);
      checkState(state, language === "JSONata", report);
      for (const inner of innerOf(state)) visit(inner, language);
    }
  };

  const report = reportOf();
  const bytes = Buffer.byteLength(JSON.stringify(definition));
  if (bytes > MOST_BYTES) report("definition", `it has ${bytes.toLocaleString("en")} bytes`, "Use 1 MB at most");
  visit(definition, languageOf(definition, "JSONPath", report));
  return foldEntries(flaws).map(({ field, ...flaw }) => ({
    ...flaw,
    message: `${[flaw.state, field].filter(Boolean).join(", ")}: ${flaw.message}`,
  }));
}

function languageOf(of: object, around: unknown, report: Report): unknown {
  const { QueryLanguage } = of as Fields;
  if (QueryLanguage === undefined) return around;
  if (QueryLanguage !== "JSONata" && QueryLanguage !== "JSONPath") {
    report("QueryLanguage", `there is no ${JSON.stringify(QueryLanguage)}`, "Use JSONata");
  } else if (around === "JSONata" && QueryLanguage === "JSONPath") {
    report("QueryLanguage", "a machine in JSONata mode has no state in JSONPath mode", "Write the state in JSONata");
  }
  return QueryLanguage;
}

function checkState(state: RawState, jsonata: boolean, report: Report): void {
  checkWayOut(state, report);
  checkLanguage(state, "", jsonata, report);
  for (const list of ["Catch", "Choices"] as const) {
    (state[list] ?? []).forEach((entry, index) => {
      checkLanguage(entry, `${list}[${index}]/`, jsonata, report);
    });
  }
  (state.Retry ?? []).forEach((retrier, index) => {
    checkRetrier(retrier, `Retry[${index}]`, report);
  });
  checkTimes(state, report);
  checkByType(state, jsonata, report);
}

function checkWayOut({ Type, Next, End }: RawState, report: Report): void {
  const ways = [Next, End].filter((way) => way !== undefined).length;
  if (ENDING.has(Type) || Type === "Choice") return;
  if (ways === 0) report("", "it has neither Next nor End", 'Add Next, or "End": true');
  else if (ways === 2) report("", "it has both Next and End", "Use one of them");
  else if (End !== undefined && End !== true) report("End", `it is ${JSON.stringify(End)}`, "Use true, or Next");
}

function checkLanguage(from: Fields, where: string, jsonata: boolean, report: Report): void {
  const foreign = jsonata ? OF_JSONPATH : OF_JSONATA;
  for (const field of Object.keys(from).filter((name) => foreign.has(name))) {
    const [own, other] = jsonata ? ["JSONata", "JSONPath"] : ["JSONPath", "JSONata"];
    report(where + field, `it belongs to ${other}, and the state is in ${own} mode`, `Write it in ${own}`);
  }
}

function checkRetrier(retrier: Fields, where: string, report: Report): void {
  const { IntervalSeconds = 1, MaxAttempts = 3, BackoffRate = 2, MaxDelaySeconds, JitterStrategy = "NONE" } = retrier;
  const wrong = (field: string, hint: string): void => {
    report(`${where}/${field}`, `it is ${JSON.stringify(retrier[field])}`, hint);
  };
  if (!isWhole(IntervalSeconds, 1)) wrong("IntervalSeconds", "Use a whole number of 1 or more");
  if (!isWhole(MaxAttempts, 0)) wrong("MaxAttempts", "Use a whole number of 0 or more");
  if (typeof BackoffRate !== "number" || BackoffRate < 1) wrong("BackoffRate", "Use a number of 1 or more");
  if (JitterStrategy !== "FULL" && JitterStrategy !== "NONE") wrong("JitterStrategy", "Use FULL or NONE");
  if (MaxDelaySeconds === undefined) return;
  if (!isWhole(MaxDelaySeconds, 1)) wrong("MaxDelaySeconds", "Use a whole number of 1 or more");
  else if (MaxDelaySeconds < (IntervalSeconds as number)) wrong("MaxDelaySeconds", "Use IntervalSeconds or more");
}

function checkTimes(state: RawState, report: Report): void {
  const { TimeoutSeconds, HeartbeatSeconds } = state;
  for (const field of ["TimeoutSeconds", "HeartbeatSeconds"]) {
    const seconds = state[field];
    if (seconds === undefined || isWhole(seconds, 1) || sourceOf(seconds) !== undefined) continue;
    report(field, `it is ${JSON.stringify(seconds)}`, `Use a whole number from 1 to ${LONGEST.toLocaleString("en")}`);
  }
  if (isWhole(TimeoutSeconds, 1) && isWhole(HeartbeatSeconds, 1) && HeartbeatSeconds >= TimeoutSeconds) {
    report("HeartbeatSeconds", `it is ${HeartbeatSeconds}, and the timeout ${TimeoutSeconds}`, "Use less");
  }
}

function checkByType(state: RawState, jsonata: boolean, report: Report): void {
  switch (state.Type) {
    case "Task":
      if (typeof state["Resource"] !== "string") report("Resource", "there is none", "Name what the task calls");
      break;
    case "Parallel":
      if ((state.Branches ?? []).length === 0) report("Branches", "there are none", "Give it at least one");
      break;
    case "Map":
      checkMap(state, report);
      break;
    case "Choice":
      if ((state.Choices ?? []).length === 0) report("Choices", "there are none", "Give it at least one");
      if (jsonata) checkConditions(state, report);
      break;
    case "Wait": {
      const until = ["Seconds", "Timestamp", "SecondsPath", "TimestampPath"].filter((field) => field in state);
      const { Seconds } = state;
      if (until.length !== 1) report("", "it does not say how long to wait", "Give it one of Seconds and Timestamp");
      if (Seconds === undefined || isWhole(Seconds, 0) || sourceOf(Seconds) !== undefined) break;
      report("Seconds", `it is ${JSON.stringify(Seconds)}`, "Use a whole number of 0 or more");
    }
  }
}

function checkMap(state: RawState, report: Report): void {
  const { MaxConcurrency } = state;
  const [items] = innerOf(state);
  if (!items) report("ItemProcessor", "there is none", "Give it the states that process an item");
  const { Mode } = ((items as Fields | undefined)?.["ProcessorConfig"] ?? {}) as Fields;
  if (Mode === "DISTRIBUTED") {
    const message = "a distributed Map is not supported: its items are executions of their own";
    report("ItemProcessor/ProcessorConfig/Mode", message, "Use INLINE");
  }
  if (MaxConcurrency === undefined || isWhole(MaxConcurrency, 0) || sourceOf(MaxConcurrency) !== undefined) return;
  report("MaxConcurrency", `it is ${JSON.stringify(MaxConcurrency)}`, "Use a whole number of 0 or more");
}

function checkConditions({ Choices = [] }: RawState, report: Report): void {
  Choices.forEach(({ Condition }, index) => {
    if (typeof Condition === "boolean" || sourceOf(Condition) !== undefined) return;
    report(`Choices[${index}]/Condition`, "it is no expression", "Use {% … %} that yields true or false");
  });
}

const isWhole = (value: unknown, least: number): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= least && value <= LONGEST;
