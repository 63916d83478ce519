import { AwsError } from "../aws-error";

/** One page of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextToken?: string;
}

export interface PageOptions<T> {
  /** The page size. 100 if absent or 0. */
  readonly maxResults?: number | undefined;
  readonly nextToken?: string | undefined;
  /** The name of the list. A token is valid only for the same list. */
  readonly list: string;
  /** A key that finds an item again after others were added or removed. */
  readonly keyOf: (item: T) => string;
}

/**
 * A page of a list, and the token for the next one. The token names the last item of the page, so that added or removed
 * items do not repeat or skip others.
 * @throws AwsError InvalidToken
 */
export function pageOf<T>(listed: readonly T[], { maxResults, nextToken, list, keyOf }: PageOptions<T>): Page<T> {
  const start = nextToken === undefined ? 0 : 1 + startOf(listed, nextToken, { list, keyOf });
  const end = start + (maxResults || DEFAULT_RESULTS);
  const items = listed.slice(start, end);
  const last = items.at(-1);
  if (end >= listed.length || last === undefined) return { items };
  return { items, nextToken: Buffer.from(JSON.stringify([list, keyOf(last), end - 1])).toString("base64url") };
}

const DEFAULT_RESULTS = 100;

function startOf<T>(
  listed: readonly T[],
  token: string,
  { list, keyOf }: Pick<PageOptions<T>, "list" | "keyOf">,
): number {
  let read: unknown;
  try {
    read = JSON.parse(Buffer.from(token, "base64url").toString());
  } catch {
    throw invalidToken();
  }
  if (!Array.isArray(read) || read[0] !== list || typeof read[1] !== "string" || typeof read[2] !== "number") {
    throw invalidToken();
  }
  const [, key, index] = read as [string, string, number];
  const at = listed.findIndex((item) => keyOf(item) === key);
  return at >= 0 ? at : index;
}

export const invalidToken = (): AwsError => new AwsError("InvalidToken", "Invalid Token: 'Invalid token'");
