import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { HistoryEvent } from "../history";
import type { Json, JsonObject } from "../json";
import type { TestStateRequest, TestStateResult } from "../test-state";

/** A recording of the real service: what ran, and its result. */
export interface Recording {
  readonly name: string;
  readonly features?: readonly string[];
  /** Values that the recording has masked, such as `<uuid:1>`. */
  readonly placeholderTokens?: readonly string[];
  /** Values that the recorded test computed and that the recording does not know. */
  readonly opaque?: readonly string[];
  readonly eventsUnordered?: boolean;
  readonly input?: Json;
}

export interface ExecutionRecording extends Recording {
  readonly definition: JsonObject;
  readonly input: Json;
  /** What each Task answered, in order. */
  readonly tasks: { readonly [state: string]: readonly TaskAnswer[] };
  readonly expected: {
    readonly status: string;
    readonly output?: Json;
    readonly error?: string;
    readonly cause?: string;
    readonly events: readonly RecordedEvent[];
  };
}

export interface TaskAnswer {
  readonly output?: Json;
  readonly error?: string;
  readonly cause?: string;
  readonly iteration?: number;
}

export type RecordedEvent = Partial<HistoryEvent> & { readonly type: string };

export interface RejectRecording extends Recording {
  readonly definition: Json;
  readonly expected: {
    readonly rejected: string;
    readonly diagnostics?: readonly { readonly location?: string }[];
  };
}

export interface TestStateRecording extends Recording, Omit<TestStateRequest, "definition" | "input"> {
  readonly testState: JsonObject;
  readonly expected: TestStateResult;
}

export type AnyRecording = ExecutionRecording | RejectRecording | TestStateRecording;

export interface CaseFile {
  readonly path: string;
  readonly recording: AnyRecording;
}

/**
 * The recordings in a folder and its subfolders.
 * @throws Error which names the file that is not a recording
 */
export function readCases(folder: string): CaseFile[] {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".json"))
    .sort();
  return paths.map((path) => {
    const full = join(folder, path);
    let recording: unknown;
    try {
      recording = JSON.parse(readFileSync(full, "utf8"));
    } catch (error) {
      throw new Error(`${full} is not JSON: ${(error as Error).message}`);
    }
    if (typeof recording !== "object" || recording === null || !("expected" in recording)) {
      throw new Error(`${full} is not a recording: it has no 'expected'`);
    }
    return { path: relative(folder, full), recording: recording as AnyRecording };
  });
}
