import { task } from "../saga/language";

/** The tasks of the measured sagas. */
export const work = task<{ n: number }, { n: number }>("work", {
  table: [],
  handler: () => (event) => Promise.resolve({ n: event.n }),
});
export const unwork = task<{ n?: number }, null>("unwork", { table: [], handler: () => () => Promise.resolve(null) });
