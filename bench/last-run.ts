/** The results of the last runs, in results.json. All figures on pages come from there. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { round } from "./statistics";

/** A row of a table. A figure's name contains its unit. */
export interface Row {
  readonly name: string;
  readonly figures: Readonly<Record<string, number>>;
}

/** The results of one part of a run. */
export interface Measured {
  readonly rows: readonly Row[];
  /** The exact versions of the peers' packages. */
  readonly peers?: Readonly<Record<string, string>>;
  /** The reasons why peers have no row. */
  readonly leftOut?: Readonly<Record<string, string>>;
}

export interface Part extends Measured {
  readonly machine: string;
  readonly date: string;
  /** The command that prints these figures. */
  readonly command: string;
  readonly seconds: number;
}

export type Results = Readonly<Record<string, Part>>;

const FILE = join(__dirname, "results.json");

export const readResults = (): Results => (existsSync(FILE) ? (JSON.parse(readFileSync(FILE, "utf8")) as Results) : {});

/** Replaces the results of a part. */
export function keep(name: string, part: Part): void {
  const rows = part.rows.map((row) => ({
    name: row.name,
    figures: Object.fromEntries(Object.entries(row.figures).map(([figure, value]) => [figure, round(value)])),
  }));
  const all = { ...readResults(), [name]: { ...part, rows } };
  const sorted = Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(FILE, `${JSON.stringify(sorted, null, 2)}\n`);
}

/**
 * A figure of the last run.
 * @throws if no run has printed it
 */
export function figure(results: Results, part: string, name: string, of: string): number {
  const row = results[part]?.rows.find((each) => each.name === name);
  const value = row?.figures[of];
  if (value === undefined) {
    throw new Error(`no run has printed '${of}' of '${name}': npm run bench -- --only ${part}`);
  }
  return value;
}

/** Groups rows into tables, by their first figure. */
export function tables(rows: readonly Row[]): readonly (readonly Row[])[] {
  const first = ({ figures }: Row): string => Object.keys(figures)[0] ?? "";
  return [...new Set(rows.map(first))].map((figure) => rows.filter((row) => first(row) === figure));
}

/** A table for a terminal. */
function printed(rows: readonly Row[]): string {
  const names = [...new Set(rows.flatMap(({ figures }) => Object.keys(figures)))];
  const first = Math.max(...rows.map(({ name }) => name.length));
  const line = (name: string, cells: readonly string[]): string =>
    [name.padEnd(first), ...cells.map((cell, at) => cell.padStart((names[at] as string).length))].join("  ").trimEnd();
  const cellsOf = ({ figures }: Row): readonly string[] =>
    names.map((name) => (figures[name] === undefined ? "" : String(round(figures[name]))));
  return [line("", names), ...rows.map((row) => line(row.name, cellsOf(row)))].join("\n");
}

/** The rows of a part, for a terminal. */
export const print = (rows: readonly Row[]): string => tables(rows).map(printed).join("\n\n");
