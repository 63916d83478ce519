/** A wrong command line. The message says in one line what is wrong with it. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
