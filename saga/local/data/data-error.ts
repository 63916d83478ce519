/** A folder that can't be used, or that does not fit the program. Nothing of it was lost. */
export class DataError extends Error {
  override readonly name = "DataError";
}
