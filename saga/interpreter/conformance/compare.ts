import { isDeepStrictEqual } from "node:util";
import type { HistoryEvent } from "../history";
import type { RecordedEvent, Recording } from "./case";

/** The first difference, in words; undefined if there is none. */
export type Difference = string | undefined;

const EXACT_FIELDS = [
  "state",
  "iteration",
  "index",
  "length",
  "input",
  "parameters",
  "output",
  "assignedVariables",
  "location",
  "resource",
  "resourceType",
  "timeoutInSeconds",
  "heartbeatInSeconds",
  "error",
] as const;

export class Comparison {
  constructor(private readonly recording: Recording) {}

  /** Whether the values are equal, except for what the recording has masked. */
  matches(expected: unknown, actual: unknown): boolean {
    if (typeof expected === "string" && typeof actual === "string") return this.matchesText(expected, actual);
    if (Array.isArray(expected)) {
      return (
        Array.isArray(actual) &&
        expected.length === actual.length &&
        expected.every((item, index) => this.matches(item, actual[index]))
      );
    }
    if (typeof expected === "object" && expected !== null && typeof actual === "object" && actual !== null) {
      const keys = Object.keys(expected).sort();
      if (!isDeepStrictEqual(keys, Object.keys(actual).sort())) return false;
      return keys.every((key) => this.matches(expected[key as never], actual[key as never]));
    }
    return isDeepStrictEqual(expected, actual);
  }

  /**
   * A cause contains event ids and the wording of the service's JSONata: only the state and the field must be the same.
   */
  matchesCause(expected: string | undefined, actual: string | undefined): boolean {
    if (expected === undefined || actual === undefined) return (expected ?? "") === (actual ?? "");
    if (!expected.startsWith("An error occurred while executing the state")) return this.matchesText(expected, actual);
    const subject = (cause: string): (string | undefined)[] => [
      /executing the state '([^']*)'/.exec(cause)?.[1],
      /the field '([^']*)'/.exec(cause)?.[1],
    ];
    return isDeepStrictEqual(subject(expected), subject(actual));
  }

  /** Compares the outcomes field by field. */
  fields(expected: object, actual: object, names: readonly string[], where = ""): Difference {
    for (const name of names) {
      const [recorded, got] = [expected[name as never] as unknown, actual[name as never] as unknown];
      const same =
        name === "cause"
          ? this.matchesCause(recorded as string | undefined, got as string | undefined)
          : this.matches(recorded, got);
      if (!same) return `${where}${name}: expected ${show(recorded)}, got ${show(got)}`;
    }
    return undefined;
  }

  events(expected: readonly RecordedEvent[], actual: readonly HistoryEvent[]): Difference {
    return this.recording.eventsUnordered ? this.unordered(expected, actual) : this.ordered(expected, actual);
  }

  private ordered(expected: readonly RecordedEvent[], actual: readonly HistoryEvent[]): Difference {
    for (let index = 0; index < Math.max(expected.length, actual.length); index++) {
      const [recorded, got] = [expected[index], actual[index]];
      if (recorded?.type !== got?.type) {
        return `event ${index + 1}: expected ${recorded?.type ?? "no more"}, got ${got?.type ?? "no more"}`;
      }
      if (!recorded || !got) continue;
      const difference = this.event(recorded, got, `event ${index + 1} ${recorded.type}, `);
      if (difference) return difference;
    }
    return undefined;
  }

  private event(expected: RecordedEvent, actual: HistoryEvent, where: string): Difference {
    // A recording omits what it does not know, so only the fields that it has are compared. An error or an assignment
    // that it does not have is a difference.
    const names = EXACT_FIELDS.filter((name) => name in expected || name === "error" || name === "assignedVariables");
    return this.fields(expected, actual, [...names, ...("cause" in expected ? ["cause"] : [])], where);
  }

  private unordered(expected: readonly RecordedEvent[], actual: readonly HistoryEvent[]): Difference {
    const left = [...actual];
    for (const recorded of expected) {
      const index = left.findIndex((got) => got.type === recorded.type && !this.event(recorded, got, ""));
      if (index < 0) return `events: no ${recorded.type} like the recorded one`;
      left.splice(index, 1);
    }
    // Sorting the recorded events of a Parallel state dropped its ParallelStateFailed; the gap in the ids shows it.
    const dropped = Math.max(...expected.map(({ id }) => id ?? 0)) - expected.length;
    const extra = left.filter(({ type }) => type !== "ParallelStateFailed");
    if (extra[0]) return `events: ${extra[0].type} is not in the recording`;
    if (left.length !== dropped) return `events: expected ${dropped} ParallelStateFailed, got ${left.length}`;
    return undefined;
  }

  private matchesText(expected: string, actual: string): boolean {
    if (expected === actual) return true;
    if (this.recording.opaque && actual.startsWith("opaque:")) return true;
    const tokens = (this.recording.placeholderTokens ?? []).filter((token) => expected.includes(token));
    // A mask such as `date` is an ordinary word, so it only ever replaces a whole value.
    if (tokens.includes(expected)) return true;
    const masks = tokens.filter((token) => token.startsWith("<"));
    if (masks.length === 0) return false;
    let pattern = escapeRegExp(expected);
    for (const mask of masks) pattern = pattern.replaceAll(escapeRegExp(mask), ".+");
    // The recorded account is not ours.
    return new RegExp(`^${pattern.replaceAll("111111111111", "\\d{12}")}$`, "s").test(actual);
  }
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function show(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}
