/**
 * One event of an execution's history, as GetExecutionHistory tells it: what it nests under `stateEnteredEventDetails` and
 * the like stands flat here, and data is parsed.
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
 */
export interface HistoryEvent {
  readonly id: number;
  /** 0 where the service names none. */
  readonly previousEventId: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly type: string;
  /** The state that it names; most events name none. */
  readonly state?: string;
  /** The item's index, in MapIteration… events. */
  readonly index?: number;
  /** How many items a Map has. */
  readonly length?: number;
  /** Data is left out where the history was asked for without it. */
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

/** What is no history, or no whole one. */
export class HistoryError extends Error {
  override readonly name = "HistoryError";
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a whole history: what `aws stepfunctions get-execution-history` prints, or its events alone, or the SDK's objects.
 * @throws HistoryError which says what is wrong with it
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
      `${missing}: it is a part of a history. Save all of it, without --max-items and --starting-token`,
    );
  }
  return events;
}

/**
 * Reads events in the order of their ids: a whole history, or a part of one, as it comes.
 * @throws HistoryError which says what is wrong with them
 */
export function readEvents(json: unknown): readonly HistoryEvent[] {
  const events = Array.isArray(json) ? (json as readonly unknown[]) : isFields(json) ? json["events"] : undefined;
  if (!Array.isArray(events)) throw new HistoryError(`has no 'events': ${SAVED}`);
  return events.map((event, at) => readEvent(event, `events[${at}]`)).sort((one, other) => one.id - other.id);
}

const SAVED = "save what 'aws stepfunctions get-execution-history --execution-arn ARN' prints";

/** What the service calls otherwise than it is called here. */
const RENAMED: Readonly<Record<string, string>> = { name: "state" };
/** What the service wraps in strings. */
const DATA: ReadonlySet<string> = new Set(["input", "output", "parameters"]);
const KEPT: ReadonlySet<string> = new Set(
  "name state index length input output parameters resource resourceType timeoutInSeconds error cause location redriveCount".split(
    " ",
  ),
);

function readEvent(json: unknown, where: string): HistoryEvent {
  if (!isFields(json)) throw new HistoryError(`${where} is no object`);
  const { id, type, timestamp, previousEventId = 0 } = json;
  if (typeof id !== "number") throw new HistoryError(`${where} has no 'id' that is a number`);
  if (typeof type !== "string") throw new HistoryError(`${where} has no 'type'`);
  if (typeof previousEventId !== "number") throw new HistoryError(`${where}.previousEventId is no number`);
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

/** A date of the SDK, ISO 8601 as version 2 of the CLI prints it, or seconds as version 1 and the service have them. */
function readTime(timestamp: unknown, where: string): number {
  const time =
    timestamp instanceof Date
      ? timestamp.getTime()
      : typeof timestamp === "number"
        ? timestamp * 1000
        : typeof timestamp === "string"
          ? Date.parse(timestamp)
          : NaN;
  if (Number.isNaN(time)) throw new HistoryError(`${where} has no 'timestamp' that is a time`);
  return time;
}

/** What was cut off somewhere on its way is no JSON any more: then it is shown as it is. */
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
