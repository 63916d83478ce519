import { styleText } from "node:util";
import type { Outcome } from "../asl/outcome";
import { messageOf, shortened, textOf } from "../control/failure";
import type { ExecutionReport, Visit } from "../local/report";
import type { Advice } from "./advice";

export type Style = Parameters<typeof styleText>[0];

const coloured = (): boolean => process.stdout.isTTY && !process.env["NO_COLOR"];
export const paint = (style: Style, text: string): string => (coloured() ? styleText(style, text) : text);

/** The width of the terminal, or 80 without one. At least 40, so that a label does not fill it. */
export const columns = (): number => Math.max(40, process.stdout.columns || 80);

export const LOOK: Readonly<Record<Visit["did"], { readonly mark: string; readonly style: Style }>> = {
  done: { mark: "✔", style: "green" },
  failed: { mark: "✘", style: "red" },
  undone: { mark: "↩", style: "yellow" },
  stuck: { mark: "■", style: "red" },
  waited: { mark: "·", style: "dim" },
  waits: { mark: "…", style: "cyan" },
};
const OUTCOME: Readonly<Record<ExecutionReport["outcome"], Style>> = {
  completed: "green",
  compensated: "yellow",
  stuck: "red",
  waiting: "cyan",
};

/** Which attributes of a table's rows are printed first, and which are not printed. */
export interface TableLook {
  readonly keys: readonly string[];
  /** Attributes that say nothing more of what happened: the step that wrote a row, and its expiry. */
  readonly hidden: readonly string[];
}

