import { setImmediate, setTimeout } from "node:timers/promises";

/** After a failure, nothing goes on any more once nothing has for so long, in milliseconds. */
const QUIET = 50;
const LONGEST = 2_000;

/**
 * Runs a program, much of which may fail where nothing waits for it: then the whole has failed, with what failed first.
 * While it runs, rejections that nobody handles are taken for its own, and no other listener of the process hears of them.
 *
 * @param run Calls `stir` whenever something goes on.
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
    // Node tells of a rejection once nothing else is due.
    await Promise.race([setImmediate(), failure]);
    return result;
  } catch (error) {
    // What depends on it fails as well.
    const began = performance.now();
    while (performance.now() - last < QUIET && performance.now() - began < LONGEST) await setTimeout(QUIET / 2);
    throw error;
  } finally {
    process.off("unhandledRejection", tell);
    for (const each of others) process.on("unhandledRejection", each);
  }
}
