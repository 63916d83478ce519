import type { JsonObject } from "../../interpreter";
import { AwsError } from "../aws-error";
import type { LogEvent, LogGroup, Logs } from "../logs";
import type { Place } from "../place";
import type { Member, Shape } from "../request-shape";
import { type Actions, numberOf, textOf } from "../step-functions/action";

const GROUP: Member = { type: "string", min: 1, max: 512, pattern: "^[\\.\\-_/#A-Za-z0-9]+$" };
const STREAM: Member = { type: "string", min: 1, max: 512, pattern: "^[^:*]*$" };
const TOKEN: Member = { type: "string", min: 1 };
const TIME: Member = { type: "long", min: 0 };

const events = (most: number): Shape => ({
  logGroupName: GROUP,
  logGroupIdentifier: { type: "string", min: 1, max: 2048 },
  startTime: TIME,
  endTime: TIME,
  nextToken: TOKEN,
  limit: { type: "integer", min: 1, max: most },
});

/**
 * The actions of CloudWatch Logs that read the functions' logs.
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_Operations.html
 */
export function logsActions(logs: Logs, place: () => Place): Actions {
  const arnOf = (name: string): string => {
    const { region, account } = place();
    return `arn:aws:logs:${region}:${account}:log-group:${name}:*`;
  };
  const nameIn = (request: JsonObject): string => {
    const identifier = textOf(request, "logGroupIdentifier");
    const name = textOf(request, "logGroupName") ?? identifier?.replace(/^arn:.*:log-group:([^:]+).*/, "$1");
    if (name === undefined) throw invalid("You must specify either logGroupName or logGroupIdentifier.");
    return name;
  };
  const groupIn = (request: JsonObject): LogGroup => {
    const group = logs.get(nameIn(request));
    if (!group) throw new AwsError("ResourceNotFoundException", "The specified log group does not exist.");
    return group;
  };
  const resource = (request: JsonObject): string => arnOf(nameIn(request));

  return {
    DescribeLogGroups: {
      shape: {
        logGroupNamePrefix: GROUP,
        logGroupNamePattern: { type: "string", max: 512 },
        nextToken: TOKEN,
        limit: { type: "integer", min: 1, max: 50 },
      },
      resource: () => arnOf("*"),
      act(request) {
        const prefix = textOf(request, "logGroupNamePrefix") ?? "";
        const part = textOf(request, "logGroupNamePattern")?.toLowerCase() ?? "";
        const listed = logs.values().filter(({ name }) => name.startsWith(prefix) && name.toLowerCase().includes(part));
        const { items, nextToken } = page(listed, request, { most: 50, keyOf: ({ name }) => name });
        const logGroups = items.map(({ name, creationTime, events: all }) => ({
          logGroupName: name,
          creationTime,
          metricFilterCount: 0,
          arn: arnOf(name),
          logGroupArn: arnOf(name).replace(/:\*$/, ""),
          logGroupClass: "STANDARD",
          storedBytes: bytesOf(all),
        }));
        return { logGroups, ...nextToken };
      },
    },
    DescribeLogStreams: {
      shape: {
        logGroupName: GROUP,
        logGroupIdentifier: { type: "string", min: 1, max: 2048 },
        logStreamNamePrefix: STREAM,
        orderBy: { type: "string", values: ["LogStreamName", "LastEventTime"] },
        descending: { type: "boolean" },
        nextToken: TOKEN,
        limit: { type: "integer", min: 1, max: 50 },
      },
      resource,
      act(request) {
        const group = groupIn(request);
        const prefix = textOf(request, "logStreamNamePrefix") ?? "";
        const byTime = textOf(request, "orderBy") === "LastEventTime";
        if (byTime && prefix !== "") throw invalid("Cannot order by LastEventTime with a logStreamNamePrefix.");
        const listed = streamsOf(group)
          .filter(({ name }) => name.startsWith(prefix))
          .sort((one, other) =>
            byTime ? last(one).timestamp - last(other).timestamp : one.name < other.name ? -1 : 1,
          );
        if (request["descending"] === true) listed.reverse();
        const { items, nextToken } = page(listed, request, { most: 50, keyOf: ({ name }) => name });
        const logStreams = items.map(({ name, events: all }) => ({
          logStreamName: name,
          creationTime: first(all).timestamp,
          firstEventTimestamp: first(all).timestamp,
          lastEventTimestamp: last({ events: all }).timestamp,
          lastIngestionTime: last({ events: all }).timestamp,
          uploadSequenceToken: String(last({ events: all }).sequence),
          arn: `${arnOf(group.name).replace(/\*$/, "")}log-stream:${name}`,
          storedBytes: 0,
        }));
        return { logStreams, ...nextToken };
      },
    },
    GetLogEvents: {
      shape: { ...events(10_000), logStreamName: { ...STREAM, required: true }, startFromHead: { type: "boolean" } },
      resource,
      act(request) {
        const stream = streamsOf(groupIn(request)).find(({ name }) => name === textOf(request, "logStreamName"));
        if (!stream) throw new AwsError("ResourceNotFoundException", "The specified log stream does not exist.");
        const listed = stream.events.filter(within(request));
        const [, way, at] = /^([fb])\/(\d+)$/.exec(textOf(request, "nextToken") ?? "") ?? [];
        if (textOf(request, "nextToken") !== undefined && way === undefined)
          throw invalid("The specified nextToken is invalid.");
        const most = numberOf(request, "limit") ?? 10_000;
        const read =
          way === "f"
            ? listed.filter(({ sequence }) => sequence > Number(at)).slice(0, most)
            : way === "b"
              ? listed.filter(({ sequence }) => sequence < Number(at)).slice(-most)
              : request["startFromHead"] === true
                ? listed.slice(0, most)
                : listed.slice(-most);
        // At the end of the log, a token returns itself.
        const [from, to] = [read.at(0)?.sequence ?? at ?? 0, read.at(-1)?.sequence ?? at ?? 0];
        return {
          events: read.map(({ timestamp, message }) => ({ timestamp, message, ingestionTime: timestamp })),
          nextForwardToken: `f/${to}`,
          nextBackwardToken: `b/${from}`,
        };
      },
    },
    FilterLogEvents: {
      shape: {
        ...events(10_000),
        logStreamNames: { type: "list", of: STREAM, min: 1, max: 100 },
        logStreamNamePrefix: STREAM,
        filterPattern: { type: "string", max: 1024 },
        interleaved: { type: "boolean" },
      },
      resource,
      act(request) {
        const names = request["logStreamNames"] as readonly string[] | undefined;
        const prefix = textOf(request, "logStreamNamePrefix") ?? "";
        if (names && prefix !== "") throw invalid("You cannot specify both logStreamNames and logStreamNamePrefix.");
        const matches = filterOf(textOf(request, "filterPattern") ?? "");
        const listed = groupIn(request)
          .events.filter(within(request))
          .filter(({ stream }) => (names ? names.includes(stream) : stream.startsWith(prefix)))
          .filter(({ message }) => matches(message));
        const { items, nextToken } = page(listed, request, { most: 10_000, keyOf: ({ sequence }) => String(sequence) });
        const found = items.map(({ stream, timestamp, message, sequence }) => ({
          logStreamName: stream,
          timestamp,
          message,
          ingestionTime: timestamp,
          eventId: String(sequence).padStart(56, "0"),
        }));
        return { events: found, searchedLogStreams: [], ...nextToken };
      },
    },
  };
}

