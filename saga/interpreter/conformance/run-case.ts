import { virtualClock } from "../clock";
import { DefinitionError, TaskFailure } from "../errors";
import { type Execution, startExecution } from "../execution";
import type { Json } from "../json";
import { loadMachine } from "../loader";
import { seededRandom } from "../random";
import type { Invoke } from "../runtime";
import { testState } from "../test-state";
import type { AnyRecording, ExecutionRecording, RejectRecording, TaskAnswer, TestStateRecording } from "./case";
import { Comparison, type Difference } from "./compare";

export type Verdict =
  | { readonly kind: "passed" }
  | { readonly kind: "failed"; readonly difference: string }
  | { readonly kind: "out of scope"; readonly reason: string };

/** Runs what was recorded, and returns the first difference. */
export type Compare = (recording: AnyRecording) => Promise<Difference> | Difference;

// After the recordings were made, so that their timestamps lie in the past as they did then.
export const START = Date.UTC(2026, 6, 1);

/**
 * Runs what was recorded and compares.
 * @param compare Runs it. Default: the interpreter runs it.
 */
export async function runCase(recording: AnyRecording, compare: Compare = differenceOf): Promise<Verdict> {
  try {
    const difference = await compare(recording);
    return difference === undefined ? { kind: "passed" } : { kind: "failed", difference };
  } catch (error) {
    if (error instanceof DefinitionError && error.code === "NOT_IMPLEMENTED") {
      return { kind: "out of scope", reason: error.message.replace(/^NOT_IMPLEMENTED: (.*) (is|are) not .*$/s, "$1") };
    }
    return { kind: "failed", difference: `threw ${(error as Error).message}` };
  }
}

function differenceOf(recording: AnyRecording): Promise<Difference> | Difference {
  if ("testState" in recording) return compareTestState(recording);
  if ("rejected" in recording.expected) return compareRejection(recording as RejectRecording);
  return compareExecution(recording as ExecutionRecording);
}

async function compareExecution(recording: ExecutionRecording): Promise<Difference> {
  const { definition, input, expected } = recording;
  const execution: Execution = startExecution(loadMachine(definition), {
    input,
    clock: virtualClock(START),
    random: seededRandom(1),
    invoke: replay(recording, () => execution),
  });
  const result = await execution.result;
  const comparison = new Comparison(recording);
  return (
    comparison.events(expected.events, execution.history) ??
    comparison.fields(expected, result, ["status", "output", "error", "cause"])
  );
}

/** Answers as the tasks answered when they were recorded. */
export function replay({ tasks, expected }: ExecutionRecording, execution: () => Execution): Invoke {
  const left = new Map(Object.entries(tasks).map(([state, answers]) => [state, [...answers]]));
  return async (call) => {
    const answers = left.get(call.state) ?? [];
    const index = answers.findIndex(({ iteration }) => iteration === undefined || iteration === call.iteration);
    const answer: TaskAnswer | undefined = answers[index];
    if (!answer) throw new Error(`'${call.state}' was called more often than it was recorded`);
    answers.splice(index, 1);
    const submission = expected.events.find(({ type, state }) => type === "TaskSubmitted" && state === call.state);
    if (call.taskToken !== undefined) {
      answerByToken(execution(), call.taskToken, answer);
      return submission?.output ?? null;
    }
    if (submission?.output !== undefined) call.submitted(submission.output);
    // The service's own timeout: the task just never answered.
    if (answer.error === "States.Timeout") return new Promise<Json>(() => {});
    if (answer.error !== undefined) throw new TaskFailure(answer.error, answer.cause);
    return answer.output ?? null;
  };
}

function answerByToken(execution: Execution, token: string, answer: TaskAnswer): void {
  if (answer.error === "States.Timeout") return;
  // After the submission, which comes first in the history.
  setImmediate(() => {
    if (answer.error !== undefined) execution.sendTaskFailure(token, answer.error, answer.cause);
    else execution.sendTaskSuccess(token, answer.output ?? null);
  });
}

function compareRejection({ definition, expected }: RejectRecording): Difference {
  try {
    loadMachine(definition);
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error;
    return differenceOfRefusal(expected, error);
  }
  return "the definition was not refused";
}

/** Compares the place for which a definition was refused with the recorded one. */
export function differenceOfRefusal(
  expected: RejectRecording["expected"],
  { location, message }: { readonly location: string | undefined; readonly message: string },
): Difference {
  const expectedLocation = expected.diagnostics?.[0]?.location ?? / at (\/\S*?)'?$/.exec(expected.rejected)?.[1];
  return expectedLocation === undefined || expectedLocation === location
    ? undefined
    : `location: expected ${expectedLocation}, got ${String(location)} (${message})`;
}

async function compareTestState(recording: TestStateRecording): Promise<Difference> {
  const { testState: definition, expected, ...request } = recording;
  const result = await testState({ ...request, definition });
  return new Comparison(recording).fields(expected, result, [
    "status",
    "output",
    "error",
    "cause",
    "nextState",
    "inspectionData",
  ]);
}
