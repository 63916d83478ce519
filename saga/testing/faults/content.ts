import { isDeepStrictEqual } from "node:util";
import type { Row } from "../../local/dynamodb/table";

/** A table of the program: what is in it is what a scenario is judged by. */
export interface Table {
  readonly name: string;
  readonly keys: readonly string[];
  readonly rows: () => Promise<readonly Row[]>;
  readonly clear: () => Promise<void>;
}

/** All rows of all tables, by what tells one from another: the table's name and the values of its keys. */
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

/** The keys of the rows that are not the same, or not in both. */
export const differing = (before: Content, after: Content): readonly string[] =>
  [...new Set([...before.keys(), ...after.keys()])].filter(
    (key) => !isDeepStrictEqual(before.get(key), after.get(key)),
  );

/** What stands for the name of the execution that is looked at. */
export const SELF = "(this saga)";

/** What stands for a task token: each try of a call brings another. */
const TOKEN = "(task token)";

/** What in a value is an execution's alone. */
export interface Marks {
  /** Its ARN. */
  readonly saga: string;
  /** All that its calls handed out. */
  readonly tokens: readonly string[];
}

/** A value as any execution would have left it: without the name of the one that did, and its task tokens. */
export function anonymous(value: unknown, marks: Marks): unknown {
  if (typeof value === "string") {
    return marks.tokens.reduce((text, token) => text.replaceAll(token, TOKEN), value.replaceAll(marks.saga, SELF));
  }
  if (Array.isArray(value)) return value.map((each) => anonymous(each, marks));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, anonymous(each, marks)]));
}

/** The rows in which a text stands, alone or within another. */
export const rowsWith = (content: Content, text: string): readonly string[] =>
  [...content].flatMap(([key, row]) =>
    [...leavesOf(row).values()].some((value) => typeof value === "string" && value.includes(text)) ? [key] : [],
  );

/** Every value within a value, by its path; of what is empty, itself. */
export function leavesOf(value: unknown, path = ""): ReadonlyMap<string, unknown> {
  if (typeof value !== "object" || value === null) return new Map([[path, value]]);
  const entries = Object.entries(value);
  if (entries.length === 0) return new Map([[path, Array.isArray(value) ? "[]" : "{}"]]);
  return new Map(entries.flatMap(([name, each]) => [...leavesOf(each, `${path}.${name}`)]));
}

/** The paths at which values that should be the same are not. */
export function unlike(values: readonly unknown[]): ReadonlySet<string> {
  const leaves = values.map((value) => leavesOf(value));
  const paths = new Set(leaves.flatMap((each) => [...each.keys()]));
  return new Set([...paths].filter((path) => leaves.some((each) => !Object.is(each.get(path), leaves[0]?.get(path)))));
}
