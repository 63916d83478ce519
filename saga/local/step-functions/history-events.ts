import type { HistoryEvent, JsonObject } from "../../interpreter";

/**
 * An event as GetExecutionHistory gives it: details nested under the name of its type, data as JSON in strings, times as
 * seconds since the epoch.
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
 */
export function awsHistoryEvent({ id, previousEventId, timestamp, type, ...details }: HistoryEvent): object {
  // Events of a task do not say the state's name: they follow the state's.
  const named = /State(Entered|Exited)$|^MapIteration/.test(type);
  const fields = Object.entries(details).flatMap(([field, value]): readonly (readonly [string, unknown])[] => {
    switch (field) {
      case "state":
        return named ? [["name", value]] : [];
      case "iteration":
        return [];
      case "assignedVariables":
        return [[field, mapped(value as JsonObject)]];
      case "input":
      case "output":
      case "parameters":
        return [[field, JSON.stringify(value)]];
      default:
        return [[field, value]];
    }
  });
  const of = type.replace(/^.*(State(Entered|Exited))$/, "$1");
  const key = `${of.charAt(0).toLowerCase()}${of.slice(1)}EventDetails`;
  const event = { id, previousEventId, timestamp: timestamp / 1000, type };
  return fields.length === 0 ? event : { ...event, [key]: Object.fromEntries(fields) };
}

const mapped = (variables: JsonObject): Record<string, string> =>
  Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, JSON.stringify(value)]));
