/**
 * The error of a business rule that said no. Step Functions matches on its name. Not a class: a subclass of Error does
 * not survive Pulumi's serialisation.
 */
export function refusal(name: string, message: string): Error {
  return Object.assign(new Error(message), { name, refusal: true });
}
