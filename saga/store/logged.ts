import type { SagaIdentity, TaskEvent, TaskHandler } from "../language/task";
import { refusal } from "./refusal";

/** The outcome of a call, for the log, and its result. */
export interface Effect<Out> {
  readonly outcome: "done" | "repeated" | "undone" | "nothing";
  readonly result: Out;
}

/** Wraps a handler: refuses a call without a saga's identity, and logs one line of JSON for each call. */
export function logged<In extends object, Out>(
  task: string,
  run: (event: TaskEvent<In>) => Promise<Effect<Out>>,
): TaskHandler<In, Out> {
  return async (event) => {
    const started = Date.now();
    const saga = identityOf(event);
    const log = (outcome: string, error?: string): void => {
      const line = { task, saga: saga?.id, step: saga?.step, outcome, error, ms: Date.now() - started };
      process.stdout.write(JSON.stringify(line) + "\n");
    };
    try {
      if (!saga) {
        throw refusal(
          "InvalidSagaIdentity",
          "saga: expected { id, step }, strings of 1 to 1024 bytes, got something else",
        );
      }
      const { outcome, result } = await run(event);
      log(outcome);
      return result;
    } catch (error) {
      const { name, refusal: refused } = error as Error & { refusal?: boolean };
      log(refused ? "refused" : "failed", name);
      throw error;
    }
  };
}

function identityOf(event: unknown): SagaIdentity | undefined {
  const saga = (event as { saga?: Partial<SagaIdentity> | null } | null)?.saga;
  const isName = (value: unknown): value is string =>
    typeof value === "string" && value.trim() !== "" && Buffer.byteLength(value) <= 1024;
  return isName(saga?.id) && isName(saga.step) ? { id: saga.id, step: saga.step } : undefined;
}
