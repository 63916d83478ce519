import type { HistoryEvent, LoggingConfiguration } from "@aws-sdk/client-sfn";

/**
 * Whether a machine's log leaves out execution data. Then the page leaves it out as well: data that the readers of the log
 * must not see is not for readers of the page either.
 */
export const hidesData = ({ level, includeExecutionData }: LoggingConfiguration = {}): boolean =>
  level !== undefined && level !== "OFF" && includeExecutionData !== true;

/** The fields with execution data, in the details of events and in descriptions of executions. */
const DATA: ReadonlySet<string> = new Set([
  "input",
  "inputDetails",
  "output",
  "outputDetails",
  "parameters",
  "assignedVariables",
  "assignedVariablesDetails",
  "evaluationContext",
]);

/** An event without execution data. */
export const withoutData = (event: HistoryEvent): HistoryEvent =>
  Object.fromEntries(
    Object.entries(event).map(([name, value]) => [
      name,
      name.endsWith("EventDetails") ? strip(value as object) : value,
    ]),
  ) as unknown as HistoryEvent;

/** The fields of an object that are not execution data. */
export const strip = (details: object): object =>
  Object.fromEntries(Object.entries(details).filter(([name]) => !DATA.has(name)));
