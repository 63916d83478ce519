/**
 * The error with which a task refuses a call by a business rule. Step Functions matches errors by name. This is not a
 * class, since a subclass of Error does not survive Pulumi's serialisation.
 */
export function refusal(name: string, message: string): Error {
  return Object.assign(new Error(message), { name, refusal: true });
}
