import { AsyncLocalStorage } from "node:async_hooks";

const logs = new AsyncLocalStorage<string[]>();
let watching = false;

/** Collects what something writes to standard output, so that the test's own output stays readable. */
export function keepingLogs<T>(lines: string[], work: () => T): T {
  watch();
  return logs.run(lines, work);
}

/** Patches standard output once. Writes from outside `keepingLogs` pass through. */
function watch(): void {
  if (watching) return;
  watching = true;
  const { stdout } = process;
  const write = stdout.write.bind(stdout) as (...args: unknown[]) => boolean;
  stdout.write = (chunk: unknown, ...rest: unknown[]): boolean => {
    const lines = logs.getStore();
    if (!lines || typeof chunk !== "string") return write(chunk, ...rest);
    lines.push(...chunk.split("\n").filter((line) => line !== ""));
    return true;
  };
}
