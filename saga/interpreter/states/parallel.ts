import type { ParallelState } from "../definition";
import { StateFailure } from "../errors";
import { Frame } from "../frame";
import type { Json } from "../json";
import { runFrame } from "../run";
import { type Outcome, type Visit, withRetryAndCatch } from "../visit";
import { runTogether } from "./together";

export function runParallel(visit: Visit<ParallelState>, resuming: boolean): Promise<Outcome> {
  const { state, frame, runtime } = visit;
  let resume = visit.goesOnWithChildren(resuming);
  return withRetryAndCatch(
    visit,
    async (progress) => {
      if (resume) {
        for (const branch of frame.children ?? []) branch.resuming = true;
      } else {
        const input = state.arguments ? await visit.evaluate(state.arguments) : visit.input;
        visit.checkSize(input, `The state/task '${state.name}' has arguments`);
        if (state.arguments) visit.mark({ mark: "input", value: input });
        visit.record("ParallelStateStarted");
        frame.children = state.branches.map((branch) => new Frame(branch, input, frame));
      }
      resume = false;
      const branches = frame.children ?? [];
      if (!progress?.joined)
        await runTogether(branches, branches.length, visit.signal, async (branch, signal) => {
          try {
            await runFrame(runtime, branch, signal);
          } catch (error) {
            // The service records TaskStateAborted for the failed task of a branch too, as for the tasks of its
            // siblings.
            const failed = branch.sequence.states[branch.current];
            const again = branch.recorded.delete("TaskStateAborted");
            if (error instanceof StateFailure && failed?.type === "Task" && !again) {
              runtime.history.add(branch.thread, "TaskStateAborted", { state: failed.name, ...branch.itemDetails() });
            }
            throw error;
          }
        });
      if (!progress?.joined) visit.record("ParallelStateSucceeded");
      const result: Json = branches.map((branch) => branch.result?.output ?? null);
      return visit.leave(state, state.next, result, { result });
    },
    () => {
      visit.recordOnce("ParallelStateFailed");
    },
  );
}
