import { setMaxListeners } from "node:events";
import { Interrupted, StateFailure } from "../errors";
import type { Frame } from "../frame";

/**
 * Runs frames side by side, `limit` at a time. The first failure interrupts the others and is thrown once all have
 * come to rest. Frames that have a result already are left alone: a redrive reruns only what failed.
 */
export async function runTogether(
  frames: readonly Frame[],
  limit: number,
  parent: AbortSignal,
  run: (frame: Frame, signal: AbortSignal, index: number) => Promise<unknown>,
): Promise<void> {
  const controller = new AbortController();
  // Every frame listens to it, which is no leak.
  setMaxListeners(0, controller.signal);
  const interrupt = (): void => {
    controller.abort();
  };
  if (parent.aborted) interrupt();
  parent.addEventListener("abort", interrupt, { once: true });
  const failures: Error[] = [];
  const queue = frames.entries();
  const work = async (): Promise<void> => {
    for (const [index, frame] of queue) {
      // One that is restored may have an end to record, or to come to.
      if (frame.result && !frame.unended) continue;
      if (controller.signal.aborted && !frame.underWay) continue;
      frame.underWay = false;
      try {
        await run(frame, controller.signal, index);
      } catch (error) {
        failures.push(error instanceof Error ? error : new Error(String(error)));
        controller.abort();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, frames.length) }, work));
  parent.removeEventListener("abort", interrupt);
  const failure = mostSerious(failures);
  if (failure) throw failure;
  if (parent.aborted) throw new Interrupted();
}

/** What ends the whole execution, else the error of the first to fail, else that all were interrupted. */
function mostSerious(failures: readonly Error[]): Error | undefined {
  return (
    failures.find((error) => !(error instanceof StateFailure) && !(error instanceof Interrupted)) ??
    failures.find((error) => error instanceof StateFailure) ??
    failures[0]
  );
}
