import { type Unknown, unknown } from "./answer";

/** The values of a request's condition keys, by name. `undefined` means that the request does not have the key. */
export type Context = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Looks up a condition key, ignoring case. If the context does not have the name, this machine does not know whether a
 * request on AWS would have the key.
 */
export function lookUp(context: Context, key: string): string | readonly string[] | undefined | Unknown {
  const name = Object.keys(context).find((each) => each.toLowerCase() === key.toLowerCase());
  return name === undefined ? unknown(`the condition key '${key}', which this machine doesn't know`) : context[name];
}
