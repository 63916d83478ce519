import { setMaxListeners } from "node:events";
import { Interrupted, StateFailure } from "../errors";
import type { Frame } from "../frame";

/**
 * Runs frames concurrently, `limit` at a time. The first failure interrupts the others, and is thrown once all have
 * come to rest. Frames that have a result do not run: a redrive reruns only what failed.
 */
export async function runTogether(
  frames: readonly Frame[],
  limit: number,
  parent: AbortSignal,
  run: (frame: Frame, signal: AbortSignal, index: number) => Promise<unknown>,
): Promise<void> {
  const controller = new AbortController();
  // Every frame listens to it: that is not a leak.
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
      // A restored frame may still have to record its end, or to come to rest.
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

/** An error that ends the whole execution; else the first failure; else an interruption. */
function mostSerious(failures: readonly Error[]): Error | undefined {
  return (
    failures.find((error) => !(error instanceof StateFailure) && !(error instanceof Interrupted)) ??
    failures.find((error) => error instanceof StateFailure) ??
    failures[0]
  );
}
