import { type Unknown, unknown } from "./answer";

/** The values of a request's condition keys, by name; `undefined` for one that the request doesn't have. */
export type Context = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Looks a condition key up. Of a key that the context doesn't name, this machine doesn't know whether a request on AWS
 * would have it. Names are not case-sensitive.
 */
export function lookUp(context: Context, key: string): string | readonly string[] | undefined | Unknown {
  const name = Object.keys(context).find((each) => each.toLowerCase() === key.toLowerCase());
  return name === undefined ? unknown(`the condition key '${key}', which this machine doesn't know`) : context[name];
}
