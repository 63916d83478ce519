import type { ChoiceRule, MapState, Sequence, State, StateType, TaskState, WaitState } from "./definition";
import { DefinitionError } from "./errors";
import { Fields, isCount, isPositiveInteger } from "./fields";
import { isObject, type Json } from "./json";
import { readSequence, type LoadContext } from "./loader";
import { parseResource } from "./resources";
import { readResult } from "./result-loader";
import { readCatchers, readRetriers } from "./retry-loader";
import { parseTimestamp } from "./timestamp";

const JSONPATH_FIELDS = [
  "InputPath",
  "ItemsPath",
  "OutputPath",
  "Parameters",
  "Result",
  "ResultPath",
  "ResultSelector",
  "SecondsPath",
  "TimestampPath",
  "TimeoutSecondsPath",
  "HeartbeatSecondsPath",
  "MaxConcurrencyPath",
  "ToleratedFailureCountPath",
  "ToleratedFailurePercentagePath",
  "ErrorPath",
  "CausePath",
];
const DISTRIBUTED_MAP_FIELDS = ["ItemReader", "ItemBatcher", "ResultWriter", "Label"];

const COMMON = ["Type", "Comment", "QueryLanguage"];
const RESULT = ["Assign", "Output"];
const TRANSITION = ["Next", "End"];
const ERRORS = ["Retry", "Catch"];
const ALLOWED: { [type in StateType]: readonly string[] } = {
  Pass: [...RESULT, ...TRANSITION],
  Task: ["Resource", "Arguments", "TimeoutSeconds", "HeartbeatSeconds", ...ERRORS, ...RESULT, ...TRANSITION],
  Choice: ["Choices", "Default", ...RESULT],
  Wait: ["Seconds", "Timestamp", ...RESULT, ...TRANSITION],
  Succeed: ["Output"],
  Fail: ["Error", "Cause"],
  Parallel: ["Branches", "Arguments", ...ERRORS, ...RESULT, ...TRANSITION],
  Map: [
    "Items",
    "ItemSelector",
    "ItemProcessor",
    "MaxConcurrency",
    "ToleratedFailureCount",
    "ToleratedFailurePercentage",
    ...ERRORS,
    ...RESULT,
    ...TRANSITION,
  ],
};

const MAX_WAIT_SECONDS = 99_999_999;

export function readState(name: string, fields: Fields, context: LoadContext): State {
  const type = fields.string("Type");
  if (!Object.hasOwn(ALLOWED, type)) fields.refuse("Type", `'${type}' is not a state type`);
  const stateType = type as StateType;
  checkQueryLanguage(fields, context);
  checkFields(stateType, fields, context);
  fields.optionalString("Comment");
  const next = readTransition(stateType, fields);
  const common = { name, ...(next !== undefined && { next }) };
  const fallible = (): Pick<TaskState, "retry" | "catch" | "assign" | "output"> => ({
    retry: readRetriers(fields),
    catch: readCatchers(fields),
    ...readResult(fields),
  });
  switch (stateType) {
    case "Pass":
    case "Succeed":
      return { type: stateType, ...common, ...readResult(fields) };
    case "Fail": {
      const error = fields.templateOr("Error", isString, "a string");
      const cause = fields.templateOr("Cause", isString, "a string");
      return { type: stateType, ...common, ...(error && { error }), ...(cause && { cause }) };
    }
    case "Wait":
      return { type: stateType, ...common, until: readWait(fields), ...readResult(fields) };
    case "Choice": {
      const fallback = fields.optionalString("Default");
      const choices = readChoices(fields);
      return {
        type: stateType,
        ...common,
        choices,
        ...(fallback !== undefined && { default: fallback }),
        ...readResult(fields),
      };
    }
    case "Task":
      return { type: stateType, ...common, ...readTask(fields), ...fallible() };
    case "Parallel": {
      const args = fields.template("Arguments");
      return {
        type: stateType,
        ...common,
        ...(args && { arguments: args }),
        branches: readBranches(fields, context),
        ...fallible(),
      };
    }
    case "Map":
      return { type: stateType, ...common, ...readMap(fields, context), ...fallible() };
  }
}

const isString = (value: Json): boolean => typeof value === "string";

/** `JSONata` or `JSONPath`; undefined if the object does not say. */
export function readQueryLanguage(fields: Fields): string | undefined {
  const value = fields.optionalString("QueryLanguage");
  if (value !== undefined && value !== "JSONata" && value !== "JSONPath") {
    fields.refuse("QueryLanguage", "Expected one of JSONata, JSONPath");
  }
  return value;
}

function checkQueryLanguage(fields: Fields, context: LoadContext): void {
  const own = readQueryLanguage(fields);
  if (own === "JSONPath" && context.queryLanguage === "JSONata") {
    fields.refuse("", "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine");
  }
  if ((own ?? context.queryLanguage) !== "JSONata") {
    fields.refuse("QueryLanguage", "JSONPath states are not implemented", "NOT_IMPLEMENTED");
  }
}

function checkFields(type: StateType, fields: Fields, context: LoadContext): void {
  if (fields.has("Credentials")) {
    const credentials = fields.json("Credentials");
    if (!isObject(credentials) || !Object.hasOwn(credentials, "RoleArn")) {
      const location = `${fields.location}/Credentials`;
      throw new DefinitionError(
        "SCHEMA_VALIDATION_FAILED",
        location,
        "The field 'RoleArn' is required but was missing",
      );
    }
    fields.refuse("Credentials", "Credentials are not implemented", "NOT_IMPLEMENTED");
  }
  for (const field of JSONPATH_FIELDS) {
    if (fields.has(field)) fields.refuse(field, `'${field}' belongs to JSONPath and is not allowed in a JSONata state`);
  }
  const allowed = [...COMMON, ...ALLOWED[type]];
  if (type === "Map") {
    if (context.options.skipInnerStates) {
      allowed.push(...DISTRIBUTED_MAP_FIELDS);
    } else {
      for (const field of DISTRIBUTED_MAP_FIELDS) {
        if (fields.has(field)) fields.refuse(field, `Distributed Map (${field}) is not implemented`, "NOT_IMPLEMENTED");
      }
    }
  }
  fields.allowOnly(allowed);
}

