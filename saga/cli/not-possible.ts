/** What was asked for as it should be, and can't be done as things stand. */
export class NotPossible extends Error {
  override readonly name = "NotPossible";
}
