import { styleText } from "node:util";
import type { ExecutionReport, Outcome, Visit } from "../local/report";

export type Style = Parameters<typeof styleText>[0];

const coloured = process.stdout.isTTY && !process.env["NO_COLOR"];
export const paint = (style: Style, text: string): string => (coloured ? styleText(style, text) : text);

const LOOK: Readonly<Record<Visit["did"], { readonly mark: string; readonly style: Style }>> = {
  done: { mark: "✔", style: "green" },
  failed: { mark: "✘", style: "red" },
  undone: { mark: "↩", style: "yellow" },
  stuck: { mark: "■", style: "red" },
  passed: { mark: "·", style: "dim" },
};
const OUTCOME: Readonly<Record<Outcome, Style>> = { completed: "green", compensated: "yellow", stuck: "red" };

/** One execution, for a person, in 80 columns where the data allows it. */
export function printExecution(execution: {
  readonly title?: string;
  readonly report: ExecutionReport;
  readonly visits: readonly Visit[];
  /** What was expected, where it is something else. */
  readonly documented?: { readonly outcome: Outcome; readonly path: readonly string[] };
}): void {
  const { title, report, visits, documented } = execution;
  const lines = [
    ...(title === undefined ? [] : [paint("bold", title)]),
    ...wrap("input    ", JSON.stringify(report.input)),
    ...visits.flatMap(visitLines),
    `  ${paint(OUTCOME[report.outcome], report.outcome)}  ${report.status}${report.error === undefined ? "" : ` ${report.error}`}`,
    ...(report.output === undefined ? [] : wrap("output   ", JSON.stringify(report.output))),
    ...rowLines(report.items),
    ...(documented ? wrap(paint("red", "expected "), `${documented.outcome}: ${documented.path.join(" → ")}`) : []),
    "",
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** How many executions came out as documented. */
export function printVerdict(good: number, all: number): void {
  process.stdout.write(`${paint(good === all ? "green" : "red", `${good} of ${all} orders came out as documented`)}\n`);
}

/** One line, whatever the message. */
export function printError(message: string): void {
  process.stderr.write(`${legible(message).replaceAll(/\s+/g, " ").trim()}\n`);
}

/** Without control characters: an order's text may move no cursor and change no colour. */
// eslint-disable-next-line no-control-regex
const legible = (text: string): string => text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, " ");

function visitLines({ state, did, error, cause }: Visit): string[] {
  const { mark, style } = LOOK[did];
  const line = `  ${paint(style, `${mark} ${did.padEnd(6)}`)}  ${state}`;
  return error === undefined ? [line] : [line, ...wrap("           ", `${error}: ${messageOf(cause)}`)];
}

/** Lambda's cause is JSON; its message is what a person wants of it. */
function messageOf(cause: string | undefined): string {
  try {
    return (JSON.parse(cause ?? "") as { errorMessage?: string }).errorMessage ?? cause ?? "";
  } catch {
    return cause ?? "";
  }
}

function rowLines(items: ExecutionReport["items"]): string[] {
  if (items.length === 0) return ["  table    no rows"];
  const width = Math.max(8, ...items.map((row) => String(row["entity"]).length)) + 1;
  const keys = ["order_id", "entity", "status", "saga_id", "undone_by", "expires_at"];
  return items.flatMap((row, index) => {
    const data = Object.entries(row).filter(([key]) => !keys.includes(key));
    const rest = data.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(" ");
    const label = index === 0 ? "table    " : "         ";
    return wrap(`${label}${String(row["entity"]).padEnd(width)}${String(row["status"]).padEnd(7)}`, rest);
  });
}

const WIDTH = 80;

/** Breaks at blanks and commas, beside a label on the first line. */
export function wrap(label: string, text: string): string[] {
  const room = WIDTH - 2 - label.length;
  const parts = legible(text).match(/[^\s,]*[\s,]*/g) ?? [];
  const lines: string[] = [];
  let line = "";
  for (const part of parts) {
    if (line !== "" && (line + part).trimEnd().length > room) {
      lines.push(line.trimEnd());
      line = "";
    }
    line += part;
  }
  lines.push(line.trimEnd());
  return lines.map((content, index) => `  ${index === 0 ? label : " ".repeat(label.length)}${content}`.trimEnd());
}
