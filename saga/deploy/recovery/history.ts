import type { HistoryEvent, TaskSucceededEventDetails } from "@aws-sdk/client-sfn";

/** The results in a history, for one level of an execution: the top with its branches, or one item of a list. */
export interface HistoryResults {
  /** The results, by the variables that hold them or would have held them. */
  readonly results: Record<string, unknown>;
  /** By the name of the Map and the index of the item. */
  readonly items: Record<string, Record<string, HistoryResults>>;
}

/** The place of an event in the machine. */
interface EventLocation {
  readonly state: string | undefined;
  readonly level: HistoryResults;
  /** The Maps around it, outermost first, and the level in which each stands. */
  readonly maps: readonly { readonly name: string; readonly around: HistoryResults }[];
}

export interface HistoryReader {
  /** Takes the events of GetExecutionHistory one after another. */
  readonly read: (event: HistoryEvent) => void;
  readonly historyResults: HistoryResults;
  /** Whether the pivot has succeeded; one that was entered and not left is in doubt, and has not. */
  readonly committed: () => boolean;
  /** Whether the last event is the execution's end: a history that was read too early has none yet. */
  readonly ended: () => boolean;
}

const ENDS: readonly (string | undefined)[] = ["ExecutionAborted", "ExecutionFailed", "ExecutionTimedOut"];

/**
 * Reads what an execution had from its history: the variables that it assigned, and the results of tasks that had not
 * come to be assigned. Keeps those named in `reads` alone: what nobody reads need not be carried along.
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
 */
export function historyReader(pivot: string | undefined, reads: readonly string[]): HistoryReader {
  const historyResults: HistoryResults = { results: {}, items: {} };
  const top: EventLocation = { state: undefined, level: historyResults, maps: [] };
  const places = new Map<number, EventLocation>();
  let committed = false;
  let last: string | undefined;

  const keep = ({ results }: HistoryResults, name: string, value: unknown): void => {
    if (reads.includes(name)) results[name] = value;
  };

  return {
    historyResults,
    committed: () => committed,
    ended: () => ENDS.includes(last),
    read: (event) => {
      const { mapIterationStartedEventDetails: begun, stateEnteredEventDetails: entered } = event;
      const { taskSucceededEventDetails: succeeded, stateExitedEventDetails: exited } = event;
      last = event.type;
      let place = places.get(event.previousEventId ?? 0) ?? top;
      if (begun) place = intoItem(place, begun.name as string, begun.index as number);
      if (entered) place = { ...place, state: entered.name };
      if (succeeded && place.state !== undefined) {
        for (const [name, value] of resultsOf(place.state, succeeded)) keep(place.level, name, value);
      }
      if (exited) {
        place = outOf(place, exited.name as string);
        const assigned = exited.assignedVariables ?? {};
        for (const [name, json] of Object.entries(assigned)) keep(place.level, name, JSON.parse(json));
        // Whatever leads from it to an undo has assigned a failure.
        if (exited.name === pivot && !("failure" in assigned)) committed = true;
      }
      places.set(event.id as number, place);
    },
  };
}

function intoItem(place: EventLocation, name: string, index: number): EventLocation {
  const { level: around, maps } = outOf(place, name);
  const items = (around.items[name] ??= {});
  const level = (items[String(index)] ??= { results: {}, items: {} });
  return { state: undefined, level, maps: [...maps, { name, around }] };
}

/** The last item of a Map is followed by the state after the Map. */
function outOf(place: EventLocation, name: string): EventLocation {
  const at = place.maps.findIndex((map) => map.name === name);
  const map = place.maps[at];
  return map ? { state: name, level: map.around, maps: place.maps.slice(0, at) } : place;
}

/** The result of a task, by the variables that would hold it: variables are assigned only if another state follows. */
function resultsOf(
  state: string,
  { resourceType, resource, output = "null" }: TaskSucceededEventDetails,
): readonly (readonly [string, unknown])[] {
  const result = JSON.parse(output) as { Payload?: unknown; Output?: { output?: unknown; results?: unknown } } | null;
  if (resourceType === "lambda" && resource === "invoke") return [[state, result?.Payload]];
  if (resource !== "startExecution.sync:2") return [[state, result]];
  return [
    [state, result?.Output?.output],
    [`${state}_undo`, result?.Output?.results],
  ];
}
