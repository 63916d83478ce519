import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { inGroups } from "./in-groups";

/** A line in the log of a function. */
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

/** The most lines per function. */
const MOST = 1000;
const TOGETHER = 3;
/** Functions may write logs for this many milliseconds after the end of the execution. */
const AFTER = 5000;

/**
 * The lines that the functions of a machine logged while an execution ran. Lines that contain the ARN of another execution
 * are left out. If several executions run at a time, lines without an ARN may belong to any of them.
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
      // A function that has never run has no log group.
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
