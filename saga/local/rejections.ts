import { setImmediate, setTimeout } from "node:timers/promises";

/** After a failure, the program counts as finished once it has been quiet for this long. Milliseconds. */
const QUIET = 50;
/** The longest wait for that, in milliseconds. */
const LONGEST = 2_000;

/**
 * Runs a program, and rejects with its first failure, even if nothing awaits the promise that fails. While it runs,
 * unhandled rejections count as the program's, and no other listener of the process receives them.
 *
 * @param run Calls `stir` whenever the program makes progress.
 */
export async function untilFailure<T>(run: (stir: () => void) => Promise<T>): Promise<T> {
  const others = process.listeners("unhandledRejection");
  let last = performance.now();
  let tell!: (error: unknown) => void;
  const failure = new Promise<never>((_, reject) => {
    tell = (error) => {
      last = performance.now();
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      reject(error);
    };
  });
  const stir = (): void => {
    last = performance.now();
  };
  process.removeAllListeners("unhandledRejection").on("unhandledRejection", tell);
  try {
    const running = run(stir);
    running.catch(tell);
    const result = await Promise.race([running, failure]);
    // Node reports an unhandled rejection only when no other callback is due.
    await Promise.race([setImmediate(), failure]);
    return result;
  } catch (error) {
    // What depends on the failed part fails too. Its rejections must not reach other listeners.
    const began = performance.now();
    while (performance.now() - last < QUIET && performance.now() - began < LONGEST) await setTimeout(QUIET / 2);
    throw error;
  } finally {
    process.off("unhandledRejection", tell);
    for (const each of others) process.on("unhandledRejection", each);
  }
}
