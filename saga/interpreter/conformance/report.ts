import type { Verdict } from "./run-case";

export interface CaseResult {
  readonly path: string;
  readonly verdict: Verdict;
}

const WIDTH = 80;

/** The results as text for a terminal of 80 columns. */
export function formatReport(results: readonly CaseResult[]): string {
  const count = (rows: readonly CaseResult[], kind: Verdict["kind"]): number =>
    rows.filter(({ verdict }) => verdict.kind === kind).length;
  const row = (label: string, rows: readonly CaseResult[]): string =>
    [
      shorten(label, 53).padEnd(53),
      String(count(rows, "passed")).padStart(6),
      String(count(rows, "failed")).padStart(6),
      String(count(rows, "out of scope")).padStart(12),
    ].join(" ");
  const groups = new Map<string, CaseResult[]>();
  for (const result of results) groups.set(groupOf(result), [...(groups.get(groupOf(result)) ?? []), result]);
  const lines = [
    `${"recordings of".padEnd(53)} passed failed out of scope`,
    "-".repeat(WIDTH),
    ...[...groups].map(([group, rows]) => row(group, rows)),
    "-".repeat(WIDTH),
    row("all", results),
  ];
  for (const { path, verdict } of results) {
    if (verdict.kind === "failed") lines.push("", `FAILED ${path}`, ...wrap(shorten(verdict.difference, 600)));
  }
  const reasons = new Map<string, number>();
  for (const { verdict } of results) {
    if (verdict.kind === "out of scope") reasons.set(verdict.reason, (reasons.get(verdict.reason) ?? 0) + 1);
  }
  for (const [reason, cases] of reasons) lines.push("", `out of scope: ${reason} (${cases})`);
  return lines.join("\n");
}

/** `scenarios_test_base_scenarios.test_x.json` belongs to `scenarios_test_base_scenarios`. */
function groupOf({ path }: CaseResult): string {
  return path.split(".")[0] ?? path;
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

function wrap(text: string): string[] {
  return text.match(new RegExp(`.{1,${WIDTH - 2}}`, "gs"))?.map((line) => `  ${line}`) ?? [];
}
