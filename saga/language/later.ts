/** A time with another year, month, day of the week, hour and millisecond. */
const AHEAD = 400 * 24 * 60 * 60 * 1000 + 12_345_678;

/** Runs a synchronous function at another time, so that anything it derives from the clock differs from now. */
export function later<T>(run: () => T): T {
  const now = globalThis.Date;
  globalThis.Date = new Proxy(now, {
    construct: (target, given, constructed) =>
      Reflect.construct(target, given.length === 0 ? [target.now() + AHEAD] : given, constructed) as object,
    apply: (target) => new target(target.now() + AHEAD).toString(),
    get: (target, key, receiver) =>
      key === "now" ? () => target.now() + AHEAD : (Reflect.get(target, key, receiver) as unknown),
  });
  try {
    return run();
  } finally {
    globalThis.Date = now;
  }
}
