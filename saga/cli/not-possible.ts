/** The command line is right, but the command can't be carried out in the current state. */
export class NotPossible extends Error {
  override readonly name = "NotPossible";
}
