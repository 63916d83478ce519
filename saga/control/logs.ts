import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { inGroups } from "./in-groups";

/** A line that a function has logged. */
export interface LogLine {
  readonly function: string;
  readonly at: Date;
  readonly line: string;
}

export interface LogsOf {
  readonly arn: string;
  readonly definition: object;
  readonly started: Date;
  readonly stopped: Date | undefined;
}

/** Of each function. */
const MOST = 1000;
const TOGETHER = 3;
/** A function may still write when its execution has ended. */
const AFTER = 5000;

/**
 * What the functions of a machine have logged while an execution ran: but for lines that name another execution. Where
 * several run at once, those that name none may be of any.
 */
export async function logsOf(
  client: CloudWatchLogsClient,
  { arn, definition, started, stopped }: LogsOf,
): Promise<readonly LogLine[]> {
  const { FilterLogEventsCommand } = await import("@aws-sdk/client-cloudwatch-logs");
  const lines = await inGroups([...functionsIn(definition)].sort(), TOGETHER, async (name) => {
    try {
      const { events = [] } = await client.send(
        new FilterLogEventsCommand({
          logGroupName: `/aws/lambda/${name}`,
          startTime: started.getTime(),
          ...(stopped && { endTime: stopped.getTime() + AFTER }),
          limit: MOST,
        }),
      );
      return events.flatMap(({ timestamp = 0, message = "" }) =>
        namesAnother(message, arn) ? [] : [{ function: name, at: new Date(timestamp), line: message.trimEnd() }],
      );
    } catch (error) {
      // One that has never run has no log.
      if ((error as Error).name === "ResourceNotFoundException") return [];
      throw error;
    }
  });
  return lines.flat().sort((one, other) => one.at.getTime() - other.at.getTime());
}

function namesAnother(line: string, arn: string): boolean {
  const named = line.match(/arn:[\w-]+:states:[\w-]*:\d+:(?:execution|express):[^\s"'\\,}\])]+/g) ?? [];
  return named.length > 0 && !named.some((each) => each.startsWith(arn));
}

/** The names of the functions that a definition calls. */
function functionsIn(value: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (typeof value === "string") {
    const [, name] = /^arn:[^:]+:lambda:[^:]*:\d*:function:([\w-]+)/.exec(value) ?? [];
    if (name !== undefined) found.add(name);
  } else if (typeof value === "object" && value !== null) {
    for (const each of Object.values(value)) functionsIn(each, found);
  }
  return found;
}
