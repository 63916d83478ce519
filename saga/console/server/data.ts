import type { HistoryEvent, LoggingConfiguration } from "@aws-sdk/client-sfn";

/**
 * Whether a machine's log leaves out what goes into its steps and comes out of them: what is not for those who read its
 * log is not for a page either.
 */
export const hidesData = ({ level, includeExecutionData }: LoggingConfiguration = {}): boolean =>
  level !== undefined && level !== "OFF" && includeExecutionData !== true;

/** The fields of an event's details, and of an execution's description, that have data of the execution. */
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

/** An event without data of its execution. */
export const withoutData = (event: HistoryEvent): HistoryEvent =>
  Object.fromEntries(
    Object.entries(event).map(([name, value]) => [
      name,
      name.endsWith("EventDetails") ? strip(value as object) : value,
    ]),
  ) as unknown as HistoryEvent;

/** What an object has beside data of an execution. */
export const strip = (details: object): object =>
  Object.fromEntries(Object.entries(details).filter(([name]) => !DATA.has(name)));
