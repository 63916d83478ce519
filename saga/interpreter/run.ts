import type {
  ChoiceState,
  FailState,
  MapState,
  ParallelState,
  PassState,
  State,
  StateType,
  SucceedState,
  TaskState,
  WaitState,
} from "./definition";
import { Interrupted, StateFailure } from "./errors";
import type { Frame } from "./frame";
import type { Json } from "./json";
import type { Runtime } from "./runtime";
import { runMap } from "./states/map";
import { runParallel } from "./states/parallel";
import { runChoice, runFail, runPass, runWait } from "./states/simple";
import { runTask } from "./states/task";
import { type Outcome, Visit } from "./visit";

// The types of state for which the service has an …Aborted event; a redrive does not enter these again.
const LASTING: readonly StateType[] = ["Task", "Wait", "Parallel", "Map"];

/** Runs a sequence of states from its frame's current state on, and returns the output of the last state. */
export async function runFrame(runtime: Runtime, frame: Frame, signal: AbortSignal): Promise<Json> {
  // A restored sequence that has its result had only its end left to record.
  if (frame.result) return frame.result.output;
  for (;;) {
    // A restored state has to come to rest first, even if the signal is aborted.
    if (signal.aborted && !frame.progress) throw new Interrupted();
    const state = frame.sequence.states[frame.current];
    if (!state) throw new Error(`No state '${frame.current}'`);
    const { output, next } = await runState(runtime, frame, state, signal);
    if (next === undefined) {
      frame.result = { output };
      return output;
    }
    frame.current = next;
    frame.input = output;
  }
}

async function runState(runtime: Runtime, frame: Frame, state: State, signal: AbortSignal): Promise<Outcome> {
  const { progress } = frame;
  delete frame.progress;
  const visit = new Visit(runtime, frame, state, signal, progress);
  const goesOn = progress !== undefined || LASTING.includes(state.type);
  const resuming = frame.resuming && frame.enteredId > 0 && goesOn;
  frame.resuming = false;
  if (!resuming) visit.enter();
  const aborted = `${state.type}StateAborted`;
  try {
    const failed = progress?.failure ?? progress?.gaveUp;
    if (!failed && frame.recorded.has(aborted)) throw new Interrupted();
    if (signal.aborted && !frame.children) throw new Interrupted();
    const outcome = await behave(visit, resuming);
    if (signal.aborted) throw new Interrupted();
    const { output, assigned, next } = outcome;
    if (next !== undefined && next !== state.next) visit.mark({ mark: "next", next });
    visit.record(`${state.type}StateExited`, {
      output,
      ...(Object.keys(assigned).length > 0 && { assignedVariables: assigned }),
    });
    frame.scope.assign(assigned);
    delete frame.children;
    frame.enteredId = 0;
    return outcome;
  } catch (error) {
    if (error instanceof StateFailure) error.path.unshift(state.name);
    if (error instanceof Interrupted && LASTING.includes(state.type)) visit.recordOnce(aborted);
    throw error;
  }
}

/** What the state does between its StateEntered and its StateExited event. */
export function behave(visit: Visit, resuming: boolean): Promise<Outcome> {
  switch (visit.state.type) {
    case "Pass":
    case "Succeed":
      return runPass(visit as Visit<PassState | SucceedState>);
    case "Fail":
      return runFail(visit as Visit<FailState>);
    case "Wait":
      return runWait(visit as Visit<WaitState>);
    case "Choice":
      return runChoice(visit as Visit<ChoiceState>);
    case "Task":
      return runTask(visit as Visit<TaskState>);
    case "Parallel":
      return runParallel(visit as Visit<ParallelState>, resuming);
    case "Map":
      return runMap(visit as Visit<MapState>, resuming);
  }
}
