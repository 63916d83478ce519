import type { HistoryEvent } from "./interpreter";

/**
 * An event as GetExecutionHistory gives it: details nested under the name of its type, data as JSON in strings, times as
 * seconds since the epoch.
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
 */
export function awsHistoryEvent({ id, previousEventId, timestamp, type, ...details }: HistoryEvent): object {
  const { state, iteration: _, input, output, parameters, assignedVariables, ...plain } = details;
  // Events of a task do not say the state's name: they follow the state's.
  const named = /State(Entered|Exited)$|^MapIteration/.test(type);
  const data = Object.entries({ input, output, parameters }).filter(([, value]) => value !== undefined);
  const assigned = Object.entries(assignedVariables ?? {});
  const fields = {
    ...(named && { name: state }),
    ...Object.fromEntries(data.map(([name, value]) => [name, JSON.stringify(value)])),
    ...(assigned.length > 0 && {
      assignedVariables: Object.fromEntries(assigned.map(([name, value]) => [name, JSON.stringify(value)])),
    }),
    ...plain,
  };
  const of = type.replace(/^.*(State(Entered|Exited))$/, "$1");
  const key = `${of.charAt(0).toLowerCase()}${of.slice(1)}EventDetails`;
  return {
    id,
    previousEventId,
    timestamp: timestamp / 1000,
    type,
    ...(Object.keys(fields).length > 0 && { [key]: fields }),
  };
}