function readTransition(type: StateType, fields: Fields): string | undefined {
  if (!ALLOWED[type].includes("Next")) return undefined;
  const next = fields.optionalString("Next");
  const end = fields.json("End");
  if (end !== undefined && typeof end !== "boolean") fields.refuse("End", "Expected value of type Boolean");
  if ((next === undefined) === (end !== true)) fields.refuse("", "Expected exactly one of 'Next' and 'End'");
  return next;
}

function readTask(fields: Fields): Pick<TaskState, "resource" | "arguments" | "timeoutSeconds" | "heartbeatSeconds"> {
  const arn = fields.string("Resource");
  const resource = parseResource(arn);
  if ("notImplemented" in resource) {
    fields.refuse("Resource", `${resource.notImplemented} are not implemented`, "NOT_IMPLEMENTED");
  }
  if ("invalid" in resource) fields.refuse("Resource", resource.invalid);
  const args = fields.template("Arguments");
  const timeoutSeconds = fields.templateOr("TimeoutSeconds", isPositiveInteger, "a positive integer");
  const heartbeatSeconds = fields.templateOr("HeartbeatSeconds", isPositiveInteger, "a positive integer");
  const [timeout, heartbeat] = [fields.json("TimeoutSeconds"), fields.json("HeartbeatSeconds")];
  if (typeof timeout === "number" && typeof heartbeat === "number" && heartbeat >= timeout) {
    fields.refuse("HeartbeatSeconds", "'HeartbeatSeconds' must be smaller than 'TimeoutSeconds'");
  }
  return {
    resource,
    ...(args && { arguments: args }),
    ...(timeoutSeconds && { timeoutSeconds }),
    ...(heartbeatSeconds && { heartbeatSeconds }),
  };
}

function readWait(fields: Fields): WaitState["until"] {
  const isSeconds = (value: Json): boolean => isCount(value) && Number(value) <= MAX_WAIT_SECONDS;
  const isTimestamp = (value: Json): boolean => typeof value === "string" && parseTimestamp(value) !== undefined;
  const seconds = fields.templateOr("Seconds", isSeconds, "a number of seconds");
  const timestamp = fields.templateOr("Timestamp", isTimestamp, "an ISO-8601 timestamp");
  if (seconds && !timestamp) return { unit: "Seconds", value: seconds };
  if (timestamp && !seconds) return { unit: "Timestamp", value: timestamp };
  return fields.refuse("", "Expected exactly one of 'Seconds' and 'Timestamp'");
}

function readChoices(fields: Fields): ChoiceRule[] {
  fields.list("Choices");
  return fields.objects("Choices").map((rule) => {
    const condition =
      rule.templateOr("Condition", (value) => typeof value === "boolean", "a boolean") ?? rule.missing("Condition");
    const next = rule.string("Next");
    rule.allowOnly(["Comment", "Condition", "Next", ...RESULT]);
    return { condition, next, ...readResult(rule) };
  });
}

function readBranches(fields: Fields, context: LoadContext): Sequence[] {
  fields.list("Branches");
  if (context.options.skipInnerStates) return [];
  return fields.objects("Branches").map((branch) => {
    branch.allowOnly(["Comment", "StartAt", "States"]);
    return readSequence(branch, context);
  });
}

function readMap(fields: Fields, context: LoadContext): Omit<MapState, "type" | "name" | "next" | "retry" | "catch"> {
  const processor = Fields.of(
    fields.json("ItemProcessor") ?? fields.missing("ItemProcessor"),
    `${fields.location}/ItemProcessor`,
  );
  if (!context.options.skipInnerStates) {
    const config = processor.json("ProcessorConfig");
    const mode = isObject(config) ? config["Mode"] : undefined;
    if (mode === "DISTRIBUTED") {
      processor.refuse("ProcessorConfig", "Distributed Map is not implemented", "NOT_IMPLEMENTED");
    }
    if (mode !== undefined && mode !== "INLINE")
      processor.refuse("ProcessorConfig", "Expected Mode INLINE or DISTRIBUTED");
    processor.allowOnly(["Comment", "ProcessorConfig", "StartAt", "States"]);
  }
  const items = fields.templateOr("Items", Array.isArray, "an array");
  const itemSelector = fields.template("ItemSelector");
  const maxConcurrency = fields.templateOr("MaxConcurrency", isCount, "a non-negative integer");
  const toleratedFailureCount = fields.templateOr("ToleratedFailureCount", isCount, "a non-negative integer");
  const toleratedFailurePercentage = fields.templateOr(
    "ToleratedFailurePercentage",
    (value) => typeof value === "number" && value >= 0 && value <= 100,
    "a percentage",
  );
  return {
    itemProcessor: context.options.skipInnerStates ? { startAt: "", states: {} } : readSequence(processor, context),
    ...(items && { items }),
    ...(itemSelector && { itemSelector }),
    ...(maxConcurrency && { maxConcurrency }),
    ...(toleratedFailureCount && { toleratedFailureCount }),
    ...(toleratedFailurePercentage && { toleratedFailurePercentage }),
  };
}
