/** The failure of a call or of an execution. */
export interface Failure {
  readonly error: string;
  readonly cause?: string;
}

/** The readable part of a cause. Lambda's causes are JSON with an `errorMessage`. */
export function messageOf({ cause = "" }: Failure): string {
  try {
    const { errorMessage } = JSON.parse(cause) as { errorMessage?: unknown };
    return typeof errorMessage === "string" ? errorMessage : cause;
  } catch {
    return cause;
  }
}

/** The error's name, and the message in its cause. */
export function textOf(failure: Failure): string {
  const message = messageOf(failure);
  return message === "" ? failure.error : `${failure.error}: ${message}`;
}

/** The beginning of a text that is longer than `most` characters. A cause has up to 32,768. */
export const shortened = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most).trimEnd()}…`;