interface LogStream {
  readonly name: string;
  readonly events: readonly LogEvent[];
}

/** The streams of a group that have at least one event. */
function streamsOf({ events: all }: LogGroup): LogStream[] {
  const streams = new Map<string, LogEvent[]>();
  for (const event of all) {
    const there = streams.get(event.stream);
    if (there) there.push(event);
    else streams.set(event.stream, [event]);
  }
  return [...streams].map(([name, of]) => ({ name, events: of }));
}

const first = (all: readonly LogEvent[]): LogEvent => all[0] as LogEvent;
const last = ({ events: all }: Pick<LogStream, "events">): LogEvent => all.at(-1) as LogEvent;
const bytesOf = (all: readonly LogEvent[]): number => all.reduce((sum, { message }) => sum + message.length, 0);

const within = (request: JsonObject) => {
  const [from, to] = [numberOf(request, "startTime") ?? 0, numberOf(request, "endTime") ?? Infinity];
  return ({ timestamp }: LogEvent): boolean => timestamp >= from && timestamp < to;
};

const invalid = (message: string): AwsError => new AwsError("InvalidParameterException", message);

/** A page, and the token for the next one. It names the last item of the page, so that new items repeat no other. */
function page<T>(
  listed: readonly T[],
  request: JsonObject,
  { most, keyOf }: { readonly most: number; readonly keyOf: (item: T) => string },
): { readonly items: readonly T[]; readonly nextToken: { readonly nextToken?: string } } {
  const token = textOf(request, "nextToken");
  let start = 0;
  if (token !== undefined) {
    const after = Buffer.from(token, "base64url").toString();
    start = 1 + listed.findIndex((item) => keyOf(item) === after);
    if (start === 0) throw invalid("The specified nextToken is invalid.");
  }
  const items = listed.slice(start, start + (numberOf(request, "limit") ?? most));
  const end = items.at(-1);
  return start + items.length < listed.length && end !== undefined
    ? { items, nextToken: { nextToken: Buffer.from(keyOf(end)).toString("base64url") } }
    : { items, nextToken: {} };
}

/**
 * A filter of terms: `ERROR "not found" -retry`. A line must contain all plain terms, no term with a minus sign, and at
 * least one of those with a question mark.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
function filterOf(pattern: string): (message: string) => boolean {
  const text = pattern.trim();
  if (/^[{[%]/.test(text)) {
    throw invalid(
      "This machine supports filter patterns with terms only: no JSON, no bracketed fields, no regular expressions.",
    );
  }
  const terms = [...text.matchAll(/([?-]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))/g)].map(([, sign, quoted, plain]) => ({
    sign,
    term: (quoted ?? plain ?? "").replaceAll(/\\(.)/g, "$1"),
  }));
  const any = terms.filter(({ sign }) => sign === "?");
  return (message) =>
    terms.every(({ sign, term }) => sign === "?" || message.includes(term) !== (sign === "-")) &&
    (any.length === 0 || any.some(({ term }) => message.includes(term)));
}
