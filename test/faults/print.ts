import type { Finding } from "./explore";
import { KINDS } from "../../saga/testing/faults/kinds";

const WIDTHS = [34, 10, 7, 9, 9, 11] as const;

const line = (cells: readonly (string | number)[]): string =>
  cells
    .map((cell, at) => (at === 0 ? String(cell).padEnd(WIDTHS[0]) : String(cell).padStart(WIDTHS[at] ?? 0)))
    .join("");

/** How often each fault was tried, in at most 80 columns, and what went wrong, so that it can be tried again. */
export function formatFindings(findings: readonly Finding[]): string {
  const bad = (of: readonly Finding[]) => of.filter(({ violations }) => violations.length > 0);
  const row = (name: string, of: readonly Finding[]) =>
    line([
      name,
      of.length,
      of.filter(({ scenario }) => scenario.faults.length === 1).length,
      of.filter(({ scenario }) => scenario.faults.length === 2).length,
      of.filter(({ redrives }) => redrives > 0).length,
      bad(of).length,
    ]);
  return [
    line(["a call ...", "scenarios", "alone", "in pairs", "redriven", "violations"]),
    ...KINDS.map((kind) =>
      row(
        kind.name,
        findings.filter(({ scenario }) => scenario.faults.some((fault) => fault.kind === kind)),
      ),
    ),
    row("all, each counted once", findings),
    ...bad(findings).flatMap(formatViolation),
  ].join("\n");
}

function formatViolation({ scenario: { setting, faults }, violations }: Finding): readonly string[] {
  return [
    "",
    setting.name,
    ...faults.map(({ state, kind }) => `  ${state} ${kind.name}`),
    ...violations.map((violation) => `    ${violation}`),
  ];
}
