/** A command line that can't be followed: what is wrong with it, in one line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
