import { isDeepStrictEqual } from "node:util";
import type { Row } from "../../local/dynamodb/table";

/** A table of the program. A scenario is judged by its rows. */
export interface Table {
  readonly name: string;
  readonly keys: readonly string[];
  readonly rows: () => Promise<readonly Row[]>;
  readonly clear: () => Promise<void>;
}

/** All rows of all tables, by the table's name and the values of the row's keys. */
export type Content = ReadonlyMap<string, Row>;

export async function contentOf(tables: readonly Table[]): Promise<Content> {
  const rows = await Promise.all(
    tables.map(async ({ name, keys, rows: read }) =>
      (await read()).map((row) => [`${name} ${keys.map((key) => textOf(row[key])).join(" ")}`, row] as const),
    ),
  );
  return new Map(rows.flat());
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** The keys of the rows that differ, or that only one of the two has. */
export const differing = (before: Content, after: Content): readonly string[] =>
  [...new Set([...before.keys(), ...after.keys()])].filter(
    (key) => !isDeepStrictEqual(before.get(key), after.get(key)),
  );

/** Replaces the ARN of the execution that is judged. */
export const SELF = "(this saga)";

/** Replaces a task token: each try of a call has another one. */
const TOKEN = "(task token)";

/** The values that only one execution has. */
export interface Marks {
  /** Its ARN. */
  readonly saga: string;
  /** All task tokens of its calls. */
  readonly tokens: readonly string[];
}

/**
 * A value without the ARN and the task tokens of its execution, so that values of several executions can be compared.
 */
export function anonymous(value: unknown, marks: Marks): unknown {
  if (typeof value === "string") {
    return marks.tokens.reduce((text, token) => text.replaceAll(token, TOKEN), value.replaceAll(marks.saga, SELF));
  }
  if (Array.isArray(value)) return value.map((each) => anonymous(each, marks));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, anonymous(each, marks)]));
}

/** The keys of the rows that contain a text. */
export const rowsWith = (content: Content, text: string): readonly string[] =>
  [...content].flatMap(([key, row]) =>
    [...leavesOf(row).values()].some((value) => typeof value === "string" && value.includes(text)) ? [key] : [],
  );

/** Every leaf of a value, by its path. An empty array or object is a leaf. */
export function leavesOf(value: unknown, path = ""): ReadonlyMap<string, unknown> {
  if (typeof value !== "object" || value === null) return new Map([[path, value]]);
  const entries = Object.entries(value);
  if (entries.length === 0) return new Map([[path, Array.isArray(value) ? "[]" : "{}"]]);
  return new Map(entries.flatMap(([name, each]) => [...leavesOf(each, `${path}.${name}`)]));
}

/** The paths at which the values differ. */
export function unlike(values: readonly unknown[]): ReadonlySet<string> {
  const leaves = values.map((value) => leavesOf(value));
  const paths = new Set(leaves.flatMap((each) => [...each.keys()]));
  return new Set([...paths].filter((path) => leaves.some((each) => !Object.is(each.get(path), leaves[0]?.get(path)))));
}
