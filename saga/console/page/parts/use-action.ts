import { useSignal } from "@preact/signals";
import { messageOf } from "../api";

interface Action {
  /** Runs an action, unless one is running: a second press of a button does nothing. */
  readonly run: (action: () => Promise<unknown>) => void;
  readonly busy: boolean;
  /** Why the last action failed. */
  readonly problem: string | undefined;
}

/** The actions of a view's buttons, one at a time. */
export function useAction(): Action {
  const busy = useSignal(false);
  const problem = useSignal<string | undefined>(undefined);
  const attempt = async (action: () => Promise<unknown>): Promise<void> => {
    if (busy.peek()) return;
    busy.value = true;
    problem.value = undefined;
    try {
      await action();
    } catch (error) {
      problem.value = messageOf(error);
    }
    busy.value = false;
  };
  return { run: (action) => void attempt(action), busy: busy.value, problem: problem.value };
}