/** Prints one execution, within the terminal's columns if the data allows it. */
export function printExecution(execution: {
  readonly title?: string | undefined;
  readonly report: ExecutionReport;
  readonly visits: readonly Visit[];
  readonly tables?: ReadonlyMap<string, TableLook>;
  /** The documented result, if the execution's is another one. */
  readonly documented?: { readonly outcome?: Outcome | undefined; readonly path?: readonly string[] | undefined };
  /** How to answer a state that waits. */
  readonly hint?: string | undefined;
  /** What to change after a call has failed. */
  readonly advice?: Advice;
}): void {
  const { title, report, visits, tables = new Map<string, TableLook>(), documented, hint, advice } = execution;
  const lines = [
    ...(title === undefined ? [] : [paint("bold", legible(title))]),
    ...wrap("input    ", JSON.stringify(report.input)),
    ...visits.flatMap((visit) => visitLines(visit, advice)),
    `  ${paint(OUTCOME[report.outcome], report.outcome)}  ${report.status}${report.error === undefined ? "" : ` ${legible(report.error)}`}`,
    ...(report.output === undefined ? [] : wrap("output   ", JSON.stringify(report.output))),
    ...rowLines(report, tables),
    ...report.outbox.flatMap(({ action, from, request }) =>
      wrap("sent     ", `${action} by ${from}: ${JSON.stringify(request)}`),
    ),
    ...(documented ? wrap(paint("red", "expected "), expectation(documented)) : []),
    ...(hint === undefined ? [] : wrap("answer   ", hint)),
    "",
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

const expectation = ({
  outcome,
  path,
}: {
  outcome?: Outcome | undefined;
  path?: readonly string[] | undefined;
}): string => [outcome, path?.join(" → ")].filter((each) => each !== undefined).join(": ");

/** Prints how many examples came out as documented. */
export function printVerdict(good: number, all: number): void {
  const what = `${good} of ${all} example${all === 1 ? "" : "s"} came out as documented`;
  process.stdout.write(`${paint(good === all ? "green" : "red", what)}\n`);
}

/** Prints a message as one line on standard error. */
export function printError(message: string): void {
  process.stderr.write(`${legible(message).replaceAll(/\s+/g, " ").trim()}\n`);
}

/** Prints a note on standard error. */
export function printNote(note: string): void {
  printError(`note: ${note}`);
}

/** Prints JSON. */
export function printJson(value: unknown): void {
  process.stdout.write(`${jsonText(value, 2)}\n`);
}

/** Prints JSON as one line, for programs that read line by line. */
export function printJsonLine(value: unknown): void {
  process.stdout.write(`${jsonText(value)}\n`);
}

/** JSON without secrets. Control characters are escaped, so that they do nothing to a terminal. */
const jsonText = (value: unknown, indent?: number): string =>
  maskedJson(
    JSON.stringify(value, null, indent).replaceAll(UNPRINTABLE, (character) =>
      character === "\n" ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
    ),
  );

/** Prints text of several lines, which may contain a saga's data. */
export function printText(text: string): void {
  process.stdout.write(`${text.split("\n").map(legible).join("\n")}\n`);
}

const secrets = new Set<string>();

/**
 * Hides these values in all further output. A value of less than four characters is not hidden: other text has it too.
 */
export function hideSecrets(values: readonly string[]): void {
  for (const value of values) if (value.length >= 4) secrets.add(value);
}

const masked = (text: string): string => [...secrets].reduce((shown, secret) => shown.replaceAll(secret, HIDDEN), text);

/** JSON without secrets. An execution has JSON in strings of JSON, and each level escapes a secret in another way. */
export const maskedJson = (json: string): string =>
  [...secrets].flatMap(spellings).reduce((shown, spelling) => shown.replaceAll(spelling, HIDDEN), json);

const HIDDEN = "[secret]";
/** The levels of JSON in strings of JSON, such as a cause in an input, in an event, in an answer. */
const MOST_LEVELS = 6;

/** A secret as it is escaped at each level, the longest form first. */
function spellings(secret: string): readonly string[] {
  const found: string[] = [];
  for (let spelled = secret; found.length < MOST_LEVELS;) {
    spelled = JSON.stringify(spelled).slice(1, -1);
    if (spelled === found.at(-1)) break;
    found.push(spelled);
  }
  return found.reverse();
}

/** Control characters, and those that change the direction of text. */
// eslint-disable-next-line no-control-regex
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** A saga's data for a terminal: it can't move the cursor, or change colours or the direction of text. */
export const legible = (text: string): string => masked(text).replaceAll(UNPRINTABLE, " ");

function visitLines({ state, did, error, cause }: Visit, advice: Advice | undefined): string[] {
  const { mark, style } = LOOK[did];
  const line = `  ${paint(style, `${mark} ${did.padEnd(6)}`)}  ${legible(state)}`;
  if (error === undefined) return [line];
  const failure = { error, ...(cause !== undefined && { cause }) };
  const advised = advice?.(error, messageOf(failure));
  return [
    line,
    ...wrap("           ", beginningOf(textOf(failure))),
    ...(advised === undefined ? [] : wrap("         → ", advised)),
  ];
}

/** The characters of a text that are printed, so that a long one does not hide the others. */
const MOST = 1000;

/** A text, or the beginning of a long one. */
export const beginningOf = (text: string, most = MOST): string =>
  text.length <= most ? text : `${shortened(text, most)} (--json has all of it)`;

function rowLines({ tables }: ExecutionReport, looks: ReadonlyMap<string, TableLook>): string[] {
  const named = Object.entries(tables);
  if (named.length === 0) return looks.size === 0 ? [] : ["  rows     none changed"];
  return named.flatMap(([table, rows]) => {
    const { keys, hidden } = looks.get(table) ?? { keys: [], hidden: [] };
    const cells = rows.map((row) => keys.map((key) => shown(row[key])));
    const widths = keys.map((_, at) => Math.min(30, Math.max(...cells.map((each) => (each[at] as string).length))));
    return rows.flatMap((row, index) => {
      const data = Object.entries(row).filter(
        ([name, value]) => !keys.includes(name) && !hidden.includes(name) && !namesExecutions(value),
      );
      const rest = data.map(([name, value]) => `${name}=${shown(value)}`).join(" ");
      const label = (index === 0 ? table : "").padEnd(Math.max(8, table.length));
      const found = (cells[index] as string[]).map((cell, at) => cell.padEnd(widths[at] as number)).join("  ");
      return wrap(`${legible(`${label} ${found}`)}  `, rest);
    });
  });
}

const shown = (value: unknown): string =>
  typeof value === "string" && /^[\p{L}\p{N}.,:;@#/_-]+$/u.test(value) ? value : JSON.stringify(value ?? null);

/** Whether a value only names the executions that wrote a row. Their ARNs are long, and the same in all rows. */
const namesExecutions = (value: unknown): boolean =>
  Array.isArray(value)
    ? value.length > 0 && value.every(namesExecutions)
    : typeof value === "string" && /^arn:[^:]+:states:[^:]*:\d+:execution:/.test(value);

/** Wraps a text at blanks and commas, beside a label on the first line. */
export function wrap(label: string, text: string): string[] {
  const room = Math.max(20, columns() - 2 - label.length);
  const parts = legible(text).match(/[^\s,]*[\s,]*/g) ?? [];
  const lines: string[] = [];
  let line = "";
  for (const part of parts) {
    if (part === "") continue;
    if (line !== "" && (line + part).trimEnd().length > room) {
      lines.push(line.trimEnd());
      line = "";
    }
    line += part;
  }
  lines.push(line.trimEnd());
  return lines.map((content, index) => `  ${index === 0 ? label : " ".repeat(label.length)}${content}`.trimEnd());
}
