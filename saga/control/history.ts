/**
 * An event of an execution's history. The fields of GetExecutionHistory's nested details, such as
 * `stateEnteredEventDetails`, are flattened into the event, and data is parsed.
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
 */
export interface HistoryEvent {
  readonly id: number;
  /** 0 if there is none. */
  readonly previousEventId: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly type: string;
  /** The state that the event names. Most events name none. */
  readonly state?: string;
  /** The item's index, in MapIteration… events. */
  readonly index?: number;
  /** The number of items of a Map. */
  readonly length?: number;
  /** All data is missing if the history was requested without it. */
  readonly input?: unknown;
  readonly output?: unknown;
  readonly assignedVariables?: Readonly<Record<string, unknown>>;
  /** The evaluated Arguments of a Task. */
  readonly parameters?: unknown;
  readonly resource?: string;
  readonly resourceType?: string;
  readonly timeoutInSeconds?: number;
  readonly error?: string;
  readonly cause?: string;
  /** The field whose expression failed. */
  readonly location?: string;
  readonly redriveCount?: number;
}

/** The JSON is not a history, or not a complete one. */
export class HistoryError extends Error {
  override readonly name = "HistoryError";
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a complete history: the output of `aws stepfunctions get-execution-history`, its list of events alone, or the
 * SDK's objects.
 * @throws HistoryError
 */
export function readHistory(json: unknown): readonly HistoryEvent[] {
  const events = readEvents(json);
  const [first] = events;
  if (!first) throw new HistoryError(`has no events: ${SAVED}`);
  const gap = events.find(({ id }, at) => id !== at + 1);
  if (gap) {
    const before = events[events.indexOf(gap) - 1];
    const missing = before ? `has event ${gap.id} after event ${before.id}` : `begins with event ${gap.id}`;
    throw new HistoryError(
      `${missing}: events are missing. Save the complete history, without --max-items and --starting-token`,
    );
  }
  return events;
}

/**
 * Reads the events of a history or of a part of it. They are sorted by id.
 * @throws HistoryError
 */
export function readEvents(json: unknown): readonly HistoryEvent[] {
  const events = Array.isArray(json) ? (json as readonly unknown[]) : isFields(json) ? json["events"] : undefined;
  if (!Array.isArray(events)) throw new HistoryError(`has no 'events': ${SAVED}`);
  return events.map((event, at) => readEvent(event, `events[${at}]`)).sort((one, other) => one.id - other.id);
}

const SAVED = "save the output of 'aws stepfunctions get-execution-history --execution-arn ARN'";

/** Fields that have another name here than in the service. */
const RENAMED: Readonly<Record<string, string>> = { name: "state" };
/** Fields whose value is JSON in a string. */
const DATA: ReadonlySet<string> = new Set(["input", "output", "parameters"]);
const KEPT: ReadonlySet<string> = new Set(
  "name state index length input output parameters resource resourceType timeoutInSeconds error cause location redriveCount".split(
    " ",
  ),
);

function readEvent(json: unknown, where: string): HistoryEvent {
  if (!isFields(json)) throw new HistoryError(`${where} is not an object`);
  const { id, type, timestamp, previousEventId = 0 } = json;
  if (typeof id !== "number") throw new HistoryError(`${where}.id is not a number`);
  if (typeof type !== "string") throw new HistoryError(`${where}.type is not a string`);
  if (typeof previousEventId !== "number") throw new HistoryError(`${where}.previousEventId is not a number`);
  const common = { id, previousEventId, timestamp: readTime(timestamp, where), type };
  const named = Object.keys(json).find((field) => field.endsWith("EventDetails") && isFields(json[field]));
  if (named === undefined) return common;
  const details = json[named] as Fields;
  const flat = Object.entries(details).flatMap(([field, value]): (readonly [string, unknown])[] =>
    KEPT.has(field) && value !== undefined && value !== null
      ? [[RENAMED[field] ?? field, DATA.has(field) ? parsed(value) : value]]
      : [],
  );
  const { assignedVariables } = details;
  const variables = isFields(assignedVariables)
    ? {
        assignedVariables: Object.fromEntries(
          Object.entries(assignedVariables).map(([name, value]) => [name, parsed(value)]),
        ),
      }
    : {};
  return { ...common, ...Object.fromEntries(flat), ...variables };
}

/** The SDK has dates, version 2 of the AWS CLI prints ISO 8601, and version 1 and the service have seconds. */
function readTime(timestamp: unknown, where: string): number {
  const time =
    timestamp instanceof Date
      ? timestamp.getTime()
      : typeof timestamp === "number"
        ? timestamp * 1000
        : typeof timestamp === "string"
          ? Date.parse(timestamp)
          : NaN;
  if (Number.isNaN(time)) throw new HistoryError(`${where}.timestamp is not a time`);
  return time;
}

/** Data that was truncated is no longer JSON. It stays a string. */
function parsed(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
