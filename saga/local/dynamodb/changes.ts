import type { Row, Rows } from "./table";

/** The rows of all tables, by the tables' names. */
export type AllRows = ReadonlyMap<string, readonly Row[]>;

export async function allRows(tables: ReadonlyMap<string, Rows>): Promise<AllRows> {
  return new Map(await Promise.all([...tables].map(async ([name, table]) => [name, await table.rows()] as const)));
}

/** The rows that are new or changed, for each table that has any. */
export function changedRows(before: AllRows, after: AllRows): Readonly<Record<string, readonly Row[]>> {
  return Object.fromEntries(
    [...after].flatMap(([name, rows]) => {
      const there = new Set((before.get(name) ?? []).map((row) => JSON.stringify(row)));
      const other = rows.filter((row) => !there.has(JSON.stringify(row)));
      return other.length > 0 ? [[name, other] as const] : [];
    }),
  );
}
