/** The message of a call's error. A task's cause is JSON. */
export function messageOf({ message = "", cause }: { readonly message?: string; readonly cause?: unknown }): string {
  if (typeof cause !== "string") return message;
  try {
    return (JSON.parse(cause) as { readonly errorMessage?: string }).errorMessage ?? cause;
  } catch {
    return cause;
  }
}
